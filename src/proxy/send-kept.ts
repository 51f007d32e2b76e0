import { replay } from '../cache/exact/replay.ts';
import type { KeptAnswer } from '../cache/idempotency/kept-answer.ts';
import type { CacheEntry } from '../cache/store/cache-store.ts';
import type { CacheVisit } from './cache-visit.ts';
import type { Exchange } from './exchange.ts';
import { ownHeaders } from './replies.ts';
import type { Runtime } from './runtime.ts';

/** How a kept answer came to be given. */
export type Serving = 'fresh' | 'coalesced' | 'stale';

/**
 * A kept answer to the client, whole or as a stream, as it asked. Its ids stay those of the answer: it is the same one.
 *
 * @param tier how it was found: `exact`, or `semantic; sim=0.973`
 * @returns false: what was kept is no answer
 */
export function sendKept(
  exchange: Exchange,
  runtime: Runtime,
  visit: CacheVisit,
  entry: CacheEntry,
  serving: Serving,
  tier = 'exact',
): boolean {
  const { call, endpoint, outcome } = exchange;
  const replayed = replay(endpoint, entry.body, call);
  if (replayed === undefined) return false;
  const age = Math.max(0, Math.floor((runtime.clock.now() - entry.createdAt) / 1000));
  visit.header = `${tier}; ${serving === 'fresh' ? '' : `${serving}; `}age=${age}s; id=${entry.key}`;
  if (serving === 'stale') {
    // Without it there would have been no answer, and nothing to pay.
    visit.saved = 0;
  } else {
    const { inputTokens, cachedTokens, outputTokens } = entry;
    visit.saved = entry.cost;
    visit.kept = { promptTokens: inputTokens, cachedTokens, completionTokens: outputTokens };
  }
  visit.tier = tier === 'exact' ? 'exact' : 'semantic';
  outcome.status = serving === 'stale' ? 'degraded' : 'ok';
  outcome.target = entry.target;
  outcome.httpStatus = 200;
  if (serving === 'stale') outcome.fallbackDepth = exchange.chain.rungs.length;
  exchange.client.sendWhole(
    200,
    [...ownHeaders(exchange, runtime), 'content-type', replayed.contentType],
    replayed.body,
  );
  // A repeat under the same idempotency key gets what this request got; where the targets failed it tries again.
  if (serving !== 'stale') visit.delivered = { ...replayed, json: undefined };
  return true;
}

/** The answer that the idempotency key was given before, byte for byte. */
export function sendReplayed(exchange: Exchange, runtime: Runtime, visit: CacheVisit, answer: KeptAnswer): void {
  const { outcome } = exchange;
  visit.replayed = true;
  outcome.status = answer.status;
  outcome.target = answer.target;
  outcome.httpStatus = 200;
  exchange.client.sendWhole(200, [...ownHeaders(exchange, runtime), 'content-type', answer.contentType], answer.body);
}
