import { hash } from 'node:crypto';
import { Ajv, type Options, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { RanTooLong, runBounded } from './bounded-run.ts';
import { isRecord, type JsonRecord } from './json-record.ts';

/** What a value is against a schema. `skipped`: the schema cannot be used, and the reason says why; no verdict on the value. */
export type SchemaVerdict =
  | { readonly kind: 'valid' }
  | { readonly kind: 'invalid'; readonly reason: string }
  | { readonly kind: 'skipped'; readonly reason: string };

/** A schema comes from a client and becomes code: all of it is bounded. */
const MAX_SCHEMA_SIZE = 64 * 1024;
const MAX_SCHEMA_NODES = 1_000;
const MAX_SCHEMA_DEPTH = 32;
const COMPILE_MS = 250;
const VALIDATE_MS = 50;
/** So often it is tried where the machine gave its time to others. */
const TRIES = 8;
/** The part of its time that a computation with a core to itself gets, at least. */
const SPENT = 0.8;

const OPTIONS: Options = {
  // Clients' schemas hold what their own libraries put in; unknown keywords are no reason not to check the rest.
  strict: false,
  // Formats are annotations, as the standard has it by default.
  validateFormats: false,
  logger: false,
  addUsedSchema: false,
  // Optimising the generated code is quadratic in the schema's size.
  code: { optimize: false },
};

/** Neither done nor too long: another time it may be. */
class NoTime extends Error {}

type Entry = { readonly validate: ValidateFunction } | { readonly refused: string };

/** Compiled JSON schemas, the least recently used dropped first. Keyed by content: each request brings its schema anew. */
export class SchemaCache {
  readonly #entries = new Map<string, Entry>();
  readonly #capacity: number;
  #draft7: Ajv | undefined;
  #draft2020: Ajv2020 | undefined;

  /** @param capacity schemas kept; a compiled one takes some tens of kilobytes */
  constructor(capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1)
      throw new RangeError(`SchemaCache: capacity must be a positive integer, got ${capacity}`);
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Checks a parsed value against a schema as it stands in a request. Never throws. */
  check(schema: unknown, value: unknown): SchemaVerdict {
    const objection = objectionTo(schema);
    if (objection !== undefined) return { kind: 'skipped', reason: objection };
    const key = hash('sha256', JSON.stringify(schema), 'base64');
    const entry = this.#entry(key, schema);
    if ('refused' in entry) return { kind: 'skipped', reason: entry.refused };
    const { validate } = entry;
    try {
      if (runPatiently(() => validate(value), VALIDATE_MS)) return { kind: 'valid' };
    } catch (error) {
      if (!(error instanceof RanTooLong || error instanceof RangeError || error instanceof NoTime)) throw error;
      const refused = `the schema takes too long to check (${error.message})`;
      if (!(error instanceof NoTime)) this.#entries.set(key, { refused });
      return { kind: 'skipped', reason: refused };
    }
    const first = validate.errors?.[0];
    return { kind: 'invalid', reason: `${first?.instancePath || 'the value'} ${first?.message ?? 'does not match'}` };
  }

  #entry(key: string, schema: unknown): Entry {
    const known = this.#entries.get(key);
    const { entry, lasts } =
      known === undefined ? this.#compile(isRecord(schema) ? schema : {}) : { entry: known, lasts: true };
    this.#entries.delete(key);
    if (!lasts) return entry;
    this.#entries.set(key, entry);
    if (this.#entries.size > this.#capacity) {
      for (const oldest of this.#entries.keys()) {
        this.#entries.delete(oldest);
        break;
      }
    }
    return entry;
  }

  /** `lasts`: another time it would be the same. */
  #compile(schema: JsonRecord): { readonly entry: Entry; readonly lasts: boolean } {
    const { $schema, ...rest } = schema;
    const isOld = typeof $schema === 'string' && /draft-0[467]/.test($schema);
    const compile = () => {
      const ajv = isOld ? this.#forDraft7() : this.#forDraft2020();
      try {
        return ajv.compile(rest);
      } finally {
        ajv.removeSchema(rest);
      }
    };
    try {
      // A compiler ended in the middle is not to be trusted with the next schema.
      return { entry: { validate: runPatiently(compile, COMPILE_MS, () => this.#forgetCompilers()) }, lasts: true };
    } catch (error) {
      if (error instanceof RangeError) this.#forgetCompilers();
      const reason = error instanceof Error ? error.message : String(error);
      return { entry: { refused: `the schema cannot be compiled: ${reason}` }, lasts: !(error instanceof NoTime) };
    }
  }

  #forDraft7(): Ajv {
    this.#draft7 ??= new Ajv(OPTIONS);
    return this.#draft7;
  }

  #forDraft2020(): Ajv2020 {
    this.#draft2020 ??= new Ajv2020(OPTIONS);
    return this.#draft2020;
  }

  #forgetCompilers(): void {
    this.#draft7 = undefined;
    this.#draft2020 = undefined;
  }
}

/** Bounded, but for the time that a busy machine gives to others. @throws {RanTooLong | NoTime} */
function runPatiently<Result>(run: () => Result, ms: number, onEnded?: () => void): Result {
  let cpuMs = 0;
  for (let left = TRIES; left > 0; left--) {
    try {
      return runBounded(run, ms);
    } catch (error) {
      if (!(error instanceof RanTooLong)) throw error;
      onEnded?.();
      cpuMs += error.cpuMs;
      // Nothing that a core to itself would not have finished has so much of it.
      if (cpuMs >= ms * SPENT) throw error;
    }
  }
  throw new NoTime(`the machine was too busy for ${TRIES * ms} ms`);
}

/** Why a schema is not compiled at all. */
function objectionTo(schema: unknown): string | undefined {
  if (!isRecord(schema)) return 'the schema is not an object';
  let nodes = 0;
  let size = 0;
  const pending: { readonly value: unknown; readonly depth: number }[] = [{ value: schema, depth: 1 }];
  for (let item = pending.pop(); item !== undefined; item = pending.pop()) {
    const { value, depth } = item;
    size += typeof value === 'string' ? value.length : 4;
    if (typeof value === 'object' && value !== null) {
      if (++nodes > MAX_SCHEMA_NODES) return `the schema has more than ${MAX_SCHEMA_NODES} nodes`;
      if (depth > MAX_SCHEMA_DEPTH) return `the schema is nested deeper than ${MAX_SCHEMA_DEPTH}`;
      for (const [key, member] of Object.entries(value)) {
        const objection = objectionToMember(key, member);
        if (objection !== undefined) return objection;
        size += key.length;
        pending.push({ value: member, depth: depth + 1 });
      }
    }
    if (size > MAX_SCHEMA_SIZE) return `the schema is larger than ${MAX_SCHEMA_SIZE} characters`;
  }
  return undefined;
}

function objectionToMember(key: string, member: unknown): string | undefined {
  if ((key === '$ref' || key === '$dynamicRef') && typeof member === 'string' && !member.startsWith('#')) {
    return 'the schema refers to another document';
  }
  // Would make the check a promise.
  return key === '$async' ? 'the schema is asynchronous' : undefined;
}
