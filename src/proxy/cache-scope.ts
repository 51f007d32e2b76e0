import { exactKey, routeFingerprint, type ScopedRequest, type ScopeOwner, type ScopeRoute } from '../cache/scope.ts';
import { scopedHeaders } from '../cache/scoped-headers.ts';
import type { Chain } from './chain.ts';
import { clientAuthorization } from './client-authorization.ts';
import type { Exchange } from './exchange.ts';
import { routeCacheOf } from './route-cache.ts';
import type { Runtime } from './runtime.ts';

/** A request in the terms of scopes. */
export interface Scoped {
  readonly owner: ScopeOwner;
  readonly route: ScopeRoute;
  readonly request: ScopedRequest;
}

/** Worked out once for each chain. A changed epoch or provider makes new chains. */
const fingerprints = new WeakMap<Chain, string>();

/** Whose request it is and of what, for the exact cache and the semantic one. */
export function scopeOf(exchange: Exchange, runtime: Runtime): Scoped {
  const { call, endpoint } = exchange;
  return {
    owner: ownerOf(exchange, runtime, routeCacheOf(exchange).perUser),
    route: { endpoint, fingerprint: fingerprintFor(exchange, runtime.config.cache.epoch) },
    request: { body: call.body, headers: scopedHeaders(exchange.rawHeaders) },
  };
}

/** @param perUser users do not share */
export function ownerOf(exchange: Exchange, runtime: Runtime, perUser: boolean): ScopeOwner {
  const { account, chain, cascade } = exchange;
  const rungs = cascade?.plan === undefined ? chain.rungs : [...cascade.plan.cheap.rungs, ...chain.rungs];
  const passesOn = rungs.some(({ provider }) => provider.passthrough);
  return {
    tenant: account?.identity.tenant.name,
    user: perUser ? userOf(exchange) : undefined,
    credential: passesOn ? clientAuthorization(exchange, runtime) : undefined,
  };
}

/** Who the client says its user is; undefined: it says nothing. */
export function userOf({ account, headers }: Exchange): string | undefined {
  if (account !== undefined) return account.identity.user;
  const named = headers['x-breakwater-user'];
  return typeof named === 'string' && named !== '' ? named : undefined;
}

export function keyOf({ owner, route, request }: Scoped, secret: Buffer): string {
  return exactKey(secret, owner, route, request);
}

/** Of a pair, where the answer may be of either: whoever names one of them must not get the other's. */
function fingerprintFor({ cascade, chain }: Exchange, epoch: string): string {
  const plan = cascade?.plan;
  return plan === undefined
    ? fingerprintOf(chain, epoch)
    : JSON.stringify([fingerprintOf(plan.cheap, epoch), fingerprintOf(plan.strong, epoch)]);
}

function fingerprintOf(chain: Chain, epoch: string): string {
  let known = fingerprints.get(chain);
  if (known === undefined) {
    const targets = chain.rungs.map(({ target, provider }) => ({ id: target.id, address: provider.baseUrl }));
    known = routeFingerprint(chain.model.name, targets, epoch);
    fingerprints.set(chain, known);
  }
  return known;
}
