import type { Endpoint } from '../dialects/endpoint.ts';
import { chatDialect } from '../dialects/endpoint.ts';
import { itemsOf } from '../dialects/json-fields.ts';
import { needsOf } from '../dialects/request-needs.ts';
import type { JsonRecord } from '../failures/json-record.ts';
import type { Rung } from './chain.ts';
import type { Exchange } from './exchange.ts';

const ENCRYPTED = 'reasoning.encrypted_content';

/**
 * The member of the client's request with the wish how much to reason, where the target is known to refuse it. Such a target can
 * answer all the same: it is asked without it. Undefined: nothing is to be left out. Translations leave it out by themselves.
 */
export function unheededWish({ endpoint, call }: Exchange, { target }: Rung, wire: Endpoint): string | undefined {
  const dialect = chatDialect(endpoint);
  if (target.capabilities.reasoning !== false || wire !== endpoint || dialect === undefined) return undefined;
  return needsOf(dialect, call.body, ['reasoning'])[0]?.field;
}

/** The request without it, and without what only makes sense beside it. */
export function withoutWish(json: JsonRecord, wish: string): JsonRecord {
  const { [wish]: _, ...rest } = json;
  const include = itemsOf(rest.include);
  if (!include.includes(ENCRYPTED)) return rest;
  return { ...rest, include: include.filter((item) => item !== ENCRYPTED) };
}
