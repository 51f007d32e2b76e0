import type { IncomingHttpHeaders } from 'node:http';

/** What a client's headers say of the cache. */
export interface CacheWishes {
  /** A kept answer will do. */
  readonly read: boolean;
  /** The answer may be kept. */
  readonly store: boolean;
  /** Oldest answer that will do, milliseconds. */
  readonly maxAge: number;
  /** Names under which the answer can be purged. */
  readonly tags: readonly string[];
}

const TAG = /^[\x21-\x2b\x2d-\x7e]{1,64}$/;
const MOST_TAGS = 16;
const MAX_AGE = /^max-age\s*=\s*"?(\d{1,10})"?$/;

/** The usual request: `cache-control` and tags absent. */
const PLAIN: CacheWishes = Object.freeze({
  read: true,
  store: true,
  maxAge: Number.POSITIVE_INFINITY,
  tags: Object.freeze([]),
});

/**
 * Reads `cache-control` (RFC 9111, 5.2.1: `no-store`, `no-cache`, `max-age`; other directives say nothing here) and
 * `x-breakwater-cache-tag` (up to 16 names, separated by commas; what is no name is passed over).
 */
export function cacheWishes(headers: IncomingHttpHeaders): CacheWishes {
  const control = headers['cache-control'];
  const tagged = headers['x-breakwater-cache-tag'];
  if (control === undefined && tagged === undefined) return PLAIN;
  const wishes = { read: true, store: true, maxAge: Number.POSITIVE_INFINITY, tags: tagsOf(tagged) };
  for (const directive of (control ?? '').toLowerCase().split(',')) {
    const word = directive.trim();
    if (word === 'no-store') wishes.store = false;
    if (word === 'no-store' || word === 'no-cache') wishes.read = false;
    const age = MAX_AGE.exec(word)?.[1];
    if (age !== undefined) wishes.maxAge = Math.min(wishes.maxAge, Number(age) * 1000);
  }
  return wishes;
}

function tagsOf(header: string | string[] | undefined): readonly string[] {
  if (header === undefined) return PLAIN.tags;
  const names = String(header)
    .split(',')
    .map((name) => name.trim())
    .filter((name) => TAG.test(name));
  return [...new Set(names)].slice(0, MOST_TAGS);
}
