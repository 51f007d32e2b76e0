import { isRecord } from '../../failures/json-record.ts';

/**
 * Whether OpenAI takes the schema as a strict one: every object closed and all its properties required. A schema that does not fit is
 * refused, so where the source has no such rule strictness is asked for only where it can be had.
 */
export function fitsStrict(schema: unknown): boolean {
  if (Array.isArray(schema)) return schema.every(fitsStrict);
  if (!isRecord(schema)) return true;
  const { properties, required, additionalProperties } = schema;
  if (schema.type === 'object' || properties !== undefined) {
    if (additionalProperties !== false) return false;
    const names = isRecord(properties) ? Object.keys(properties) : [];
    const demanded: readonly unknown[] = Array.isArray(required) ? required : [];
    if (!names.every((name) => demanded.includes(name))) return false;
  }
  return Object.entries(schema).every(([key, value]) => {
    if (NAMED.has(key)) return !isRecord(value) || Object.values(value).every(fitsStrict);
    return !NESTED.has(key) || fitsStrict(value);
  });
}

const NAMED = new Set(['properties', '$defs', 'definitions']);
const NESTED = new Set(['items', 'anyOf', 'allOf', 'oneOf', 'prefixItems']);
