import type { IncomingHttpHeaders } from 'node:http';

/** Where a client's key for this proxy stood. */
export type KeySource = 'x-breakwater-key' | 'authorization' | 'x-api-key';

export interface SentKey {
  readonly key: string;
  readonly source: KeySource;
}

const BEARER = /^Bearer +(\S+)$/i;

/**
 * The key of a request: the first of the three places that holds one. A wrong key there is wrong; a second one is not tried, so that
 * what a client sends has one meaning.
 */
export function sentKey(headers: IncomingHttpHeaders): SentKey | undefined {
  const own = headers['x-breakwater-key'];
  if (typeof own === 'string' && own !== '') return { key: own, source: 'x-breakwater-key' };
  const bearer = headers.authorization === undefined ? undefined : BEARER.exec(headers.authorization)?.[1];
  if (bearer !== undefined) return { key: bearer, source: 'authorization' };
  const plain = headers['x-api-key'];
  return typeof plain === 'string' && plain !== '' ? { key: plain, source: 'x-api-key' } : undefined;
}
