import type { Span } from './json-members.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;

/**
 * Where the items of a JSON array stand. The bytes must be known to be JSON.
 *
 * @param array the span of the array, brackets included; undefined where it is no array
 * @returns of each item the bytes, without the white space around it
 */
export function itemSpans(bytes: Buffer, array: Span): readonly Span[] | undefined {
  return bytes[array.start] === OPEN_ARRAY ? [...eachItem(bytes, array)] : undefined;
}

/** The same, one by one: who needs the first only does not wait for the last. */
export function* eachItem(bytes: Buffer, array: Span): Generator<Span, void> {
  if (bytes[array.start] !== OPEN_ARRAY) return;
  let depth = 0;
  let start = -1;
  let end = -1;
  for (let at = array.start + 1; at < array.end; at++) {
    const byte = bytes[at];
    if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) continue;
    if (depth === 0 && (byte === COMMA || byte === CLOSE_ARRAY)) {
      if (start >= 0) yield { start, end };
      start = -1;
      continue;
    }
    if (start < 0) start = at;
    if (byte === QUOTE) at = closingQuote(bytes, at, array.end);
    else if (byte === OPEN_ARRAY || byte === 0x7b) depth++;
    else if (byte === CLOSE_ARRAY || byte === 0x7d) depth--;
    end = at + 1;
  }
}

function closingQuote(bytes: Buffer, open: number, end: number): number {
  for (let at = bytes.indexOf(QUOTE, open + 1); at >= 0 && at < end; at = bytes.indexOf(QUOTE, at + 1)) {
    let backslashes = 0;
    while (bytes[at - 1 - backslashes] === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return at;
  }
  return end;
}
