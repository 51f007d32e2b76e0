import type { Timer } from '../clock.ts';
import type { Exchange } from './exchange.ts';
import type { Runtime } from './runtime.ts';

/** Silence after which a client, or a middlebox on the way, is told that the answer is still coming. */
const COMMENT_EVERY_MS = 10_000;

/**
 * While a streamed answer is held back until it is whole (`commit: complete`, or a cheap model's that is looked at), SSE comments keep the connection alive. The first one
 * commits the status to 200; before it a failure still has its own. Returns what stops it.
 */
export function keepWaiting(exchange: Exchange, runtime: Runtime): () => void {
  const held = exchange.cascade?.plan !== undefined || exchange.chain.model.stream.commit === 'complete';
  if (!exchange.call.stream || !held) return () => undefined;
  const { clock } = runtime;
  let timer: Timer | undefined;
  const comment = () => {
    exchange.client.keepAlive([
      'content-type',
      'text/event-stream; charset=utf-8',
      'cache-control',
      'no-cache',
      'x-breakwater-request-id',
      exchange.id,
    ]);
    timer = clock.setTimeout(comment, COMMENT_EVERY_MS);
  };
  timer = clock.setTimeout(comment, COMMENT_EVERY_MS);
  return () => clock.clearTimeout(timer);
}
