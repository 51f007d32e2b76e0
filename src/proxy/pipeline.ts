import type { Failure } from '../failures/failure.ts';
import { dispatch } from './dispatch.ts';
import type { Exchange } from './exchange.ts';
import { keepWaiting } from './keep-waiting.ts';
import { relay } from './relay.ts';
import { sendFailure } from './replies.ts';
import { reserve } from './reserve.ts';
import type { Runtime } from './runtime.ts';
import { settle } from './settle.ts';

/**
 * The way of every request, in order. `receive.ts` has made the exchange: the body's bytes, what they ask for, the chain of
 * targets, the deadline.
 *
 *   receive -> reserve -> dispatch -> relay -> settle
 *
 * - reserve: for a tenant's request, the most it can cost is held in all its budgets, or it goes no further
 * - dispatch: down the chain, target by target, until one answers (`ask-rung.ts` -> `rung-loop.ts` -> `try-target.ts`)
 * - relay: the answer to the client, whole or event by event; what breaks midway is mended or said
 * - settle: whatever happened, once: what was used is charged, log, metrics
 */
export async function serve(exchange: Exchange, runtime: Runtime): Promise<void> {
  runtime.exchanges.add(exchange);
  const stopWaiting = keepWaiting(exchange, runtime);
  try {
    const refused = await admitted(exchange, runtime);
    if (refused !== undefined) {
      stopWaiting();
      sendFailure(exchange, runtime, refused);
      return;
    }
    const delivery = await dispatch(exchange, runtime).finally(stopWaiting);
    await relay(exchange, runtime, delivery);
  } finally {
    settle(exchange, runtime);
  }
}

/** Whether a tenant's request may go on, and its money is held. */
function admitted(exchange: Exchange, { tenancy }: Runtime): Promise<Failure | undefined> | Failure | undefined {
  if (tenancy === undefined || exchange.account === undefined) return undefined;
  return tenancy.checkLoop(exchange) ?? reserve(exchange, tenancy);
}
