import { didYouMean } from '../config/suggest.ts';
import { ownFailure } from '../failures/own-errors.ts';
import { AdminRefused } from './administration.ts';

/** The fields of a query or a body, all of them texts. */
export type Fields<K extends string> = { readonly [N in K]?: string };

/**
 * Takes apart what an operator sent. What is not known is refused: a `tenent` that is passed over would be all tenants.
 *
 * @throws {AdminRefused}
 */
export function readFields<const K extends string>(input: unknown, known: readonly K[]): Fields<K> {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    throw new AdminRefused(ownFailure('wrong_type', 'expected a JSON object'));
  const fields: { [N in K]?: string } = {};
  for (const [name, value] of Object.entries(input)) {
    const field = known.find((one) => one === name);
    if (field === undefined) {
      const shown = name.length > 64 ? `${name.slice(0, 64)}...` : name;
      const all = known.length === 0 ? 'none are taken here' : `taken are ${known.join(', ')}`;
      const hint = didYouMean(name, known) || ` ${all[0]?.toUpperCase()}${all.slice(1)}.`;
      throw new AdminRefused(ownFailure('bad_request', `unknown field ${JSON.stringify(shown)}.${hint}`));
    }
    if (value === null) continue;
    if (typeof value !== 'string') throw new AdminRefused(ownFailure('wrong_type', `${name}: expected one text`, name));
    fields[field] = value;
  }
  return fields;
}

/** A field that must be there. @throws {AdminRefused} */
export function required<K extends string>(fields: Fields<K>, name: K): string {
  const value = fields[name];
  if (value === undefined || value === '') throw new AdminRefused(ownFailure('missing', `${name}: is missing`, name));
  return value;
}

/** A body of JSON; an empty one is an object without fields. @throws {AdminRefused} */
export function readJson(body: unknown): unknown {
  if (!(body instanceof Uint8Array) || body.length === 0) return {};
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (error) {
    if (!(error instanceof SyntaxError) && !(error instanceof TypeError)) throw error;
    throw new AdminRefused(ownFailure('invalid_json', 'the body is not valid JSON'));
  }
}

/** A number among texts; NaN where it is none, for whoever checks its range. */
export function numberIn(text: string | undefined): number | undefined {
  return text === undefined ? undefined : /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
}
