import * as z from 'zod';
import { didYouMean } from './suggest.ts';
import { DURATION_PATTERN, parseDuration, parseSize, type Quantity, SIZE_PATTERN } from './units.ts';

/** Any value may be written as a variable, so the JSON Schema that editors use must let one pass. */
const VARIABLE_SCHEMA = { type: 'string', pattern: '\\$\\{[A-Za-z_]' } as const;

/** What a leaf makes of a value: the parsed value, or why it is none. */
export type Reading<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string };

/**
 * A leaf of the file with its own words for what is wrong, and with the JSON Schema that zod cannot derive from a
 * transformation (`json`; see json-schema.ts).
 */
function leaf<T>(read: (input: unknown) => Reading<T>, json: object, description: string) {
  return z
    .unknown()
    .transform((input, context): T => {
      const reading = read(input);
      if (reading.ok) return reading.value;
      context.issues.push({
        code: 'custom',
        message: input === null ? `is empty: ${reading.reason}` : reading.reason,
        input,
      });
      return z.NEVER;
    })
    .meta({ json, description });
}

export function duration(description: string, options: { least?: number } = {}) {
  const least = options.least ?? 1;
  const read = (input: unknown): Quantity => {
    const parsed = parseDuration(input);
    return parsed.ok && parsed.value < least ? { ok: false, reason: 'must be at least 1ms' } : parsed;
  };
  return leaf(read, { anyOf: [{ type: 'string', pattern: DURATION_PATTERN }, VARIABLE_SCHEMA] }, description);
}

export function size(description: string, least: number) {
  const read = (input: unknown): Quantity => {
    const parsed = parseSize(input);
    return parsed.ok && parsed.value < least ? { ok: false, reason: `must be at least ${least} bytes` } : parsed;
  };
  return leaf(read, { anyOf: [{ type: 'string', pattern: SIZE_PATTERN }, VARIABLE_SCHEMA] }, description);
}

/** A whole number; digits in a string count, because a variable always gives a string. */
export function integer(description: string, least: number, most: number) {
  const read = (input: unknown): Reading<number> => {
    const value = typeof input === 'string' && /^\d{1,15}$/.test(input) ? Number(input) : input;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most)
      return { ok: true, value };
    return { ok: false, reason: `expected a whole number from ${least} to ${most}` };
  };
  return leaf(read, { anyOf: [{ type: 'integer', minimum: least, maximum: most }, VARIABLE_SCHEMA] }, description);
}

/** A share above 0 and up to 1. */
export function share(description: string) {
  const read = (input: unknown): Reading<number> => {
    const value = typeof input === 'string' && /^\d(\.\d{1,15})?$/.test(input) ? Number(input) : input;
    if (typeof value === 'number' && value > 0 && value <= 1) return { ok: true, value };
    return { ok: false, reason: 'expected a share above 0 and up to 1, such as 0.5' };
  };
  return leaf(read, { anyOf: [{ type: 'number', exclusiveMinimum: 0, maximum: 1 }, VARIABLE_SCHEMA] }, description);
}

export function flag(description: string) {
  const read = (input: unknown): Reading<boolean> => {
    if (input === true || input === 'true') return { ok: true, value: true };
    if (input === false || input === 'false') return { ok: true, value: false };
    return { ok: false, reason: 'expected true or false' };
  };
  return leaf(read, { anyOf: [{ type: 'boolean' }, VARIABLE_SCHEMA] }, description);
}

/** Text that is not empty. */
export function text(description: string) {
  const read = (input: unknown): Reading<string> => {
    if (typeof input === 'string' && input.trim() !== '') return { ok: true, value: input };
    if (input === '') return { ok: false, reason: 'is empty' };
    return { ok: false, reason: typeof input === 'string' ? 'is blank' : `expected text${quoteHint(input)}` };
  };
  return leaf(read, { type: 'string', minLength: 1 }, description);
}

/** One of a few words. `later`: words a later version will know. */
export function oneOf<const T extends string>(words: readonly T[], description: string, later: readonly string[] = []) {
  const read = (input: unknown): Reading<T> => {
    const value = words.find((word) => word === input);
    if (value !== undefined) return { ok: true, value };
    if (typeof input === 'string' && later.includes(input))
      return { ok: false, reason: 'not available in this version' };
    const hint = typeof input === 'string' ? didYouMean(input, words) : '';
    const choice =
      words.length === 1 ? JSON.stringify(words[0]) : `one of ${words.map((word) => JSON.stringify(word)).join(', ')}`;
    return { ok: false, reason: `expected ${choice}${hint && `.${hint}`}` };
  };
  return leaf(read, { anyOf: [{ enum: [...words] }, VARIABLE_SCHEMA] }, description);
}

/** A leaf that has several shapes. `json` is its JSON Schema. */
export function shaped<T>(read: (input: unknown) => Reading<T>, json: object, description: string) {
  return leaf(read, json, description);
}

/** YAML reads `1.10`, `yes` and `null` without quotes as something else than text. */
function quoteHint(input: unknown): string {
  return typeof input === 'number' || typeof input === 'boolean' ? '; put it in quotes' : '';
}
