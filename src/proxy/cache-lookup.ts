import type { AnswerCache } from '../cache/answer-cache.ts';
import { cacheWishes } from '../cache/client-wishes.ts';
import { isKept } from '../cache/exact/finished.ts';
import { chatDialect } from '../dialects/endpoint.ts';
import type { Failure } from '../failures/failure.ts';
import { ownFailure } from '../failures/own-errors.ts';
import { keyOf, scopeOf } from './cache-scope.ts';
import { CacheVisit } from './cache-visit.ts';
import type { Exchange } from './exchange.ts';
import { idempotencyKey, underKey } from './idempotent.ts';
import { routeCacheOf } from './route-cache.ts';
import type { Runtime } from './runtime.ts';
import { semanticLookup } from './semantic-lookup.ts';
import { sendKept } from './send-kept.ts';

/** The answer is on its way to the client; or why there is none; undefined: nothing is known, the request goes on. */
export type Found = 'answered' | Failure | undefined;

/** A call that others waited for and that failed is repeated by one of them, so often; after that each asks by itself. */
const MOST_LEADERS = 3;

/** The stage `cache`: looks for an answer that was given before, to this idempotency key or to the same request. Never rejects. */
export async function cacheLookup(exchange: Exchange, runtime: Runtime, cache: AnswerCache): Promise<Found> {
  try {
    return await lookup(exchange, runtime, cache);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    runtime.telemetry.cacheTrouble('read', reason, runtime.clock.now());
    return exchange.client.headersSent ? 'answered' : undefined;
  }
}

async function lookup(exchange: Exchange, runtime: Runtime, cache: AnswerCache): Promise<Found> {
  const { headers, account } = exchange;
  const key = cache.terms.idempotencyTtl === undefined ? undefined : idempotencyKey(headers);
  const kept = isKept(exchange.endpoint) && (routeCacheOf(exchange).exact || looksNear(exchange, runtime));
  if (!kept && key === undefined) return undefined;
  if (typeof key === 'object') return key;
  // What is kept costs nothing and reserves nothing: who is paused would get it else.
  const paused = account === undefined ? undefined : runtime.tenancy?.pauses.find(account.identity);
  const refused = paused instanceof Promise ? await paused : paused;
  if (refused !== undefined) return refused;
  const visit = new CacheVisit(account?.identity.tenant.name ?? '', cacheWishes(headers), cache.terms.maxEntry);
  exchange.cache = visit;
  const known = key === undefined ? undefined : await underKey(exchange, runtime, cache, visit, key);
  if (known !== undefined) return known;
  return kept ? keptAnswer(exchange, runtime, cache, visit) : undefined;
}

/** A kept answer that is no longer fresh, in place of none: what the route's `fallback.cache` allows. True: it was sent. */
export async function standIn(exchange: Exchange, runtime: Runtime): Promise<boolean> {
  const { cache: visit, chain } = exchange;
  const { staleIfError } = routeCacheOf(exchange);
  if (runtime.cache === undefined || visit?.key === undefined || staleIfError === undefined || !visit.wishes.read)
    return false;
  const entry = await runtime.cache.find(visit.tenant, visit.key);
  const age = entry === undefined ? 0 : runtime.clock.now() - entry.createdAt;
  if (entry === undefined || age > staleIfError || age > visit.wishes.maxAge) return false;
  const sent = sendKept(exchange, runtime, visit, entry, 'stale');
  if (sent) runtime.telemetry.cacheAsked(chain.model.name, 'stale');
  return sent;
}

async function keptAnswer(exchange: Exchange, runtime: Runtime, cache: AnswerCache, visit: CacheVisit): Promise<Found> {
  const { model } = exchange.chain;
  const near = looksNear(exchange, runtime) ? runtime.semantic : undefined;
  const { wishes } = visit;
  const scoped = scopeOf(exchange, runtime);
  const reason =
    bypassed(exchange, visit, routeCacheOf(exchange).perUser && scoped.owner.user === undefined) ??
    (near !== undefined || looksExact(exchange) ? undefined : 'policy');
  if (reason !== undefined) {
    visit.header = `bypass; reason=${reason}`;
    runtime.telemetry.cacheAsked(model.name, 'bypass');
    return undefined;
  }
  const key = keyOf(scoped, cache.secret);
  visit.key = key;
  visit.user = scoped.owner.user;
  if (!wishes.read) {
    visit.header = 'bypass; reason=no-cache';
    runtime.telemetry.cacheAsked(model.name, 'bypass');
    if (near !== undefined) await semanticLookup(exchange, runtime, near, visit);
    return undefined;
  }
  const found = looksExact(exchange) ? cache.find(visit.tenant, key) : undefined;
  const entry = found instanceof Promise ? await found : found;
  const now = runtime.clock.now();
  if (entry !== undefined && now < entry.freshUntil && now - entry.createdAt <= wishes.maxAge) {
    if (sendKept(exchange, runtime, visit, entry, 'fresh')) {
      runtime.telemetry.cacheAsked(model.name, 'hit');
      return 'answered';
    }
  }
  visit.header = 'miss';
  if (near !== undefined && (await semanticLookup(exchange, runtime, near, visit))) return 'answered';
  const shared = routeCacheOf(exchange).coalesce ? await sharedCall(exchange, runtime, cache, visit, key) : undefined;
  if (shared === undefined) runtime.telemetry.cacheAsked(model.name, 'miss');
  return shared;
}

function looksExact(exchange: Exchange): boolean {
  const { account } = exchange;
  return routeCacheOf(exchange).exact && account?.identity.policy.cache.exact !== false;
}

/** Whether answers to near questions will do. */
function looksNear(exchange: Exchange, { semantic }: Runtime): boolean {
  const { account, endpoint } = exchange;
  return (
    semantic !== undefined &&
    routeCacheOf(exchange).semantic !== undefined &&
    account?.identity.policy.cache.semantic !== false &&
    chatDialect(endpoint) !== undefined
  );
}

/** Why the cache is left out; undefined: it is not. */
function bypassed({ call, endpoint }: Exchange, { wishes }: CacheVisit, nobody: boolean): string | undefined {
  if (!wishes.store) return 'no-store';
  if (nobody) return 'no-user';
  // The call changes what the provider keeps, or is answered later: giving its answer again would not do the same.
  const stateful =
    endpoint === 'responses' && (says(call.body.kind('conversation')) || call.body.value('background') === true);
  return stateful ? 'stateful' : undefined;
}

function says(kind: string | undefined): boolean {
  return kind !== undefined && kind !== 'null';
}

/** Waits for the same call where one is under way; else this request's becomes the one that others wait for. */
async function sharedCall(
  exchange: Exchange,
  runtime: Runtime,
  cache: AnswerCache,
  visit: CacheVisit,
  key: string,
): Promise<Found> {
  const { cancellation, deadlineAt, chain } = exchange;
  for (let leaders = 0; leaders < MOST_LEADERS; leaders++) {
    const flight = cache.flights.get(key);
    if (flight === undefined) {
      visit.flight = cache.flights.lead(key);
      return undefined;
    }
    const end = await flight.wait(runtime.clock, deadlineAt, cancellation);
    if (end === undefined) return gaveUp(exchange);
    if (end.kind === 'unshared') return undefined;
    if (end.kind === 'answer' && sendKept(exchange, runtime, visit, end.entry, 'coalesced')) {
      runtime.telemetry.cacheAsked(chain.model.name, 'coalesced');
      return 'answered';
    }
  }
  return undefined;
}

/** Why a request that waited for another one's answer has none. */
export function gaveUp({ cancellation }: Exchange): Failure {
  switch (cancellation.reason) {
    case undefined:
      return ownFailure('deadline_exceeded', 'the deadline passed while the same request was under way');
    case 'shutdown':
      return ownFailure('draining', 'the proxy was shut down before the answer came');
    default:
      return {
        class: 'client_cancelled',
        origin: 'client',
        code: 'client_gone',
        message: 'the client closed the connection',
        maybeBilled: false,
      };
  }
}
