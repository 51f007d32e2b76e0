import { codecs } from '../dialects/codecs.ts';
import type { AnswerEvent } from '../dialects/conversation/answer.ts';
import type { ChatDialect, Conversation } from '../dialects/conversation/request.ts';
import { chatDialect } from '../dialects/endpoint.ts';
import { assembleChat } from '../dialects/openai-assemble.ts';
import { SseReader } from '../dialects/sse-reader.ts';
import type { Failure } from '../failures/failure.ts';
import { isRecord, type JsonRecord } from '../failures/json-record.ts';
import { validateAnswer } from '../failures/validate-answer.ts';
import type { LiveStream } from '../providers/stream-attempt.ts';
import type { WholeAnswer } from '../providers/whole-attempt.ts';
import type { Exchange } from './exchange.ts';

/**
 * What the checks the route asks for find wrong with an answer in the client's dialect; undefined where it is right. They are made on
 * chat completions, into which the other dialects are translated for it. A streamed answer can be checked only while all of it is
 * held back.
 */
export function breachOf(exchange: Exchange, answer: WholeAnswer | LiveStream): Failure | undefined {
  const { stream, validate } = exchange.chain.model;
  const dialect = chatDialect(exchange.endpoint);
  if (dialect === undefined || (answer.kind === 'stream' && stream.commit !== 'complete')) return undefined;
  if (dialect === 'chat') {
    const json = answer.kind === 'whole' ? answer.json : assembleChat(answer.held());
    return validateAnswer(validate, exchange.call.json, json);
  }
  exchange.conversation ??= codecs[dialect].readRequest(exchange.sent.json);
  const { conversation } = exchange;
  // A request that its provider understands and we do not: nothing is known to hold the answer against.
  if ('mistake' in conversation) return undefined;
  const request = codecs.chat.writeRequest(conversation, { model: '', defaultMaxTokens: 1, prefill: true });
  const completion =
    answer.kind === 'whole'
      ? wholeAsChat(dialect, answer.json, conversation)
      : heldAsChat(dialect, answer.held(), conversation);
  return validateAnswer(validate, request.json, completion);
}

function wholeAsChat(dialect: ChatDialect, json: unknown, conversation: Conversation): JsonRecord | undefined {
  return isRecord(json) ? codecs.chat.writeAnswer(codecs[dialect].readAnswer(json), conversation) : undefined;
}

function heldAsChat(dialect: ChatDialect, held: Buffer, conversation: Conversation): JsonRecord {
  const reader = codecs[dialect].streamReader();
  const writer = codecs.chat.streamWriter(conversation);
  const told: AnswerEvent[] = [];
  // Each of the events was within the limit when it came.
  for (const event of new SseReader({ maxEventBytes: Number.POSITIVE_INFINITY }).push(held))
    told.push(...reader.read(event));
  return assembleChat(Buffer.from(writer.write(told) + writer.close()));
}
