import { codecs } from '../dialects/codecs.ts';
import type { StreamReader, StreamWriter } from '../dialects/conversation/codec.ts';
import type { ChatDialect, Conversation, Untold } from '../dialects/conversation/request.ts';
import { needsStoredState } from '../dialects/responses/stored-state.ts';
import type { SseEvent } from '../dialects/sse-reader.ts';
import type { ErrorContext } from '../failures/client-error.ts';
import { type Failure, UpstreamFailure } from '../failures/failure.ts';
import { isRecord, type JsonRecord } from '../failures/json-record.ts';
import { ownFailure } from '../failures/own-errors.ts';
import type { EventTap } from '../providers/stream-attempt.ts';
import type { WholeAnswer } from '../providers/whole-attempt.ts';
import type { Rung } from './chain.ts';
import type { Exchange } from './exchange.ts';

/**
 * One try in another dialect than the client's: the request on its way out, the answer on its way back. Made only where the two
 * differ; the same dialect in and out stays a passage of bytes.
 */
export class Translation {
  /** The request in the target's dialect. */
  readonly body: Buffer;
  /** Fields the target's dialect cannot say, and which change little. */
  readonly dropped: readonly string[];
  readonly #client: ChatDialect;
  readonly #wire: ChatDialect;
  readonly #conversation: Conversation;

  /** @throws {UpstreamFailure} where the target cannot serve this request: the next one may */
  constructor(exchange: Exchange, client: ChatDialect, wire: ChatDialect, rung: Rung) {
    this.#client = client;
    this.#wire = wire;
    this.#conversation = conversationOf(exchange, client);
    if (wire !== 'responses') refuseStoredState(this.#conversation, rung);
    const { json, untold } = codecs[wire].writeRequest(this.#conversation, {
      model: rung.target.model,
      defaultMaxTokens: rung.target.maxOutputTokens,
      prefill: rung.target.capabilities.prefill,
      maxTokensField:
        rung.provider.family === 'openai' || rung.provider.family === 'azure' ? 'max_completion_tokens' : 'max_tokens',
    });
    const essential = untold.find((one) => one.weight === 'essential');
    if (essential !== undefined) throw new UpstreamFailure(unsupported(essential, rung));
    this.dropped = untold.map(({ field }) => field);
    this.body = Buffer.from(JSON.stringify(rung.provider.streamUsage ? json : withoutStreamOptions(json)));
  }

  /** The whole answer in the client's dialect. */
  whole(answer: WholeAnswer, nowMs: number): WholeAnswer {
    if (!isRecord(answer.json)) return answer;
    const read = codecs[this.#wire].readAnswer(answer.json);
    const json = codecs[this.#client].writeAnswer(read, this.#conversation, Math.floor(nowMs / 1000));
    return { ...answer, json, body: Buffer.from(JSON.stringify(json)) };
  }

  /** What turns the target's events into the client's. One for each try. */
  tap(nowMs: number): TranslatingTap {
    return new TranslatingTap(
      codecs[this.#wire].streamReader(),
      codecs[this.#client].streamWriter(this.#conversation, Math.floor(nowMs / 1000)),
    );
  }
}

/** Event by event from one dialect to the other. */
export class TranslatingTap implements EventTap {
  readonly #reader: StreamReader;
  readonly #writer: StreamWriter;

  constructor(reader: StreamReader, writer: StreamWriter) {
    this.#reader = reader;
    this.#writer = writer;
  }

  onEvent(event: SseEvent): 'drop' | Buffer {
    const bytes = this.#writer.write(this.#reader.read(event));
    return bytes === '' ? 'drop' : Buffer.from(bytes);
  }

  /** The proper end, where it was not written yet. */
  close(): string {
    return this.#writer.close();
  }

  /** The in-band error, where the dialect's depends on what was written; undefined: any renderer will do. */
  fail(failure: Failure, context: ErrorContext): string | undefined {
    return this.#writer.fail?.(failure, context);
  }
}

/** A server that does not know the field may refuse every stream for it; usage is then counted from what is seen. */
function withoutStreamOptions(json: JsonRecord): JsonRecord {
  const { stream_options: _, ...rest } = json;
  return rest;
}

/** Read once an exchange, when the first target needs it. */
function conversationOf(exchange: Exchange, client: ChatDialect): Conversation {
  exchange.conversation ??= codecs[client].readRequest(exchange.call.json);
  const { conversation } = exchange;
  if (!('mistake' in conversation)) return conversation;
  throw new UpstreamFailure(ownFailure('wrong_type', conversation.message, conversation.param));
}

function refuseStoredState(conversation: Conversation, rung: Rung): void {
  const needed = needsStoredState(conversation);
  if (needed === undefined) return;
  throw new UpstreamFailure(
    unsupported({ field: needed.param ?? 'input', weight: 'essential', why: needed.message }, rung),
  );
}

function unsupported({ field, why }: Untold, rung: Rung): Failure {
  return ownFailure('untranslatable', `${rung.target.id} cannot serve this request: ${field}: ${why}`, field);
}
