import type { Failure } from '../failures/failure.ts';
import { cacheLookup, standIn } from './cache-lookup.ts';
import { cacheStore } from './cache-store.ts';
import { compaction } from './compaction.ts';
import { dispatch, mayStandIn } from './dispatch.ts';
import type { Exchange } from './exchange.ts';
import { keepWaiting } from './keep-waiting.ts';
import { letBodiesGo } from './let-bodies-go.ts';
import { planCascade } from './plan-cascade.ts';
import { relay } from './relay.ts';
import { sendFailure } from './replies.ts';
import { reserve } from './reserve.ts';
import type { Runtime } from './runtime.ts';
import { settle } from './settle.ts';

/**
 * The way of every request, in order. `receive.ts` has made the exchange: the body's bytes, what they ask for, the chain of
 * targets, the deadline; where a policy chose the model and has a cascade, it is planned first (`plan-cascade.ts`).
 *
 *   receive -> cache -> compaction -> reserve -> dispatch -> relay -> settle
 *
 * - cache: an answer that was given before, to the same request or under the same idempotency key, is given again (`cache-lookup.ts`)
 * - compaction: where its agent wants that, older turns of a long conversation give way to a summary (`compaction.ts`)
 * - reserve: for a tenant's request, the most it can cost is held in all its budgets, or it goes no further
 * - dispatch: down the chain, target by target, until one answers (`ask-rung.ts` -> `rung-loop.ts` -> `try-target.ts`); a cascade
 *   asks a cheap model before, and looks at what it says (`cascade.ts`)
 * - relay: the answer to the client, whole or event by event; what breaks midway is mended or said
 * - settle: whatever happened, once: what was used is charged, log, metrics
 */
export async function serve(exchange: Exchange, runtime: Runtime): Promise<void> {
  runtime.exchanges.add(exchange);
  const { cache } = runtime;
  planCascade(exchange, runtime);
  const stopWaiting = keepWaiting(exchange, runtime);
  try {
    const found = cache === undefined ? undefined : await cacheLookup(exchange, runtime, cache);
    if (found === 'answered') return;
    const admission = found ?? admitted(exchange, runtime);
    const refused = admission instanceof Promise ? await admission : admission;
    if (refused !== undefined) {
      if (!mayAskCacheOnly(exchange, refused) || !(await standIn(exchange, runtime)))
        sendFailure(exchange, runtime, refused);
      return;
    }
    const delivery = await dispatch(exchange, runtime).finally(stopWaiting);
    if (delivery.kind !== 'answer' && mayStandIn(delivery.failure, exchange) && (await standIn(exchange, runtime)))
      return;
    await relay(exchange, runtime, delivery);
  } finally {
    stopWaiting();
    settle(exchange, runtime);
    if (cache !== undefined) cacheStore(exchange, runtime, cache);
    runtime.shadows?.settled(exchange);
    letBodiesGo(exchange, runtime);
  }
}

/** Over its budget, where the policy says `cache-only`, a request gets what is kept, fresh or not. */
function mayAskCacheOnly({ account }: Exchange, { code }: Failure): boolean {
  return code === 'budget_exceeded' && account?.identity.policy.over === 'cache-only';
}

/** Whether a tenant's request may go on, and its money is held: for what will be sent, so it is made short before. */
function admitted(exchange: Exchange, runtime: Runtime): Promise<Failure | undefined> | Failure | undefined {
  const { tenancy } = runtime;
  if (tenancy === undefined || exchange.account === undefined) return undefined;
  const looping = tenancy.checkLoop(exchange);
  if (looping !== undefined) return looping;
  return compaction(exchange, runtime, tenancy)?.then(() => reserve(exchange, tenancy)) ?? reserve(exchange, tenancy);
}
