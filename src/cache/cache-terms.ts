import type { Config } from '../config/config.ts';
import type { CacheTerms } from './answer-cache.ts';

/** Whether anything of a configuration needs a cache at all. */
export function usesCache({ cache, defaults, models }: Config): boolean {
  return (
    cache.idempotency !== undefined ||
    defaults.cache.exact ||
    [...models.values()].some((model) => model.cache.exact || model.cache.semantic !== undefined)
  );
}

export function cacheTerms({ cache, tenants }: Config): CacheTerms {
  const { maxBytes, perTenant, maxEntry, epoch, idempotency } = cache;
  // '' is whoever asks a proxy that wants no key.
  const names = ['', ...tenants.keys()];
  return { maxBytes, perTenant, maxEntry, epoch, tenants: names, idempotencyTtl: idempotency?.ttl };
}
