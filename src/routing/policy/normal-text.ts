/** Bytes of a text that become part of its fingerprint. */
export const MOST_TEXT = 16_384;

const BACKSLASH = 0x5c;
const SPACE = 0x20;
const ZERO = 0x30;
const LETTER_N = 0x6e;
const LETTER_R = 0x72;
const LETTER_T = 0x74;
/** What any token that changes from day to day or from run to run is written as. */
const ANY = ZERO;
/** Runs of hexadecimal letters alone, as identifiers have them beside runs with digits. */
const SHORTEST_HEX = 4;

/** Of each byte. */
const OTHER = 0;
const LETTER = 1;
const HEX_LETTER = 2;
const DIGIT = 3;
const BLANK = 4;

const CLASS = new Uint8Array(256);
CLASS.fill(BLANK, 0, 0x21);
CLASS.fill(DIGIT, 0x30, 0x3a);
CLASS.fill(LETTER, 0x41, 0x5b);
CLASS.fill(LETTER, 0x61, 0x7b);
CLASS.fill(HEX_LETTER, 0x41, 0x47);
CLASS.fill(HEX_LETTER, 0x61, 0x67);

const WORD_START = 17;
const nextHash = (hash: number, letter: number): number => (Math.imul(hash, 31) + letter) | 0;

/** Days and months: a prompt that says which day it is has another text each day. */
const DATES: ReadonlySet<number> = new Set(
  `monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat sun january february march april may june july
   august september october november december jan feb mar apr jun jul aug sep sept oct nov dec am pm`
    .split(/\s+/)
    .map((word) => [...Buffer.from(word)].reduce(nextHash, WORD_START)),
);

/**
 * Writes JSON text as it is compared: in small letters, with one blank for any white space, and one sign for any number, date and
 * identifier. At most {@link MOST_TEXT} bytes are read; `into` has room for as many more as `at` says are used.
 *
 * @returns where the next text begins in `into`
 */
export function writeNormal(bytes: Buffer, start: number, end: number, into: Buffer, at: number): number {
  const last = Math.min(end, start + MOST_TEXT);
  let to = at;
  let read = start;
  while (read < last) {
    const byte = bytes[read] ?? 0;
    const kind = CLASS[byte] ?? OTHER;
    if (kind === LETTER || kind === HEX_LETTER || kind === DIGIT) {
      const wordAt = to;
      let hash = WORD_START;
      let digits = false;
      let hex = true;
      while (read < last) {
        const sign = bytes[read] ?? 0;
        const signKind = CLASS[sign] ?? OTHER;
        if (signKind === DIGIT) digits = true;
        else if (signKind === LETTER) hex = false;
        else if (signKind !== HEX_LETTER) break;
        const small = signKind === DIGIT ? sign : sign | 0x20;
        hash = nextHash(hash, small);
        into[to++] = small;
        read++;
      }
      if (digits || (hex && to - wordAt >= SHORTEST_HEX) || DATES.has(hash)) {
        to = wordAt;
        into[to++] = ANY;
      }
      continue;
    }
    read++;
    if (kind === BLANK || (byte === BACKSLASH && isEscapedBlank(bytes[read]))) {
      if (kind !== BLANK) read++;
      if (to > at && into[to - 1] !== SPACE) into[to++] = SPACE;
    } else into[to++] = byte;
  }
  return to;
}

function isEscapedBlank(byte: number | undefined): boolean {
  return byte === LETTER_N || byte === LETTER_R || byte === LETTER_T;
}
