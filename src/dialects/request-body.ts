import { isUtf8 } from 'node:buffer';
import { JsonMembers, MOST_MEMBERS } from './json-members.ts';
import { MAX_JSON_DEPTH } from './json-scan.ts';

/** A body of which the top level is known, or what is wrong with it and where. */
export type ReadBody =
  | { readonly ok: true; readonly members: JsonMembers }
  | { readonly ok: false; readonly code: 'invalid_json' | 'wrong_type'; readonly message: string };

/**
 * Validates a request body and finds its top-level members, in one pass. Messages say where and quote nothing of the client's
 * text. Bytes that are no UTF-8 are refused rather than replaced, because the original bytes go upstream.
 */
export function readBody(bytes: Buffer): ReadBody {
  if (bytes.length === 0) return invalid('is empty; a JSON object is expected.');
  if (!isUtf8(bytes)) return invalid(`is not valid UTF-8 at ${position(bytes, firstInvalidByte(bytes))}.`);
  const members = JsonMembers.read(bytes);
  if (members instanceof JsonMembers) {
    if (!members.layout.crowded) return { ok: true, members };
    return { ok: false, code: 'wrong_type', message: `The request body has more than ${MOST_MEMBERS} members.` };
  }
  if (members !== undefined) return invalid(explain(bytes, ~members));
  const message = `The request body must be a JSON object, but is ${describe(JSON.parse(bytes.toString('utf8')))}.`;
  return { ok: false, code: 'wrong_type', message };
}

/** A JSON value in the words of an error message; quotes no text of it. */
export function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'number' && !Number.isInteger(value)) return 'a fraction';
  return typeof value === 'number' ? `the number ${value}` : `a ${typeof value}`;
}

function invalid(what: string): ReadBody {
  return { ok: false, code: 'invalid_json', message: `The request body ${what}` };
}

function explain(bytes: Buffer, offset: number): string {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    return 'starts with a byte order mark (bytes EF BB BF); JSON is sent without one.';
  }
  if (offset >= bytes.length) return `is not valid JSON: it ends too early, at ${position(bytes, bytes.length)}.`;
  if (openBefore(bytes, offset) === MAX_JSON_DEPTH) {
    return `is nested deeper than ${MAX_JSON_DEPTH} levels, at ${position(bytes, offset)}.`;
  }
  return `is not valid JSON: unexpected ${name(bytes, offset)} at ${position(bytes, offset)}.`;
}

/** Objects and arrays open at the offset. To the scanner one too many is as wrong as any other byte that cannot be. */
function openBefore(bytes: Buffer, offset: number): number {
  let open = 0;
  let inString = false;
  for (let at = 0; at < offset; at++) {
    const byte = bytes[at];
    if (byte === 0x22) inString = !inString;
    else if (inString) at += byte === 0x5c ? 1 : 0;
    else if (byte === 0x5b || byte === 0x7b) open++;
    else if (byte === 0x5d || byte === 0x7d) open--;
  }
  return open;
}

function name(bytes: Buffer, offset: number): string {
  const byte = bytes[offset] ?? 0;
  return byte > 0x20 && byte < 0x7f
    ? `'${String.fromCharCode(byte)}'`
    : `byte 0x${byte.toString(16).padStart(2, '0').toUpperCase()}`;
}

/** Line and column as an editor counts them, from 1, with the byte offset for those who have no editor. */
function position(bytes: Buffer, offset: number): string {
  let line = 1;
  let lineStart = 0;
  for (let at = bytes.indexOf(0x0a); at >= 0 && at < offset; at = bytes.indexOf(0x0a, at + 1)) {
    line++;
    lineStart = at + 1;
  }
  const column = bytes.toString('utf8', lineStart, offset).length + 1;
  return `line ${line}, column ${column} (byte ${offset})`;
}

/** The replaced characters encode differently from the bytes they stand for: the first difference is the first wrong byte. */
function firstInvalidByte(bytes: Buffer): number {
  const encoded = Buffer.from(bytes.toString('utf8'));
  let offset = 0;
  while (offset < bytes.length && bytes[offset] === encoded[offset]) offset++;
  return offset;
}
