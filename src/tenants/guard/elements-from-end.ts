import type { Span } from '../../dialects/json-members.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * The elements of a JSON array, the last one first, found by walking backwards over the bytes. The latest turn of a conversation is its
 * last few kilobytes; reaching them from the front means reading half a megabyte of past.
 *
 * Walking backwards is sound in JSON that is known to be valid: a quote ends or begins a string exactly where an even number of
 * backslashes stands before it.
 */
export class ElementsFromEnd {
  readonly #bytes: Buffer;
  readonly #start: number;
  readonly #least: number;
  #at: number;

  /**
   * @param array where the array stands in valid JSON, brackets included
   * @param most  bytes to walk over; what begins before them is not found
   */
  constructor(bytes: Buffer, array: Span, most: number) {
    this.#bytes = bytes;
    this.#start = array.start;
    this.#at = array.end - 2;
    this.#least = Math.max(array.start + 1, array.end - most);
  }

  /** All elements were given. */
  get atStart(): boolean {
    return this.#skip() <= this.#start;
  }

  /** @returns where the element before stands; undefined where there is none, or it begins too far away, or is no object */
  previous(): Span | undefined {
    const bytes = this.#bytes;
    let at = this.#skip();
    const end = at + 1;
    if (bytes[at] !== CLOSE_OBJECT) return undefined;
    let depth = 0;
    while (at >= this.#least) {
      const byte = bytes[at];
      if (byte === QUOTE) at = this.#opening(at);
      else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) depth++;
      else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        depth--;
        if (depth === 0) {
          this.#at = at - 1;
          return { start: at, end };
        }
      }
      at--;
    }
    return undefined;
  }

  /** Past commas and white space. */
  #skip(): number {
    let at = this.#at;
    while (at > this.#start) {
      const byte = this.#bytes[at] ?? 0;
      if (byte > 0x20 && byte !== 0x2c) break;
      at--;
    }
    this.#at = at;
    return at;
  }

  /** The quote that opens the string closed at `closing`; below the bound where it is too far away. */
  #opening(closing: number): number {
    const bytes = this.#bytes;
    const least = this.#least;
    let at = closing - 1;
    for (; at >= least; at--) {
      if (bytes[at] !== QUOTE) continue;
      let before = at - 1;
      while (bytes[before] === BACKSLASH) before--;
      if ((at - before) % 2 === 1) return at;
      at = before + 1;
    }
    return at;
  }
}
