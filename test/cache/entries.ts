import type { CacheEntry } from '../../src/cache/store/cache-store.ts';

/** An entry to keep, with what a test wants of it. */
export function entryOf(key: string, more: Partial<CacheEntry> = {}): CacheEntry {
  const createdAt = more.createdAt ?? 1_000_000;
  return {
    key: key.padEnd(32, '_'),
    tenant: 'acme',
    model: 'smart',
    user: undefined,
    tags: [],
    epoch: '',
    target: 'a/m',
    createdAt,
    freshUntil: createdAt + 60_000,
    keepUntil: createdAt + 60_000,
    cost: 1_000,
    inputTokens: 5,
    cachedTokens: 3,
    outputTokens: 7,
    near: undefined,
    body: Buffer.from(`{"answer":"${key}"}`),
    ...more,
    ...(more.key === undefined ? {} : { key: more.key }),
  };
}

/** A body of so many bytes. */
export function bodyOf(bytes: number): Buffer {
  return Buffer.alloc(bytes, 0x20);
}
