import type { Conversation } from '../../dialects/conversation/request.ts';
import { isRecord, parseJsonText } from '../../failures/json-record.ts';
import { SchemaCache } from '../../failures/schema-cache.ts';
import type { Doubt } from './doubt.ts';
import type { Said } from './verify.ts';

const SCHEMAS = new SchemaCache(256);

/** Whether an answer that was to be JSON is, and fits its schema. A call stands where the JSON would. */
export function doubtAboutJson({ format }: Conversation, { text, calls }: Said): Doubt | undefined {
  if (format === undefined || calls.length > 0) return undefined;
  const value = parseJsonText(text);
  if (value === undefined || (format.kind === 'json' && !isRecord(value))) return NOT_JSON;
  if (format.kind === 'json') return undefined;
  return SCHEMAS.check(format.schema, value).kind === 'invalid' ? MISMATCH : undefined;
}

const NOT_JSON: Doubt = { code: 'not-json', message: 'The answer is not the JSON that was asked for.' };
const MISMATCH: Doubt = { code: 'schema', message: 'The answer does not match the schema asked for.' };
