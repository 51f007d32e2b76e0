import type { SseEvent } from './sse-reader.ts';

/** Most providers send an event for each token. Text of more bytes than this is certainly several. */
const LONGEST_TOKEN = 32;
/** The average of prose and code. */
const BYTES_A_TOKEN = 4;
/** An event has more around its text only where it brings what is no text: log probabilities differ from event to event. */
const LARGEST_FRAME = 1_000;

/** Tokens in a piece of streamed text: one, unless it is too long for that. */
export function tokensIn(textBytes: number): number {
  return textBytes > LONGEST_TOKEN ? Math.ceil(textBytes / BYTES_A_TOKEN) : 1;
}

/**
 * Counts the tokens of an answer by the events of its stream, for one that is cut before its provider has counted, or whose provider never
 * does. Providers that put many tokens into an event (Gemini, Claude) would be charged a small part by the number of events. Events are not
 * parsed for it: what is around the text is measured at the first and taken off the others.
 */
export class SeenOutput {
  tokens = 0;
  /** Bytes of an event without its text; undefined: not known. */
  #frame: number | undefined;

  /** An event that was read. @param text of the answer in it; undefined: it brings something else */
  read(event: SseEvent, text: string | undefined): void {
    if (text === undefined || text === '') {
      this.tokens++;
      return;
    }
    const bytes = Buffer.byteLength(text);
    if (this.tokens === 0) this.#frame = event.to - event.from - bytes;
    this.tokens += tokensIn(bytes);
  }

  /** An event of which no more is known than that it brings some of the answer. */
  glanced({ from, to }: SseEvent): void {
    const frame = this.#frame;
    this.tokens += frame === undefined || frame > LARGEST_FRAME ? 1 : tokensIn(to - from - frame);
  }
}
