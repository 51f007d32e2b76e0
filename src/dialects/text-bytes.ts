import { isRecord } from '../failures/json-record.ts';

/** Members that hold what is counted otherwise than by its length: pictures, files, sound, and what only a provider can read. */
const BINARY_KEYS: ReadonlySet<string> = new Set([
  'data',
  'file_data',
  'url',
  'image_url',
  'file_url',
  'signature',
  'encrypted_content',
]);
/** Such members are short where they are ordinary words or addresses. */
const SHORT = 256;

/** Bytes of text in a parsed request, pictures and the like left out. Walks all of it: not for every request. */
export function textBytes(value: unknown, key = ''): number {
  if (typeof value === 'string') {
    if (value.length > SHORT && (BINARY_KEYS.has(key) || value.startsWith('data:'))) return 0;
    return Buffer.byteLength(value);
  }
  let bytes = 0;
  if (Array.isArray(value)) {
    for (const item of value) bytes += textBytes(item, key);
  } else if (isRecord(value)) {
    for (const name in value) bytes += textBytes(value[name], name);
  }
  return bytes;
}
