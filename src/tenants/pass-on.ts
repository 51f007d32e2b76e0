import type { IncomingHttpHeaders } from 'node:http';
import type { KeySource } from './client-key.ts';
import type { KeyLookup } from './identify.ts';

/** A key as {@link makeKey} makes them, good or no longer. */
const OURS = /^bw_[0-9A-Za-z]{40}$/;

/**
 * The client's own `Authorization`, for a provider that has no key of ours. None but a client that sends its key for this proxy as
 * `x-breakwater-key` has one: else what stands there is that key, and would be shown to a provider. Nor does a key of this proxy go
 * upstream that a client sends in both places.
 *
 * @param source where the client's key stood; undefined: nobody is asked for one
 */
export function authorizationToPassOn(
  headers: IncomingHttpHeaders,
  source: KeySource | undefined,
  keys: KeyLookup,
): string | undefined {
  if (source !== undefined && source !== 'x-breakwater-key') return undefined;
  const plain = headers['x-api-key'];
  const authorization = headers.authorization ?? (typeof plain === 'string' ? `Bearer ${plain}` : undefined);
  if (source === undefined || authorization === undefined) return authorization;
  const token = authorization.replace(/^\S+ +/, '').trim();
  return OURS.test(token) || keys.find(token) !== undefined ? undefined : authorization;
}
