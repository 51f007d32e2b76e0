import type * as z from 'zod';
import type { ConfigDocument } from './document.ts';
import { configSchema, type JsonSchema } from './json-schema.ts';
import { isLater } from './later.ts';
import { isSecret, type Path } from './path.ts';
import { didYouMean, nearest } from './suggest.ts';

/** Puts what the schema refused into words, at the places where it is written. */
export function reportIssues(document: ConfigDocument, issues: readonly z.core.$ZodIssue[]): void {
  for (const issue of issues) {
    const path = asWritten(
      document,
      issue.path.filter((part) => typeof part !== 'symbol'),
    );
    if (issue.code === 'unrecognized_keys') reportUnknown(document, path, issue.keys);
    else document.report(path, message(document, path, issue));
  }
}

function message(document: ConfigDocument, path: Path, issue: z.core.$ZodIssue): string {
  const value = valueAt(document.value, path);
  if (value === undefined) return 'is missing';
  if (issue.code === 'invalid_type')
    return `${value === null ? 'is empty: expected' : 'expected'} ${shape(issue.expected, path)}${got(value)}`;
  if (issue.code === 'too_small') return 'is empty: write at least one entry';
  // The advice on a missing unit repeats the number, and this one came out of a variable.
  if (document.isInterpolated(path) && issue.message.includes('needs a unit')) {
    return `${document.shown(path, value)}: needs a unit, such as "3s" or "32MiB"`;
  }
  const shown = value === null || typeof value === 'object' ? undefined : document.shown(path, value);
  return shown === undefined || value === '' ? issue.message : `${shown}: ${issue.message}`;
}

function shape(expected: string, path: Path): string {
  if (expected === 'array') return 'a list';
  // A model or a provider may be all defaults.
  return path.length === 2 && path[0] === 'providers'
    ? 'a mapping; write {} for a preset that needs no more'
    : 'a mapping';
}

function got(value: unknown): string {
  if (value === null) return '';
  if (Array.isArray(value)) return ', got a list';
  if (typeof value === 'object') return ', got a mapping';
  return typeof value === 'string' ? ', got text' : `, got a ${typeof value}`;
}

/** The path in the file: the schema takes a lone item for a list of one, and then counts an index that is not written. */
function asWritten(document: ConfigDocument, path: Path): Path {
  const written: (string | number)[] = [];
  for (const part of path) {
    if (typeof part === 'number' && !Array.isArray(valueAt(document.value, written))) continue;
    written.push(part);
  }
  return written;
}

function reportUnknown(document: ConfigDocument, path: Path, keys: readonly string[]): void {
  const known = Object.keys(propertiesAt(path));
  for (const key of keys) {
    const place = [...path, key];
    if (isLater(place)) {
      document.reportKey(place, 'not available in this version');
      continue;
    }
    // An unknown key with no value may be a secret in the wrong place: `openai: {sk-...}`.
    const valueless = valueAt(document.value, place) === null && nearest(key, known) === undefined;
    const hidden = valueless || isSecret(place);
    const hint = didYouMean(key, known) || ` Known here: ${known.join(', ')}`;
    document.reportKey(place, `unknown option.${hint}`, hidden ? path : place);
  }
}

/** The options the schema knows at a place: read from the JSON Schema, which is plain data. */
function propertiesAt(path: Path): Readonly<Record<string, unknown>> {
  let schema = configSchema();
  for (const part of path) {
    const inner =
      typeof part === 'number'
        ? listForm(schema).items
        : (field(objectForm(schema).properties, part) ?? schema.additionalProperties);
    if (!isSchema(inner)) return {};
    schema = inner;
  }
  const properties = objectForm(schema).properties;
  return isSchema(properties) ? properties : {};
}

function objectForm(schema: JsonSchema): JsonSchema {
  const forms = schema.anyOf;
  if (!Array.isArray(forms)) return schema;
  return forms.find((form) => isSchema(form) && 'properties' in form) ?? schema;
}

function listForm(schema: JsonSchema): JsonSchema {
  const forms = schema.anyOf;
  if (!Array.isArray(forms)) return schema;
  return forms.find((form) => isSchema(form) && 'items' in form) ?? schema;
}

function field(of: unknown, name: string): unknown {
  return isSchema(of) && Object.hasOwn(of, name) ? of[name] : undefined;
}

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function valueAt(value: unknown, path: Path): unknown {
  let current = value;
  for (const part of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = Object.hasOwn(current, part) ? Reflect.get(current, part) : undefined;
  }
  return current;
}
