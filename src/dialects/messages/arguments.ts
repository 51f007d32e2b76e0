import { isRecord } from '../../failures/json-record.ts';

/**
 * Holds, as the only member of an `input`, arguments that are no JSON object: Anthropic's dialect has no place for any other. Tools
 * refuse it and so the model learns of its mistake; on the way back the text is as it was.
 */
export const UNPARSED = '$unparsed_arguments';

/** A number that JSON.parse may not give back as it was written: long, with a fraction, or with an exponent. */
const DELICATE_NUMBER = /\d{16}|\d[.eE]/;

interface SourceAware {
  parse(text: string, reviver: (key: string, value: unknown, context: { source?: string }) => unknown): unknown;
  rawJSON(text: string): unknown;
}
// ES2025, in Node since 22; the language library of our target does not know it yet.
const sourceAware = JSON as unknown as SourceAware;

/**
 * A call's arguments as Anthropic's `input`, each number as it was written.
 *
 * @returns the object, to be serialised and not to be read; undefined where the text is no JSON object
 */
function parseObject(text: string): object | undefined {
  try {
    const plain: unknown = JSON.parse(text);
    if (!isRecord(plain)) return undefined;
    if (!DELICATE_NUMBER.test(text)) return plain;
    return sourceAware.parse(text, (_key, value, { source }) => {
      return typeof value === 'number' && source !== undefined && String(value) !== source
        ? sourceAware.rawJSON(source)
        : value;
    }) as object;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Arguments as an `input`, and whether they had to be wrapped ({@link UNPARSED}). No text at all is a call without arguments. */
export function inputOf(text: string): { readonly input: object; readonly wrapped: boolean } {
  if (text.trim() === '') return { input: {}, wrapped: false };
  const input = parseObject(text);
  return input === undefined ? { input: { [UNPARSED]: text }, wrapped: true } : { input, wrapped: false };
}

/** An `input` as the text of arguments. */
export function argumentsOf(input: unknown): string {
  if (isRecord(input)) {
    const unparsed = input[UNPARSED];
    if (typeof unparsed === 'string' && Object.keys(input).length === 1) return unparsed;
  }
  return input === undefined || input === null ? '{}' : JSON.stringify(input);
}
