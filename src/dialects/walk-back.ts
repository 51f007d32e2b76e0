import type { Span } from './json-members.ts';
import { sameBytes } from './json-scan.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Bytes of a string that are looked at one by one before the search is left to native code. */
const SHORT_STRING = 48;

/** Native code passes over about so many bytes in the time of one step. */
const BYTES_A_STEP = 16;

/** How much work a walk may still do, in bytes looked at. */
export interface Work {
  left: number;
}

/**
 * Walks backwards over the objects of a JSON array, the last one first, and finds some of their members on the way: no byte is looked at
 * twice, nothing is parsed or allocated, and what begins further away than the work allows is not found. Sound in valid JSON only, where a quote
 * ends or begins a string exactly where an even number of backslashes stands before it.
 */
export class WalkBack {
  readonly #bytes: Buffer;
  readonly #start: number;
  readonly #work: Work;
  readonly #keys: readonly Buffer[];
  readonly #starts: Int32Array;
  readonly #ends: Int32Array;
  #at: number;
  #elementStart = -1;
  #elementEnd = -1;

  /**
   * @param array where the array stands in valid JSON, brackets included
   * @param keys  whose values are wanted, without escapes
   */
  constructor(bytes: Buffer, array: Span, keys: readonly Buffer[], work: Work) {
    this.#bytes = bytes;
    this.#start = array.start;
    this.#at = array.end - 2;
    this.#keys = keys;
    this.#starts = new Int32Array(keys.length);
    this.#ends = new Int32Array(keys.length);
    this.#work = work;
  }

  /** Where the object last walked over stands. */
  get element(): Span | undefined {
    return this.#elementStart < 0 ? undefined : { start: this.#elementStart, end: this.#elementEnd };
  }

  /** The whole array was walked over. */
  get atStart(): boolean {
    return this.#separated() <= this.#start;
  }

  /** Where the value of a key stands in the object last walked over; undefined where it has none. Of a repeated key the last one's. */
  span(key: Buffer): Span | undefined {
    const index = this.#keys.indexOf(key);
    const start = this.#starts[index] ?? -1;
    return start < 0 ? undefined : { start, end: this.#ends[index] ?? start };
  }

  /** Whether that value is a string that ends with these bytes. */
  endsWith(key: Buffer, ending: Buffer): boolean {
    const index = this.#keys.indexOf(key);
    const start = this.#starts[index] ?? -1;
    const end = (this.#ends[index] ?? 0) - 1;
    if (start < 0 || this.#bytes[end] !== QUOTE || end - ending.length <= start) return false;
    return sameBytes(this.#bytes, end - ending.length, ending);
  }

  /** Whether that value is this string. */
  is(key: Buffer, value: Buffer): boolean {
    const index = this.#keys.indexOf(key);
    const length = (this.#ends[index] ?? 0) - (this.#starts[index] ?? 0);
    return length === value.length + 2 && this.endsWith(key, value);
  }

  /** Walks over the object before. @returns whether there was one; not where it is something else, or the work is used up */
  previous(): boolean {
    const bytes = this.#bytes;
    const work = this.#work;
    let at = this.#separated();
    if (bytes[at] !== CLOSE_OBJECT) return false;
    this.#starts.fill(-1);
    const end = at + 1;
    let depth = 0;
    let valueStart = -1;
    let valueEnd = at;
    while (at > this.#start && work.left > 0) {
      const byte = bytes[at];
      work.left--;
      if (byte === QUOTE) {
        const close = at;
        at = this.#opening(close);
        if (valueStart >= 0) {
          this.#keep(at + 1, close, valueStart, valueEnd);
          valueStart = -1;
        }
      } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
        depth++;
      } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
        depth--;
        if (depth === 0) {
          this.#at = at - 1;
          this.#elementStart = at;
          this.#elementEnd = end;
          return true;
        }
      } else if (depth === 1) {
        if (byte === COLON) valueStart = at + 1;
        else if (byte === COMMA) valueEnd = at;
      }
      at--;
    }
    work.left = 0;
    return false;
  }

  #keep(start: number, end: number, valueStart: number, valueEnd: number): void {
    const bytes = this.#bytes;
    for (let index = 0; index < this.#keys.length; index++) {
      const key = this.#keys[index];
      if (key === undefined || key.length !== end - start || (this.#starts[index] ?? 0) >= 0) continue;
      if (!sameBytes(bytes, start, key)) continue;
      let first = valueStart;
      let last = valueEnd;
      while (first < last && (bytes[first] ?? 0) <= 0x20) first++;
      while (last > first && (bytes[last - 1] ?? 0) <= 0x20) last--;
      this.#starts[index] = first;
      this.#ends[index] = last;
    }
  }

  /** Past the comma and white space that stand before the last object found. */
  #separated(): number {
    let at = this.#at;
    for (; at > this.#start && this.#work.left > 0; at--) {
      const byte = this.#bytes[at] ?? 0;
      if (byte > 0x20 && byte !== COMMA) break;
      this.#work.left--;
    }
    return at;
  }

  /** The quote that opens the string closed at `closing`. */
  #opening(closing: number): number {
    const bytes = this.#bytes;
    let at = closing - 1;
    for (;;) {
      const near = at - SHORT_STRING;
      const from = at;
      while (at > near && at > this.#start && bytes[at] !== QUOTE) at--;
      this.#work.left -= from - at;
      if (bytes[at] !== QUOTE) {
        at = bytes.lastIndexOf(QUOTE, at);
        this.#work.left -= Math.ceil((near - at) / BYTES_A_STEP);
      }
      if (at <= this.#start) return this.#start;
      let before = at - 1;
      while (bytes[before] === BACKSLASH) before--;
      this.#work.left -= at - before;
      if (this.#work.left <= 0 || (at - before) % 2 === 1) return at;
      at = before;
    }
  }
}
