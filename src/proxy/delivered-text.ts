import { readChunk } from '../dialects/openai-chat-stream.ts';
import type { SseEvent } from '../dialects/sse-reader.ts';
import type { Failure } from '../failures/failure.ts';
import type { EventTap } from '../providers/stream-attempt.ts';

/** Remembers what a stream has delivered, so that another target can continue it. Only text can be continued. */
export class DeliveredText implements EventTap {
  text = '';
  /** The stream's own id and creation time, which a continuation keeps. */
  id: string | undefined;
  created: unknown;
  /** Something was delivered that cannot be continued: a tool call, audio, a refusal, a finished choice. */
  fixed = false;
  /** Events with text: about one token each. */
  events = 0;
  /** The same of all targets together, what was said again and left out included: it was paid for. */
  generated = 0;
  /** Streams that said something: so many prompts were paid for. */
  streams = 1;
  /** Targets asked to continue. Each is asked once: one that breaks or goes another way would do so again. */
  readonly asked = new Set<string>();

  onEvent(event: SseEvent): 'keep' {
    const chunk = readChunk(event.data);
    this.id ??= chunk.id;
    this.created ??= chunk.json?.created;
    this.text += chunk.text;
    if (chunk.text !== '') {
      this.events++;
      this.generated++;
    }
    const onlyText = chunk.text !== '' || chunk.reasoning !== '';
    if (chunk.hasToolCalls || chunk.finishes.length > 0 || (chunk.kind === 'delta' && !onlyText)) this.fixed = true;
    return 'keep';
  }

  /**
   * What the client has now. A continuation that fails before any of it was given out has added words here all the same: before the
   * next is asked for, they are taken back, or it would go on behind words that the client never got.
   */
  mark(): () => void {
    const { text, events } = this;
    return () => {
      this.text = text;
      this.events = events;
    };
  }
}

/** How a continuation's own text relates to what was delivered. */
export type ContinuationMode = 'prefill' | 'align';

/**
 * Turns another target's stream into the rest of a broken one: under its id, without a second role, and, where the text was
 * generated anew (`align`), without what the client already has. A new text that begins otherwise is given up: two halves of
 * different answers would be worse than an error.
 */
export class ContinuedText implements EventTap {
  readonly delivered: DeliveredText;
  readonly #mode: ContinuationMode;
  /** What was delivered when this continuation began, and what of the new text was seen while it was compared. */
  readonly #before: string;
  readonly #eventsBefore: number;
  /** What was paid for before. */
  readonly #generatedBefore: number;
  readonly #streamsBefore: number;
  #spoke = false;
  #compared = '';
  #aligned: boolean;

  constructor(delivered: DeliveredText, mode: ContinuationMode) {
    this.delivered = delivered;
    this.#mode = mode;
    this.#before = delivered.text;
    this.#eventsBefore = delivered.events;
    this.#generatedBefore = delivered.generated;
    this.#streamsBefore = delivered.streams;
    this.#aligned = mode === 'prefill';
  }

  onEvent(event: SseEvent): 'keep' | 'drop' | Buffer | Failure {
    const chunk = readChunk(event.data);
    const { json } = chunk;
    if (json === undefined) return chunk.kind === 'done' ? 'keep' : 'drop';
    if (chunk.hasToolCalls) return diverged('the new answer calls a tool');
    if (chunk.text !== '') this.#bill();
    const text = this.#align(chunk.text);
    if (text === undefined) return diverged('the new answer begins differently');
    if (chunk.finishes.length > 0 && !this.#aligned) return diverged('the new answer ends earlier');
    if (text === '' && chunk.finishes.length === 0 && chunk.usage === undefined) return 'drop';
    this.delivered.text += text;
    if (text !== '') this.delivered.events++;
    const [choice] = Array.isArray(json.choices) ? json.choices : [];
    const choices = chunk.choices === 0 ? [] : [{ ...choice, index: 0, delta: text === '' ? {} : { content: text } }];
    const continued = {
      ...json,
      id: this.delivered.id ?? json.id,
      created: this.delivered.created ?? json.created,
      choices,
      ...(chunk.usage === undefined
        ? {}
        : { usage: this.#usage(json.usage, chunk.usage.promptTokens, chunk.usage.completionTokens) }),
    };
    return Buffer.from(`data: ${JSON.stringify(continued)}\n\n`);
  }

  /** The part of new text the client does not have yet; undefined when the two texts differ. */
  #align(text: string): string | undefined {
    if (this.#aligned) return text;
    this.#compared += text;
    if (this.#compared.length < this.#before.length) {
      return this.#before.startsWith(this.#compared) ? '' : undefined;
    }
    if (!this.#compared.startsWith(this.#before)) return undefined;
    this.#aligned = true;
    const rest = this.#compared.slice(this.#before.length);
    this.#compared = '';
    return rest;
  }

  #bill(): void {
    this.delivered.generated++;
    if (this.#spoke) return;
    this.#spoke = true;
    this.delivered.streams++;
  }

  /** All calls were paid for. The broken ones never said what they used: their prompt was the same, their answer what was seen. */
  #usage(reported: unknown, promptTokens: number, completionTokens: number): object {
    const prefilled = this.#mode === 'prefill' ? this.#eventsBefore : 0;
    const prompt = promptTokens + this.#streamsBefore * Math.max(0, promptTokens - prefilled);
    const completion = completionTokens + this.#generatedBefore;
    return {
      ...(typeof reported === 'object' ? reported : {}),
      prompt_tokens: prompt,
      completion_tokens: completion,
      total_tokens: prompt + completion,
    };
  }
}

/** The code of a continuation that was given up. It says nothing about the target's health: its answer was good, only not this one. */
export const DIVERGED = 'continuation_diverged';

function diverged(why: string): Failure {
  return {
    // Not repeated on the same target, which can no more say the same words than before.
    class: 'capability_unsupported',
    origin: 'upstream',
    code: DIVERGED,
    message: `the answer could not be continued: ${why}`,
    maybeBilled: true,
  };
}
