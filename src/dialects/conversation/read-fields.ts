import { isRecord, type JsonRecord } from '../../failures/json-record.ts';
import type { RequestMistake } from './codec.ts';

/** A member of the request that makes no sense; thrown by the readers here, caught by {@link orMistake}. */
class Mistaken extends Error {
  readonly param: string;
  constructor(param: string, message: string) {
    super(message);
    this.param = param;
  }
}

/** What `read` gives, or the mistake it met. */
export function orMistake<T>(read: () => T): T | RequestMistake {
  try {
    return read();
  } catch (error) {
    if (error instanceof Mistaken) return { mistake: true, message: error.message, param: error.param };
    throw error;
  }
}

/** `key` of what stands at `at`: `messages[0].content`. */
export function pathTo(at: string, key: string): string {
  return at === '' ? key : `${at}.${key}`;
}

/** Gives up: the value at `param` cannot be what it is. */
export function wrongValue(param: string, message: string): never {
  throw new Mistaken(param, `Invalid value for '${param}': ${message}`);
}

export function missing(param: string): never {
  throw new Mistaken(param, `Missing required parameter: '${param}'.`);
}

function wrongType(param: string, expected: string, value: unknown): never {
  throw new Mistaken(param, `Invalid type for '${param}': expected ${expected}, but got ${describe(value)} instead.`);
}

/** The member, where it is there; `null` is as good as absent: several SDKs write out what was not set. */
function memberOf(json: JsonRecord, key: string): unknown {
  const value = Object.hasOwn(json, key) ? json[key] : undefined;
  return value === null ? undefined : value;
}

export function stringIn(json: JsonRecord, key: string, at = ''): string | undefined {
  const value = memberOf(json, key);
  if (value === undefined || typeof value === 'string') return value;
  return wrongType(pathTo(at, key), 'a string', value);
}

export function requiredString(json: JsonRecord, key: string, at = ''): string {
  return stringIn(json, key, at) ?? missing(pathTo(at, key));
}

export function numberIn(json: JsonRecord, key: string, at = ''): number | undefined {
  const value = memberOf(json, key);
  if (value === undefined || typeof value === 'number') return value;
  return wrongType(pathTo(at, key), 'a number', value);
}

export function booleanIn(json: JsonRecord, key: string, at = ''): boolean | undefined {
  const value = memberOf(json, key);
  if (value === undefined || typeof value === 'boolean') return value;
  return wrongType(pathTo(at, key), 'a boolean', value);
}

export function recordIn(json: JsonRecord, key: string, at = ''): JsonRecord | undefined {
  const value = memberOf(json, key);
  return value === undefined ? undefined : recordAt(value, pathTo(at, key));
}

export function requiredRecord(json: JsonRecord, key: string, at = ''): JsonRecord {
  return recordIn(json, key, at) ?? missing(pathTo(at, key));
}

export function arrayIn(json: JsonRecord, key: string, at = ''): readonly unknown[] | undefined {
  const value = memberOf(json, key);
  if (value === undefined || Array.isArray(value)) return value;
  return wrongType(pathTo(at, key), 'an array', value);
}

/** The strings of an array; undefined where there is none. */
export function stringsIn(json: JsonRecord, key: string, at = ''): readonly string[] | undefined {
  return arrayIn(json, key, at)?.map((value, index) => {
    return typeof value === 'string' ? value : wrongType(`${pathTo(at, key)}[${index}]`, 'a string', value);
  });
}

export function recordAt(value: unknown, at: string): JsonRecord {
  return isRecord(value) ? value : wrongType(at, 'an object', value);
}

/** A text or an array, as contents are. */
export function contentIn(json: JsonRecord, key: string, at: string): string | readonly unknown[] | undefined {
  const value = memberOf(json, key);
  if (value === undefined || typeof value === 'string' || Array.isArray(value)) return value;
  return wrongType(pathTo(at, key), 'a string or an array', value);
}

/** The members that are not `known` and say something. */
export function membersBeside(json: JsonRecord, known: ReadonlySet<string>): readonly string[] {
  return Object.keys(json).filter((key) => !known.has(key) && json[key] !== null && json[key] !== undefined);
}

/** Those members, with what they say. */
export function extrasOf(json: JsonRecord, known: ReadonlySet<string>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(membersBeside(json, known).map((key) => [key, json[key]]));
}

/** Notes the paths of members that no field holds. */
export function noteUnheld(unheld: string[], json: JsonRecord, known: ReadonlySet<string>, at: string): void {
  for (const key of membersBeside(json, known)) unheld.push(pathTo(at, key));
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  return typeof value === 'number' ? `the number ${value}` : `a ${typeof value}`;
}
