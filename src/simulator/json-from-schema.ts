import { mix } from './words.ts';

type Schema = Readonly<Record<string, unknown>>;

/** Beyond this depth only what is required is made, so that a schema that refers to itself ends. */
const MAX_DEPTH = 8;

/** A schema that requires itself has no finite value: it ends in null. */
const LAST_DEPTH = 32;

/**
 * A value that fits a JSON Schema, as a model with structured output would give it: types, `enum`, `const`, required and
 * optional properties, arrays, `anyOf`/`oneOf`/`allOf`, local `$ref`, common string formats, lengths and bounds. `pattern`
 * is ignored. The seed decides the value.
 */
export function jsonFromSchema(schema: unknown, seed: number): unknown {
  return new Generator(schema, seed).value(schema, 0);
}

class Generator {
  readonly #root: unknown;
  readonly #seed: number;
  #drawn = 0;

  constructor(root: unknown, seed: number) {
    this.#root = root;
    this.#seed = seed;
  }

  value(raw: unknown, depth: number): unknown {
    if (depth > LAST_DEPTH) return null;
    const schema = this.#resolve(raw);
    if ('const' in schema) return schema.const;
    if (Array.isArray(schema.enum)) return schema.enum[this.#draw(schema.enum.length)];
    const choices = schema.anyOf ?? schema.oneOf;
    if (Array.isArray(choices)) {
      return this.value(depth < MAX_DEPTH ? choices[0] : (choices.find(isLeaf) ?? choices[0]), depth + 1);
    }
    if (Array.isArray(schema.allOf)) {
      const parts = schema.allOf.map((part) => this.#resolve(part));
      return this.value(mergeAll(schema, parts), depth + 1);
    }
    switch (typeOf(schema)) {
      case 'object':
        return this.#object(schema, depth);
      case 'array':
        return this.#array(schema, depth);
      case 'string':
        return this.#string(schema);
      case 'integer':
        return Math.round(this.#number(schema, 1));
      case 'number':
        return this.#number(schema, 0.5);
      case 'boolean':
        return this.#draw(2) === 1;
      default:
        return null;
    }
  }

  #object(schema: Schema, depth: number): Record<string, unknown> {
    const required = new Set(Array.isArray(schema.required) ? schema.required : []);
    const object: Record<string, unknown> = {};
    for (const [name, property] of Object.entries(asSchema(schema.properties))) {
      if (depth < MAX_DEPTH || required.has(name)) object[name] = this.value(property, depth + 1);
    }
    return object;
  }

  #array(schema: Schema, depth: number): unknown[] {
    const prefix = Array.isArray(schema.prefixItems) ? schema.prefixItems : [];
    const least = numberOr(schema.minItems, prefix.length);
    const length = Math.min(
      depth < MAX_DEPTH ? Math.max(least, 2) : least,
      numberOr(schema.maxItems, Number.POSITIVE_INFINITY),
    );
    return Array.from({ length }, (_, i) => this.value(prefix[i] ?? schema.items ?? {}, depth + 1));
  }

  #string(schema: Schema): string {
    const n = this.#draw(1000);
    const text = FORMATS[String(schema.format)]?.(n) ?? `text ${n}`;
    const padded = text.padEnd(numberOr(schema.minLength, 0), 'x');
    return padded.slice(0, numberOr(schema.maxLength, padded.length));
  }

  #number(schema: Schema, step: number): number {
    const unit = numberOr(schema.multipleOf, step);
    const above = typeof schema.exclusiveMinimum === 'number' ? schema.exclusiveMinimum + unit : undefined;
    const below = typeof schema.exclusiveMaximum === 'number' ? schema.exclusiveMaximum - unit : undefined;
    const least = numberOr(schema.minimum, above ?? Math.min(0, numberOr(schema.maximum, below ?? 0)));
    const first = Math.ceil(least / unit);
    const last = Math.floor(numberOr(schema.maximum, below ?? (first + 100) * unit) / unit);
    return (first + this.#draw(Math.max(1, last - first + 1))) * unit;
  }

  #resolve(raw: unknown): Schema {
    let schema = asSchema(raw);
    for (let hops = 0; typeof schema.$ref === 'string' && hops < 16; hops++) schema = asSchema(this.#at(schema.$ref));
    return schema;
  }

  /** Follows a local reference: `#`, `#/$defs/node`. */
  #at(ref: string): unknown {
    let node: unknown = this.#root;
    for (const part of ref.split('/').slice(1)) {
      node = asSchema(node)[decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')];
    }
    return node;
  }

  #draw(below: number): number {
    return mix(this.#seed, this.#drawn++) % below;
  }
}

const FORMATS: Readonly<Record<string, (n: number) => string>> = {
  'date-time': (n) => new Date(1_700_000_000_000 + n * 86_400_000).toISOString(),
  date: (n) => new Date(1_700_000_000_000 + n * 86_400_000).toISOString().slice(0, 10),
  time: () => '12:00:00Z',
  email: (n) => `user${n}@example.com`,
  hostname: () => 'example.com',
  ipv4: (n) => `192.0.2.${n % 256}`,
  uri: (n) => `https://example.com/${n}`,
  uuid: (n) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
};

function asSchema(value: unknown): Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Schema) : {};
}

function typeOf(schema: Schema): unknown {
  if (Array.isArray(schema.type)) return schema.type.find((type) => type !== 'null') ?? 'null';
  if (schema.type !== undefined) return schema.type;
  if (schema.properties !== undefined) return 'object';
  return schema.items === undefined ? 'string' : 'array';
}

function isLeaf(schema: unknown): boolean {
  const { type } = asSchema(schema);
  return type !== undefined && type !== 'object' && type !== 'array';
}

function mergeAll(schema: Schema, parts: readonly Schema[]): Schema {
  const { allOf: _, ...own } = schema;
  const all = [own, ...parts];
  return {
    ...Object.assign({}, ...all),
    properties: Object.assign({}, ...all.map((part) => asSchema(part.properties))),
    required: all.flatMap((part) => (Array.isArray(part.required) ? part.required : [])),
  };
}

function numberOr<T extends number>(value: unknown, otherwise: T): number {
  return typeof value === 'number' ? value : otherwise;
}
