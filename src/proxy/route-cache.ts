import type { RouteCache } from '../config/cache-config.ts';
import type { CascadePlan } from './cascade-visit.ts';
import type { Exchange } from './exchange.ts';

/** How the answer to a request may be kept. Of a cascade, whose answer may be of either model: only as both routes allow. */
export function routeCacheOf({ cascade, chain }: Exchange): RouteCache {
  const plan = cascade?.plan;
  return plan === undefined ? chain.model.cache : ofBoth(plan);
}

function ofBoth({ cheap, strong }: CascadePlan): RouteCache {
  const one = cheap.model.cache;
  const other = strong.model.cache;
  return {
    exact: one.exact && other.exact,
    ttl: Math.min(one.ttl, other.ttl),
    perUser: one.perUser || other.perUser,
    coalesce: one.coalesce && other.coalesce,
    staleIfError: least(one.staleIfError, other.staleIfError),
    semantic: one.semantic && other.semantic,
  };
}

function least(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined ? undefined : Math.min(one, other);
}
