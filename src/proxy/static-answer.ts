import { codecs } from '../dialects/codecs.ts';
import type { Finish, TokenUsage } from '../dialects/conversation/answer.ts';
import type { ChatDialect } from '../dialects/conversation/request.ts';
import type { Exchange } from './exchange.ts';

/** An answer of this proxy's own, ready to be sent. */
export interface OwnAnswer {
  readonly contentType: string;
  readonly body: Buffer;
}

/**
 * The configured text as an answer of the kind the client asked for: whole, or as a stream of one delta. Undefined where the request
 * makes no sense in its own dialect: no target was there to say so.
 */
export function staticAnswer(exchange: Exchange, text: string, nowMs: number): OwnAnswer | undefined {
  const { endpoint } = exchange;
  return endpoint === 'messages' || endpoint === 'responses'
    ? inDialect(endpoint, exchange, text, nowMs)
    : asCompletion(exchange, text, nowMs);
}

function inDialect(dialect: ChatDialect, exchange: Exchange, text: string, nowMs: number): OwnAnswer | undefined {
  const codec = codecs[dialect];
  const conversation = exchange.conversation ?? codec.readRequest(exchange.sent.json);
  if ('mistake' in conversation) return undefined;
  const now = Math.floor(nowMs / 1000);
  const head = { id: exchange.id, model: exchange.call.model, created: now, usage: NO_TOKENS };
  if (!exchange.call.stream) {
    const choices = [{ parts: [{ kind: 'text' as const, text }], finish: STOP }];
    const answer = codec.writeAnswer({ ...head, source: dialect, choices, extras: {} }, conversation, now);
    return { contentType: 'application/json', body: Buffer.from(JSON.stringify(answer)) };
  }
  const writer = codec.streamWriter(conversation, now);
  const bytes = writer.write([
    { kind: 'start', ...head },
    { kind: 'block-start', block: 0, part: { kind: 'text' } },
    { kind: 'text', block: 0, text },
    { kind: 'block-end', block: 0 },
    { kind: 'finish', finish: STOP },
    { kind: 'usage', usage: NO_TOKENS },
    { kind: 'end' },
  ]);
  return { contentType: 'text/event-stream; charset=utf-8', body: Buffer.from(bytes + writer.close()) };
}

const NO_TOKENS: TokenUsage = { prompt: 0, completion: 0, cacheRead: 0, cacheWritten: 0, reasoning: 0 };
const STOP: Finish = { reason: 'stop' };

function asCompletion(exchange: Exchange, text: string, nowMs: number): OwnAnswer {
  const { call, endpoint, id } = exchange;
  const chat = endpoint === 'chat';
  const common = {
    id: `${chat ? 'chatcmpl' : 'cmpl'}-${id}`,
    created: Math.floor(nowMs / 1000),
    model: call.model,
    system_fingerprint: 'breakwater-static',
  };
  if (!call.stream) {
    const choice = chat
      ? {
          index: 0,
          message: { role: 'assistant', content: text, refusal: null },
          logprobs: null,
          finish_reason: 'stop',
        }
      : { index: 0, text, logprobs: null, finish_reason: 'stop' };
    const answer = {
      ...common,
      object: chat ? 'chat.completion' : 'text_completion',
      choices: [choice],
      usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
    };
    return { contentType: 'application/json', body: Buffer.from(JSON.stringify(answer)) };
  }
  const object = chat ? 'chat.completion.chunk' : 'text_completion';
  const content = chat ? { delta: { role: 'assistant', content: text } } : { text };
  const end = chat ? { delta: {} } : { text: '' };
  const events: object[] = [
    { ...common, object, choices: [{ index: 0, ...content, logprobs: null, finish_reason: null }] },
    { ...common, object, choices: [{ index: 0, ...end, logprobs: null, finish_reason: 'stop' }] },
  ];
  if (call.includeUsage) {
    events.push({ ...common, object, choices: [], usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 } });
  }
  const lines = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
  return { contentType: 'text/event-stream; charset=utf-8', body: Buffer.from(`${lines}data: [DONE]\n\n`) };
}
