import { isRecord, type JsonRecord } from '../failures/json-record.ts';

/** Tokens around each value: quotes, colon, comma, or what a provider makes of them. */
const AROUND = 2;

/**
 * Calls `count` with every text of a request body, keys included, and adds up; in numbers and structure it is generous. What
 * `measureInput` counts by bounds of its own (base64 of pictures, documents, sound) is left out here. Undefined as soon as `count` is.
 */
export function countTexts(value: unknown, count: (text: string) => number | undefined): number | undefined {
  let total = 0;
  // A stack of its own: a body may be nested as deep as the scanner allows.
  const rest: unknown[] = [value];
  while (rest.length > 0) {
    const next = rest.pop();
    total += AROUND;
    if (typeof next === 'string') {
      const tokens = count(next);
      if (tokens === undefined) return undefined;
      total += tokens;
    } else if (typeof next === 'number') total += String(next).length;
    else if (Array.isArray(next)) for (const item of next) rest.push(item);
    else if (isRecord(next)) {
      for (const [key, inner] of Object.entries(next)) {
        if (typeof inner === 'string' && isData(next, key, inner)) continue;
        const tokens = count(key);
        if (tokens === undefined) return undefined;
        total += tokens;
        rest.push(key === 'input_audio' && isRecord(inner) ? { ...inner, data: '' } : inner);
      }
    }
  }
  return total;
}

/** Base64 where the dialects have it. */
function isData(holder: JsonRecord, key: string, value: string): boolean {
  if (key === 'data') return holder.type === 'base64';
  if (key !== 'url' && key !== 'image_url' && key !== 'file_data') return false;
  return value.startsWith('data:') && value.slice(0, 200).includes(';base64,');
}
