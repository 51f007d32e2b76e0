import { isRecord, type JsonRecord, parseJsonText } from '../../failures/json-record.ts';
import type { AnswerEvent } from '../conversation/answer.ts';
import type { StreamReader } from '../conversation/codec.ts';
import { itemsOf, textOf } from '../json-fields.ts';
import { deltaOf, finishReasonOf } from '../openai-chat-stream.ts';
import type { SseEvent } from '../sse-reader.ts';
import { readFinish } from './finish.ts';
import { reasoningIn } from './reasoning-details.ts';
import { CallBlocks } from './stream-calls.ts';
import { readChatUsage } from './usage.ts';

const NOTHING: readonly AnswerEvent[] = Object.freeze([]);

/**
 * Reads the chunks of a streamed chat completion. Only choice 0: no other dialect's client can have asked for more. Text, reasoning
 * and refusal end their block where another begins; calls stay open to the finish, for their pieces may interleave.
 */
export class ChatStreamReader implements StreamReader {
  readonly #calls = new CallBlocks(() => this.#nextBlock++);
  #nextBlock = 0;
  #started = false;
  #finished = false;
  #ended = false;
  #refused = false;
  /** What is being said, and in which block; -1: nothing. */
  #open: 'text' | 'reasoning' | 'refusal' | undefined;
  #block = -1;

  read(event: SseEvent): readonly AnswerEvent[] {
    if (!event.hasData) return NOTHING;
    const data = event.payload.toString('utf8', event.from, event.to);
    if (data.startsWith('[DONE]') || data.trimStart().startsWith('[DONE]')) return this.#end();
    const json = parseJsonText(data);
    if (!isRecord(json)) return NOTHING;
    const events: AnswerEvent[] = [];
    const choice = firstChoice(json.choices);
    if (!this.#started && (choice !== undefined || textOf(json.id) !== undefined)) this.#start(json, events);
    if (choice !== undefined) this.#choice(choice, events);
    if (json.usage !== undefined && json.usage !== null) {
      const usage = readChatUsage(json.usage);
      if (usage !== undefined) events.push({ kind: 'usage', usage });
    } else if (isRecord(json.x_groq)) {
      const usage = readChatUsage(json.x_groq.usage);
      if (usage !== undefined) events.push({ kind: 'usage', usage });
    }
    return events;
  }

  #start(json: JsonRecord, events: AnswerEvent[]): void {
    this.#started = true;
    const created = typeof json.created === 'number' ? json.created : undefined;
    events.push({
      kind: 'start',
      id: textOf(json.id) ?? '',
      model: textOf(json.model) ?? '',
      created,
      usage: undefined,
    });
  }

  #choice(choice: JsonRecord, events: AnswerEvent[]): void {
    const delta = deltaOf(choice);
    this.#reasoning(delta, events);
    const { content, refusal } = delta;
    if (typeof content === 'string') {
      if (content !== '') this.#text(content, choice.logprobs, events);
    } else if (Array.isArray(content)) {
      for (const part of content)
        if (isRecord(part) && typeof part.text === 'string') this.#text(part.text, null, events);
    }
    for (const citation of itemsOf(delta.annotations)) {
      events.push({ kind: 'citation', block: this.#say('text', events), citation });
    }
    if (typeof refusal === 'string' && refusal !== '') {
      this.#refused = true;
      events.push({ kind: 'refusal', block: this.#say('refusal', events), text: refusal });
    }
    if (delta.tool_calls !== undefined || isRecord(delta.function_call)) this.#toolCalls(delta, events);
    const reason = finishReasonOf(choice);
    if (reason !== undefined && !this.#finished) {
      this.#finished = true;
      this.#shut(events);
      this.#calls.close(events);
      events.push({ kind: 'finish', finish: readFinish(reason, choice.stop_reason, this.#refused) });
    }
  }

  #reasoning(delta: JsonRecord, events: AnswerEvent[]): void {
    const text = textOf(delta.reasoning_content) ?? textOf(delta.reasoning);
    if (text !== undefined) events.push({ kind: 'reasoning', block: this.#say('reasoning', events), text });
    if (delta.reasoning_details === undefined) return;
    for (const { signature, encrypted, origin } of reasoningIn({ reasoning_details: delta.reasoning_details })) {
      if (signature !== undefined) {
        events.push({ kind: 'signature', block: this.#say('reasoning', events), signature });
        this.#shut(events);
      } else if (encrypted !== undefined) {
        this.#shut(events);
        const block = this.#nextBlock++;
        events.push(
          { kind: 'block-start', block, part: { kind: 'reasoning', encrypted, origin } },
          { kind: 'block-end', block },
        );
      }
    }
  }

  #text(text: string, logprobs: unknown, events: AnswerEvent[]): void {
    const block = this.#say('text', events);
    events.push(
      logprobs === undefined || logprobs === null
        ? { kind: 'text', block, text }
        : { kind: 'text', block, text, logprobs },
    );
  }

  #toolCalls(delta: JsonRecord, events: AnswerEvent[]): void {
    const pieces = itemsOf(delta.tool_calls);
    if (pieces.length > 0 || isRecord(delta.function_call)) this.#shut(events);
    for (const piece of pieces) if (isRecord(piece)) this.#calls.take(piece, events);
    if (isRecord(delta.function_call)) this.#calls.take({ index: 0, function: delta.function_call }, events);
  }

  /** The block of this kind that is open, begun where another was. */
  #say(kind: 'text' | 'reasoning' | 'refusal', events: AnswerEvent[]): number {
    if (this.#open === kind) return this.#block;
    this.#shut(events);
    this.#open = kind;
    this.#block = this.#nextBlock++;
    events.push({ kind: 'block-start', block: this.#block, part: { kind } });
    return this.#block;
  }

  #shut(events: AnswerEvent[]): void {
    if (this.#open === undefined) return;
    events.push({ kind: 'block-end', block: this.#block });
    this.#open = undefined;
  }

  #end(): readonly AnswerEvent[] {
    if (this.#ended) return NOTHING;
    this.#ended = true;
    return [{ kind: 'end' }];
  }
}

function firstChoice(choices: unknown): JsonRecord | undefined {
  for (const choice of itemsOf(choices)) {
    if (isRecord(choice) && (choice.index === 0 || typeof choice.index !== 'number')) return choice;
  }
  return undefined;
}
