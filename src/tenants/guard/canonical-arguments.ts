import { isRecord, parseJsonText } from '../../failures/json-record.ts';

/** Longer arguments are compared as they are written: a file's content is, when it repeats, repeated to the letter. */
const MAX_LENGTH = 64 * 1024;

/** Deeper values are compared as they are written, so that the walk down needs no deep stack. */
const MAX_DEPTH = 64;

/**
 * One spelling for all ways to write the same arguments: models order keys and set spaces as they please.
 *
 * @param value as it stands in a request: JSON text (OpenAI's dialects), an object (Anthropic's), or any text of a custom tool
 * @returns undefined where sameness cannot be told: the value holds a number that parsing has already rounded
 */
export function canonicalArguments(value: unknown): string | undefined {
  if (typeof value !== 'string') return spell(value, 0);
  if (value.length > MAX_LENGTH) return value;
  const text = value.trim();
  if (!text.startsWith('{') && !text.startsWith('[')) return text;
  const parsed = parseJsonText(text);
  // Where parsing would lose something, the text itself is compared.
  return parsed === undefined ? text : (spell(parsed, 0) ?? text);
}

function spell(value: unknown, depth: number): string | undefined {
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) return undefined;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (depth === MAX_DEPTH) return undefined;
  const parts: string[] = [];
  if (isRecord(value)) {
    for (const key of Object.keys(value).sort()) {
      const spelled = spell(value[key], depth + 1);
      if (spelled === undefined) return undefined;
      parts.push(`${JSON.stringify(key)}:${spelled}`);
    }
    return `{${parts.join(',')}}`;
  }
  for (const item of Array.isArray(value) ? value : []) {
    const spelled = spell(item, depth + 1);
    if (spelled === undefined) return undefined;
    parts.push(spelled);
  }
  return `[${parts.join(',')}]`;
}
