import { isRecord, type JsonRecord, parseJsonText } from '../failures/json-record.ts';
import { itemsOf, textOf } from './json-fields.ts';
import { ESCAPED_KEY, sameBytes, scanJson, skipSpace, Watch } from './json-scan.ts';
import { readUsage } from './openai-usage.ts';
import type { ReportedTokens } from './reported-tokens.ts';
import type { SseEvent } from './sse-reader.ts';

/**
 * What one event of a streamed chat or text completion is:
 * - `delta`: carries some of the answer: text, reasoning, a tool call, a refusal, audio
 * - `finish`: a choice got its finish reason (it may carry text and usage as well)
 * - `usage`: token counts and nothing of the answer
 * - `quiet`: none of these: a role, an empty delta, a keep-alive
 * - `done`: `[DONE]`
 * - `error`: the provider reports an error inside the stream
 * - `malformed`: no JSON object
 */
export type ChunkKind = 'delta' | 'finish' | 'usage' | 'quiet' | 'done' | 'error' | 'malformed';

/** One event, read in full. */
export interface ChatChunk {
  readonly kind: ChunkKind;
  /** The parsed event; undefined for `done` and `malformed`. */
  readonly json: JsonRecord | undefined;
  readonly id: string | undefined;
  readonly model: string | undefined;
  /** Choices in this event. */
  readonly choices: number;
  /** Text in this event, of all choices in order. */
  readonly text: string;
  readonly reasoning: string;
  readonly hasToolCalls: boolean;
  /** Something of the answer is said, be it an empty text: a model may choose to say nothing, but null is no answer. */
  readonly says: boolean;
  readonly finishes: readonly { readonly index: number; readonly reason: string }[];
  /** Numbers of the choices that this event adds something to. */
  readonly speaking: readonly number[];
  readonly usage: ReportedTokens | undefined;
  /** For `error`: the body to classify, with the error under its `error` key wherever in the event it stood. */
  readonly error: unknown;
}

/**
 * What a look at the bytes tells. `other` is surely none of `finish`, `usage`, `error`, `done` and `malformed`; `malformed`
 * is certain too. The others may turn out less when read with {@link readChunk}, and `finish` may carry usage.
 */
export type Glance = 'other' | 'finish' | 'usage' | 'error' | 'done' | 'malformed' | 'unclear';

const ERROR = 1;
const FINISH = 2;
const USAGE = 4;

/** Keys that decide, with the depth at which they count; `message` and `detail` are errors without an `error` key. */
const DECIDING = new Watch([
  { key: 'error', depth: 1, bit: ERROR },
  { key: 'message', depth: 1, bit: ERROR },
  { key: 'detail', depth: 1, bit: ERROR },
  { key: 'finish_reason', depth: 3, bit: FINISH },
  { key: 'usage', depth: 1, bit: USAGE },
]);

const OPEN_OBJECT = 0x7b;
const DONE = Buffer.from('[DONE]');
const NO_FINISHES: ChatChunk['finishes'] = [];
const NOBODY: readonly number[] = [];

/** Tells an event that needs reading from one that does not, by one pass over its bytes without parsing it. */
export function glanceChunk(event: SseEvent): Glance {
  return glanceBytes(event.payload, event.from, event.to);
}

/** {@link glanceChunk} of the data in `bytes[from, to)`. */
export function glanceBytes(bytes: Buffer, from: number, to: number): Glance {
  const start = skipSpace(bytes, from, to);
  if (start < 0 || start >= to || bytes[start] !== OPEN_OBJECT) return isDone(bytes, start, to) ? 'done' : 'malformed';
  const seen = scanJson(bytes, start, to, DECIDING);
  if (seen === 0) return 'other';
  if (seen < 0) return 'malformed';
  if ((seen & ESCAPED_KEY) !== 0) return 'unclear';
  if ((seen & ERROR) !== 0) return 'error';
  return (seen & FINISH) !== 0 ? 'finish' : 'usage';
}

/** Reads one event's data in full. */
export function readChunk(data: Buffer): ChatChunk {
  if (isDone(data, skipSpace(data, 0, data.length), data.length)) return empty('done');
  const json = parseJsonText(data.toString('utf8'));
  if (!isRecord(json)) return empty('malformed');
  const error = errorIn(json);
  let content = '';
  let reasoning = '';
  let hasToolCalls = false;
  let says = false;
  const finishes: { index: number; reason: string }[] = [];
  const speaking: number[] = [];
  const choices = itemsOf(json.choices);
  for (const [position, choice] of choices.entries()) {
    if (!isRecord(choice)) continue;
    const delta = deltaOf(choice);
    const text = textOf(choice.text) ?? textOf(delta.content) ?? '';
    const thought = textOf(delta.reasoning_content) ?? textOf(delta.reasoning) ?? '';
    content += text;
    reasoning += thought;
    const calls = itemsOf(delta.tool_calls).length > 0 || isRecord(delta.function_call);
    hasToolCalls ||= calls;
    if (calls || text !== '' || thought !== '' || carriesMore(delta)) speaking.push(indexOf(choice, position));
    says ||= typeof (choice.text ?? delta.content ?? delta.refusal) === 'string';
    const reason = finishReasonOf(choice);
    if (reason !== undefined) finishes.push({ index: indexOf(choice, position), reason });
  }
  const hasDelta = speaking.length > 0;
  const usage = usageIn(json);
  let kind: ChunkKind = 'quiet';
  if (error !== undefined) kind = 'error';
  else if (finishes.length > 0) kind = 'finish';
  else if (hasDelta) kind = 'delta';
  else if (usage !== undefined) kind = 'usage';
  return {
    kind,
    json,
    id: textOf(json.id),
    model: textOf(json.model),
    choices: choices.length,
    text: content,
    reasoning,
    hasToolCalls,
    says: says || hasDelta,
    finishes,
    speaking,
    usage,
    error,
  };
}

/** Why a choice ended; undefined while it has not. Some gateways write the word null where the others write the value. */
export function finishReasonOf({ finish_reason: reason }: JsonRecord): string | undefined {
  return reason === 'null' ? undefined : textOf(reason);
}

/** A choice's number. Providers that know only one leave it out. */
export function indexOf(choice: JsonRecord, position: number): number {
  return typeof choice.index === 'number' ? choice.index : position;
}

/** What a choice adds. A provider that only pretends to stream sends its whole `message` instead of a `delta`. */
export function deltaOf(choice: JsonRecord): JsonRecord {
  if (isRecord(choice.delta)) return choice.delta;
  return isRecord(choice.message) ? choice.message : {};
}

/** Content other than plain text, reasoning text and calls. */
function carriesMore(delta: JsonRecord): boolean {
  return (
    textOf(delta.refusal) !== undefined ||
    textOf(delta.thinking) !== undefined ||
    isRecord(delta.audio) ||
    itemsOf(delta.content).length > 0 ||
    itemsOf(delta.reasoning_details).length > 0
  );
}

/**
 * The error an event reports, as a body to classify. Seen: `{"error": {...}}`, `{"error": "text"}`, the flat
 * `{"object": "error", "message": ...}` and `{"detail": ...}` of servers built on FastAPI, and a choice that ends with
 * `finish_reason: "error"` (OpenRouter, which puts the error beside it or at the top).
 */
function errorIn(json: JsonRecord): unknown {
  if (isRecord(json.error) || textOf(json.error) !== undefined) return json;
  if (json.choices === undefined && (textOf(json.message) !== undefined || saysSomething(json.detail))) return json;
  for (const choice of itemsOf(json.choices)) {
    if (!isRecord(choice) || choice.finish_reason !== 'error') continue;
    return { error: choice.error ?? { message: 'The provider ended the answer with an error.', type: 'error' } };
  }
  return undefined;
}

/** FastAPI's detail is a text, or a list of what was wrong with each field. */
function saysSomething(detail: unknown): boolean {
  return textOf(detail) !== undefined || isRecord(detail) || itemsOf(detail).length > 0;
}

function usageIn(json: JsonRecord): ReportedTokens | undefined {
  return readUsage(json.usage) ?? (isRecord(json.x_groq) ? readUsage(json.x_groq.usage) : undefined);
}

function isDone(bytes: Buffer, start: number, to: number): boolean {
  return start >= 0 && to - start >= DONE.length && sameBytes(bytes, start, DONE);
}

function empty(kind: 'done' | 'malformed'): ChatChunk {
  return {
    kind,
    json: undefined,
    id: undefined,
    model: undefined,
    choices: 0,
    text: '',
    reasoning: '',
    hasToolCalls: false,
    says: false,
    finishes: NO_FINISHES,
    speaking: NOBODY,
    usage: undefined,
    error: undefined,
  };
}
