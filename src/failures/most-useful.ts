import type { Failure, FailureClass } from './failure.ts';
import { ownFailure } from './own-errors.ts';
import { FAILURE_TABLE } from './table.ts';

/**
 * From the most to the least useful, in four groups:
 *
 * 1. what ended the chain by itself: the request is wrong, blocked, over this proxy's own limit, or no longer wanted;
 * 2. what passes: the client, or its SDK, may come back. Rate limits first, since 429 must stay 429 and says when;
 * 3. what the client can mend: a target that refused the request's size or wishes. After group 2 on purpose: while a target that
 *    could take the request is only busy, an agent told "too long" would throw away its context for nothing;
 * 4. what only the operator can mend.
 *
 * So a refusal of group 3 is reported exactly when all targets agree on it, or when the others will not come back by themselves.
 */
const MOST_USEFUL_FIRST: readonly FailureClass[] = [
  'client_cancelled',
  'invalid_request',
  'content_blocked',
  'own_limit',

  'rate_limited',
  'model_not_ready',
  'overloaded',
  'server_error',
  'timeout',
  'invalid_answer',
  'stream_broken',
  'reset',
  'connect',
  'dns',
  'no_target_open',

  'context_length',
  'request_over_tpm',
  'payload_too_large',
  'capability_unsupported',

  'quota_exhausted',
  'upstream_auth',
  'tls',
  'model_not_found',
];

const RANK: ReadonlyMap<FailureClass, number> = new Map(
  MOST_USEFUL_FIRST.map((failureClass, rank) => [failureClass, rank]),
);

/**
 * The one failure of an exhausted chain that the client is told about; of several of one class the last. A failure that passes
 * carries the least wait over all targets that may come back.
 *
 * @param failures one a target (its last); with none at all the answer is `no_target_open`
 */
export function mostUseful(failures: readonly Failure[]): Failure {
  let best: Failure | undefined;
  for (const failure of failures) {
    if (best === undefined || rank(failure) <= rank(best)) best = failure;
  }
  if (best === undefined) return ownFailure('no_target_open', 'No target could be asked.');
  if (!FAILURE_TABLE[best.class].retryable) return best;
  const wait = leastWait(failures);
  return wait === undefined || wait === best.retryAfterMs ? best : { ...best, retryAfterMs: wait };
}

function rank(failure: Failure): number {
  return RANK.get(failure.class) ?? MOST_USEFUL_FIRST.length;
}

function leastWait(failures: readonly Failure[]): number | undefined {
  let least: number | undefined;
  for (const { class: failureClass, retryAfterMs } of failures) {
    if (retryAfterMs === undefined || !FAILURE_TABLE[failureClass].retryable) continue;
    least = Math.min(least ?? retryAfterMs, retryAfterMs);
  }
  return least;
}
