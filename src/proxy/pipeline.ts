import { dispatch } from './dispatch.ts';
import type { Exchange } from './exchange.ts';
import { keepWaiting } from './keep-waiting.ts';
import { relay } from './relay.ts';
import type { Runtime } from './runtime.ts';
import { settle } from './settle.ts';

/**
 * The way of every request, in order. `receive.ts` has made the exchange: the body's bytes, what they ask for, the chain of
 * targets, the deadline.
 *
 *   receive -> dispatch -> relay -> settle
 *
 * - dispatch: down the chain, target by target, until one answers (`ask-rung.ts` -> `rung-loop.ts` -> `try-target.ts`)
 * - relay: the answer to the client, whole or event by event; what breaks midway is mended or said
 * - settle: whatever happened, once: log, metrics
 */
export async function serve(exchange: Exchange, runtime: Runtime): Promise<void> {
  runtime.exchanges.add(exchange);
  const stopWaiting = keepWaiting(exchange, runtime);
  try {
    const delivery = await dispatch(exchange, runtime).finally(stopWaiting);
    await relay(exchange, runtime, delivery);
  } finally {
    settle(exchange, runtime);
  }
}
