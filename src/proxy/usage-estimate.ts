import type { AnswerEvent, TokenUsage } from '../dialects/conversation/answer.ts';
import { tokensIn } from '../dialects/seen-output.ts';
import { textBytes } from '../dialects/text-bytes.ts';

/** Of English and code; other languages have fewer. */
const BYTES_A_TOKEN = 4;

/**
 * Follows a stream's events for the counts its provider may never tell. Where none came, what was seen stands in for them: a client
 * that reckons its costs or its context by the counts would take 0 for the truth.
 */
export class UsageEstimate {
  readonly #request: unknown;
  #told = false;
  #tokens = 0;

  /** @param request the client's, parsed */
  constructor(request: unknown) {
    this.#request = request;
  }

  /** The events, with an estimate before the end where there were no counts until then. */
  follow(events: readonly AnswerEvent[]): readonly AnswerEvent[] {
    for (let index = 0; index < events.length; index++) {
      const event = events[index];
      switch (event?.kind) {
        case 'text':
        case 'reasoning':
        case 'arguments':
        case 'refusal':
          this.#tokens += tokensIn(Buffer.byteLength(event.text));
          break;
        case 'start':
          this.#told ||= event.usage !== undefined;
          break;
        case 'usage':
          this.#told = true;
          break;
        case 'end':
          return [...events.slice(0, index), ...this.missing(), ...events.slice(index)];
      }
    }
    return events;
  }

  /** The counts that were never told; nothing where they were. */
  missing(): readonly AnswerEvent[] {
    if (this.#told) return [];
    this.#told = true;
    const prompt = Math.ceil(textBytes(this.#request) / BYTES_A_TOKEN);
    const usage: TokenUsage = { prompt, completion: this.#tokens, cacheRead: 0, cacheWritten: 0, reasoning: 0 };
    return [{ kind: 'usage', usage }];
  }
}
