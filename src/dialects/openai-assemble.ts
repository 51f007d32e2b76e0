import { isRecord, type JsonRecord } from '../failures/json-record.ts';
import { itemsOf } from './json-fields.ts';
import { deltaOf, finishReasonOf, indexOf, readChunk } from './openai-chat-stream.ts';
import { ToolCalls } from './openai-tool-calls.ts';
import { SseReader } from './sse-reader.ts';

/** A streamed answer put together. */
export interface Assembled {
  /** What the same call without `stream` would have answered: a `chat.completion`, or a `text_completion`. */
  readonly completion: JsonRecord;
  /** Choices seen that never got a finish reason; with none seen at all, the answer is as incomplete. */
  readonly unfinished: readonly number[];
}

/** Fields of an event that are not copied: put together here, or meaningful in a stream only. */
const OWN_FIELDS = new Set(['object', 'choices', 'usage', 'obfuscation']);
const CHOICE_FIELDS = new Set(['index', 'delta', 'message', 'text', 'finish_reason', 'logprobs']);
/** Delta fields that say what the message is and are repeated, not continued. */
const CONSTANT_FIELDS = new Set(['role', 'name', 'id']);

/**
 * Puts the events of one chat or text completion together. Takes time and memory in proportion to the stream: strings are
 * appended (the engine keeps them as ropes), arrays are extended in place.
 */
export class OpenAiAssembler {
  readonly #choices = new Map<number, Choice>();
  readonly #fields: Record<string, unknown> = {};
  #usage: unknown;
  #isText = false;

  /** @param event one parsed event; `[DONE]`, errors and what is no object are not for here. */
  add(event: JsonRecord): void {
    if (event.object === 'text_completion') this.#isText = true;
    for (const [field, value] of Object.entries(event)) {
      if (!OWN_FIELDS.has(field)) note(this.#fields, field, value);
    }
    if (isRecord(event.usage)) this.#usage = event.usage;
    for (const [position, choice] of itemsOf(event.choices).entries()) {
      if (isRecord(choice)) this.#choice(indexOf(choice, position)).add(choice);
    }
  }

  result(): Assembled {
    const choices = [...this.#choices].sort(([a], [b]) => a - b);
    const completion: Record<string, unknown> = {
      ...this.#fields,
      object: this.#isText ? 'text_completion' : 'chat.completion',
      choices: choices.map(([index, choice]) => (this.#isText ? choice.asText(index) : choice.asMessage(index))),
    };
    if (this.#usage !== undefined) completion.usage = this.#usage;
    return { completion, unfinished: choices.filter(([, choice]) => !choice.isFinished).map(([index]) => index) };
  }

  #choice(index: number): Choice {
    let choice = this.#choices.get(index);
    if (choice === undefined) {
      choice = new Choice();
      this.#choices.set(index, choice);
    }
    return choice;
  }
}

/** The whole answer that the events in `bytes` make; what is no part of an answer among them is passed over. */
export function assembleChat(bytes: Buffer): JsonRecord {
  const assembler = new OpenAiAssembler();
  for (const event of new SseReader({ maxEventBytes: bytes.length + 1 }).push(bytes)) {
    const { json, kind } = readChunk(event.data);
    if (json !== undefined && kind !== 'error') assembler.add(json);
  }
  return assembler.result().completion;
}

class Choice {
  #text: string | undefined;
  #finishReason: unknown = null;
  readonly #fields: Record<string, unknown> = {};
  readonly #message: Record<string, unknown> = {};
  readonly #toolCalls = new ToolCalls();
  readonly #logprobs: Record<string, unknown> = {};

  get isFinished(): boolean {
    return this.#finishReason !== null;
  }

  add(choice: JsonRecord): void {
    if (typeof choice.text === 'string') this.#text = (this.#text ?? '') + choice.text;
    this.#finishReason = finishReasonOf(choice) ?? this.#finishReason;
    if (isRecord(choice.logprobs)) extend(this.#logprobs, choice.logprobs);
    for (const [field, value] of Object.entries(choice)) {
      if (!CHOICE_FIELDS.has(field)) note(this.#fields, field, value);
    }
    const { tool_calls, ...rest } = deltaOf(choice);
    for (const call of itemsOf(tool_calls)) if (isRecord(call)) this.#toolCalls.add(call);
    extend(this.#message, rest);
  }

  asMessage(index: number): JsonRecord {
    const message: Record<string, unknown> = { role: 'assistant', content: null, refusal: null, ...this.#message };
    const calls = this.#toolCalls.result();
    if (calls.length > 0) {
      message.tool_calls = calls;
      // Streams open with an empty content even where only calls follow; whole answers say null.
      if (message.content === '') message.content = null;
    }
    return { index, message, ...this.#rest() };
  }

  asText(index: number): JsonRecord {
    return { index, text: this.#text ?? '', ...this.#rest() };
  }

  #rest(): JsonRecord {
    const logprobs = Object.keys(this.#logprobs).length > 0 ? this.#logprobs : null;
    return { logprobs, finish_reason: this.#finishReason, ...this.#fields };
  }
}

/** Continues `into` by `delta`: strings are appended, arrays extended, objects continued field by field, the rest replaced. */
function extend(into: Record<string, unknown>, delta: JsonRecord): void {
  for (const [field, value] of Object.entries(delta)) {
    if (value === null || value === undefined || field === '__proto__') continue;
    const before = into[field];
    if (typeof value === 'string' && typeof before === 'string' && !CONSTANT_FIELDS.has(field))
      into[field] = before + value;
    else if (Array.isArray(value)) into[field] = Array.isArray(before) ? pushAll(before, value) : [...value];
    else if (isRecord(value)) into[field] = continued(before, value);
    else into[field] = value;
  }
}

function pushAll(into: unknown[], items: readonly unknown[]): unknown[] {
  for (const item of items) into.push(item);
  return into;
}

function continued(before: unknown, delta: JsonRecord): Record<string, unknown> {
  const object: Record<string, unknown> = isRecord(before) ? before : {};
  extend(object, delta);
  return object;
}

/** Keeps the latest value that says something. */
function note(fields: Record<string, unknown>, field: string, value: unknown): void {
  if (value !== null && value !== undefined && value !== '' && field !== '__proto__') fields[field] = value;
}
