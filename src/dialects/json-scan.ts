/** Deepest nesting accepted. Far above what any API sends, far below what overflows a recursive consumer behind us. */
export const MAX_JSON_DEPTH = 512;

/** Bit of a {@link scanJson} result: an object key was spelled with an escape, so watched keys may have been missed. */
export const ESCAPED_KEY = 1 << 30;

/** A key that {@link scanJson} reports when it carries a value other than `null` and `""`. */
export interface WatchedKey {
  readonly key: string;
  /** Containers around the key: 1 is a key of the top-level object. */
  readonly depth: number;
  /** One bit, below {@link ESCAPED_KEY}. */
  readonly bit: number;
}

/** Watched keys, by the length of the key in bytes. */
export class Watch {
  readonly #byLength: (readonly { bytes: Buffer; depth: number; bit: number }[] | undefined)[] = [];

  constructor(keys: readonly WatchedKey[]) {
    for (const { key, depth, bit } of keys) {
      const bytes = Buffer.from(key);
      this.#byLength[bytes.length] = [...(this.#byLength[bytes.length] ?? []), { bytes, depth, bit }];
    }
  }

  /** The bits of the key spelled in `bytes[start, end)` at `depth`; 0 when it is not watched. */
  bits(bytes: Buffer, start: number, end: number, depth: number): number {
    const watched = this.#byLength[end - start];
    if (watched === undefined) return 0;
    for (let index = 0; index < watched.length; index++) {
      const key = watched[index];
      if (key !== undefined && key.depth === depth && sameBytes(bytes, start, key.bytes)) return key.bit;
    }
    return 0;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** 1 for the bytes that may not stand in a string as they are: control characters, the quote, the backslash. */
const ENDS_PLAIN = new Uint8Array(256);
ENDS_PLAIN.fill(1, 0, 0x20);
ENDS_PLAIN[QUOTE] = 1;
ENDS_PLAIN[BACKSLASH] = 1;

/** What may follow a backslash, `u` apart. */
const SIMPLE_ESCAPE = new Uint8Array(256);
for (const char of '"\\/bfnrt') SIMPLE_ESCAPE[char.charCodeAt(0)] = 1;

const HEX = new Uint8Array(256);
for (const char of '0123456789abcdefABCDEF') HEX[char.charCodeAt(0)] = 1;

/** For each open container: 1 for an object, 0 for an array. Shared: a scan never yields. */
const containers = new Uint8Array(MAX_JSON_DEPTH + 1);

const NOTHING = new Watch([]);

/** Hears of each member of the top-level object while it is scanned. Offsets are into the scanned bytes. */
export interface MemberListener {
  /** A key (its content stands at `[start, end)`, without the quotes) and the start of its value. */
  key(start: number, end: number, valueStart: number): void;
  /** The position behind the value of the last key. */
  valueEnd(end: number): void;
}

// What the scanner expects next.
const VALUE = 0;
const KEY = 1;
const AFTER = 2;

/** True where `bytes[start, end)` is one JSON text (RFC 8259) nested at most {@link MAX_JSON_DEPTH} deep. */
export function isJson(bytes: Buffer, start = 0, end = bytes.length): boolean {
  return scanJson(bytes, start, end) >= 0;
}

/**
 * Validates `bytes[start, end)` as one JSON text and tells which watched keys were seen, in one pass without allocation.
 * Accepts exactly what `JSON.parse` accepts after decoding as UTF-8, but for nesting deeper than {@link MAX_JSON_DEPTH}:
 * bytes above 0x7f are allowed in strings, whatever they decode to.
 *
 * @param members hears of the top-level object's members; what it heard means nothing where the text turns out invalid
 * @returns the bits of the watched keys seen, possibly with {@link ESCAPED_KEY}; or, for invalid JSON, the negative
 * number `~offset` where `offset` is the first byte that cannot be (`end` where the text just stops).
 */
export function scanJson(
  bytes: Buffer,
  start: number,
  end: number,
  watch: Watch = NOTHING,
  members?: MemberListener,
): number {
  let at = start;
  let depth = 0;
  let seen = 0;
  let keyBits = 0;
  let expected = VALUE;
  for (;;) {
    let byte = -1;
    const from = at;
    while (at < end) {
      byte = bytes[at] ?? -1;
      if (byte > 0x20 || (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) break;
      at++;
    }
    if (at >= end) return depth === 0 && expected === AFTER ? seen : ~end;

    if (expected === AFTER) {
      if (depth === 0) return ~at;
      const isObject = containers[depth] === 1;
      if (depth === 1 && isObject && members !== undefined) members.valueEnd(from);
      if (byte === COMMA) expected = isObject ? KEY : VALUE;
      else if (byte === (isObject ? CLOSE_OBJECT : CLOSE_ARRAY)) depth--;
      else return ~at;
      at++;
      continue;
    }

    if (keyBits !== 0) {
      if (byte !== 0x6e && !(byte === QUOTE && bytes[at + 1] === QUOTE)) seen |= keyBits;
      keyBits = 0;
    }

    if (byte === QUOTE) {
      const contentStart = ++at;
      let escaped = false;
      for (;;) {
        at = afterPlain(bytes, at, end);
        if (at >= end) return ~end;
        const stop = bytes[at];
        if (stop === QUOTE) break;
        if (stop !== BACKSLASH) return ~at;
        escaped = true;
        const after = afterEscape(bytes, at, end);
        if (after < 0) return after;
        at = after;
      }
      if (expected === VALUE) {
        at++;
        expected = AFTER;
        continue;
      }
      const keyEnd = at;
      if (escaped) seen |= ESCAPED_KEY;
      else if (watch !== NOTHING) keyBits = watch.bits(bytes, contentStart, keyEnd, depth);
      at++;
      if (bytes[at] !== COLON || at >= end) {
        at = skipSpace(bytes, at, end);
        if (at >= end || bytes[at] !== COLON) return ~at;
      }
      at++;
      if (depth === 1 && members !== undefined) members.key(contentStart, keyEnd, skipSpace(bytes, at, end));
      expected = VALUE;
      continue;
    }
    if (expected === KEY) return ~at;

    if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      if (depth === MAX_JSON_DEPTH) return ~at;
      containers[++depth] = byte === OPEN_OBJECT ? 1 : 0;
      at = skipSpace(bytes, at + 1, end);
      expected = byte === OPEN_OBJECT ? KEY : VALUE;
      if (at < end && bytes[at] === byte + 2) {
        depth--;
        at++;
        expected = AFTER;
      }
      continue;
    }

    const after = afterScalar(bytes, at, end, byte);
    if (after < 0) return after;
    at = after;
    expected = AFTER;
  }
}

/** Position behind the white space that starts at `at`. */
export function skipSpace(bytes: Buffer, at: number, end: number): number {
  while (at < end) {
    const byte = bytes[at];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
    at++;
  }
  return at;
}

/** True where `expected` stands in `bytes` at `start`. */
export function sameBytes(bytes: Buffer, start: number, expected: Buffer): boolean {
  for (let index = 0; index < expected.length; index++) if (bytes[start + index] !== expected[index]) return false;
  return true;
}

/**
 * Position of the first byte that may not stand in a string as it is, or `end`. Four bytes a step: most of any text is in
 * strings, and one table lookup a byte is what the loop is bound by.
 */
function afterPlain(bytes: Buffer, start: number, end: number): number {
  let at = start;
  for (const last = end - 3; at < last; at += 4) {
    const stops =
      (ENDS_PLAIN[bytes[at] ?? 0] ?? 0) |
      (ENDS_PLAIN[bytes[at + 1] ?? 0] ?? 0) |
      (ENDS_PLAIN[bytes[at + 2] ?? 0] ?? 0) |
      (ENDS_PLAIN[bytes[at + 3] ?? 0] ?? 0);
    if (stops !== 0) break;
  }
  while (at < end && ENDS_PLAIN[bytes[at] ?? 0] === 0) at++;
  return at;
}

/** Position behind the escape whose backslash is at `at`, or `~offset` of what is wrong with it. */
function afterEscape(bytes: Buffer, at: number, end: number): number {
  const kind = at + 1;
  if (kind >= end) return ~end;
  if (SIMPLE_ESCAPE[bytes[kind] ?? 0] === 1) return kind + 1;
  if (bytes[kind] !== 0x75) return ~kind;
  for (let digit = kind + 1; digit <= kind + 4; digit++) {
    if (digit >= end) return ~end;
    if (HEX[bytes[digit] ?? 0] === 0) return ~digit;
  }
  return kind + 5;
}

const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
const NULL = Buffer.from('null');

/** Position behind the literal or number that starts at `at`, or `~offset` of what is wrong with it. */
function afterScalar(bytes: Buffer, at: number, end: number, first: number): number {
  if (first === 0x74) return afterLiteral(bytes, at, end, TRUE);
  if (first === 0x66) return afterLiteral(bytes, at, end, FALSE);
  if (first === 0x6e) return afterLiteral(bytes, at, end, NULL);
  return afterNumber(bytes, at, end);
}

function afterLiteral(bytes: Buffer, at: number, end: number, literal: Buffer): number {
  for (let index = 0; index < literal.length; index++) {
    if (at + index >= end) return ~end;
    if (bytes[at + index] !== literal[index]) return ~(at + index);
  }
  return at + literal.length;
}

function afterNumber(bytes: Buffer, start: number, end: number): number {
  let at = bytes[start] === 0x2d ? start + 1 : start;
  if (at < end && bytes[at] === 0x30) {
    at++;
  } else {
    at = afterDigits(bytes, at, end);
    if (at < 0) return at;
  }
  if (at < end && bytes[at] === 0x2e) {
    at = afterDigits(bytes, at + 1, end);
    if (at < 0) return at;
  }
  if (at < end && (bytes[at] === 0x65 || bytes[at] === 0x45)) {
    at++;
    if (at < end && (bytes[at] === 0x2b || bytes[at] === 0x2d)) at++;
    at = afterDigits(bytes, at, end);
  }
  return at;
}

/** Position behind one or more digits, or `~offset` where there is none. */
function afterDigits(bytes: Buffer, start: number, end: number): number {
  let at = start;
  for (; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte < 0x30 || byte > 0x39) break;
  }
  return at === start ? ~at : at;
}
