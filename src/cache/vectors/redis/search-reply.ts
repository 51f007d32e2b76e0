export interface FoundDocument {
  readonly fields: ReadonlyMap<string, Buffer>;
}

/**
 * The answer to FT.SEARCH, texts as bytes. RESP2: the total, then keys and lists of fields and values in turn. RESP3: a map with `results`,
 * each a map with `extra_attributes`. @throws {TypeError} where it is neither
 */
export function readSearchReply(reply: unknown): readonly FoundDocument[] {
  if (Array.isArray(reply) && (typeof reply[0] === 'number' || typeof reply[0] === 'bigint')) return readList(reply);
  const results = asMap(reply).get('results');
  if (!Array.isArray(results)) throw new TypeError('FT.SEARCH answered in a form that is not known');
  return results.map((result) => ({ fields: readFields(asMap(result).get('extra_attributes')) }));
}

function readList(reply: readonly unknown[]): readonly FoundDocument[] {
  const found: FoundDocument[] = [];
  for (let i = 2; i < reply.length; i += 2) found.push({ fields: readFields(reply[i]) });
  return found;
}

function readFields(given: unknown): ReadonlyMap<string, Buffer> {
  const fields = new Map<string, Buffer>();
  for (const [name, value] of asMap(given)) if (Buffer.isBuffer(value)) fields.set(name, value);
  return fields;
}

/** Maps come as such, as objects, or as lists of names and values in turn. */
function asMap(given: unknown): ReadonlyMap<string, unknown> {
  if (given instanceof Map) return new Map([...given].map(([name, value]) => [String(name), value]));
  if (!Array.isArray(given)) return new Map(Object.entries(given ?? {}));
  const map = new Map<string, unknown>();
  for (let i = 0; i + 1 < given.length; i += 2) map.set(String(given[i]), given[i + 1]);
  return map;
}
