import { isRecord, type JsonRecord } from '../../failures/json-record.ts';

/** Members of a schema that hold schemas by name, and that hold one or a list. Names of properties are not keywords. */
const NAMED = new Set(['properties', '$defs', 'definitions']);
const NESTED = new Set(['items', 'anyOf', 'allOf', 'oneOf', 'prefixItems']);

/**
 * The schema with `additionalProperties: false` wherever an object does not say: Anthropic's structured output demands it. It only
 * narrows: every answer that fits the closed schema fits the open one.
 */
export function closeSchema(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closeSchema);
  if (!isRecord(schema)) return schema;
  const members = Object.entries(schema).map(([key, value]) => {
    if (NAMED.has(key) && isRecord(value)) return [key, mapValues(value)];
    return [key, NESTED.has(key) ? closeSchema(value) : value];
  });
  const isObject = schema.type === 'object' || isRecord(schema.properties);
  if (isObject && schema.additionalProperties === undefined) members.push(['additionalProperties', false]);
  return Object.fromEntries(members);
}

function mapValues(schemas: JsonRecord): JsonRecord {
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, closeSchema(schema)]));
}
