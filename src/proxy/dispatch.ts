import type { Failure } from '../failures/failure.ts';
import { mostUseful } from '../failures/most-useful.ts';
import { ownFailure } from '../failures/own-errors.ts';
import { FAILURE_TABLE } from '../failures/table.ts';
import type { Answered, Asked } from './answered.ts';
import { askRung } from './ask-rung.ts';
import type { Rung } from './chain.ts';
import type { Exchange } from './exchange.ts';
import { hedged } from './hedge.ts';
import type { Runtime } from './runtime.ts';

/** What dispatch comes back with. */
export type Delivery =
  | Answered
  | { readonly kind: 'static'; readonly text: string; readonly failure: Failure }
  | { readonly kind: 'failed'; readonly failure: Failure };

/**
 * Down the chain until a target answers. One owner of retries: the rung loop repeats one target, this goes to the next, nobody else
 * does either.
 */
export async function dispatch(exchange: Exchange, runtime: Runtime): Promise<Delivery> {
  const { rungs, staticText } = exchange.chain;
  const asked: Asked[] = [];
  for (let index = 0; index < rungs.length; index++) {
    const rung = rungs[index];
    if (rung === undefined || !mayAnswer(rung, asked, exchange)) continue;
    const backup = hedgeBackup(exchange, rungs, index);
    const result =
      backup === undefined
        ? await askRung(exchange, runtime, rung, { cancellation: exchange.cancellation, lastHope: false })
        : await hedged(exchange, runtime, rung, backup);
    if (result.kind === 'answer') return answered(exchange, result);
    for (const one of result.asked) {
      asked.push(one);
      index = Math.max(index, one.rung.index);
    }
    if (!mayGoOn(asked, exchange, runtime)) break;
  }
  const hope = await lastHope(exchange, runtime, asked);
  if (hope?.kind === 'answer') return answered(exchange, hope);
  if (hope !== undefined) asked.push(...hope.asked.filter((one) => saysSomethingNew(one, exchange, runtime)));
  const failure = chainFailure(exchange, asked);
  if (staticText !== undefined && staticMayAnswer(failure, exchange))
    return { kind: 'static', text: staticText, failure };
  return { kind: 'failed', failure };
}

function answered(exchange: Exchange, result: Answered): Answered {
  exchange.outcome.target = result.rung.target.id;
  exchange.outcome.firstTokenMs = result.answer.firstTokenMs;
  exchange.outcome.fallbackDepth = result.rung.index;
  for (const field of result.dropped) exchange.dropped.add(field);
  exchange.outcome.status = result.rung.index === 0 ? 'ok' : 'degraded';
  return result;
}

/** After a context overflow only a target with a larger or unknown window can help. */
function mayAnswer(rung: Rung, asked: readonly Asked[], exchange: Exchange): boolean {
  let tooSmall = -1;
  for (const { rung: before, failure } of asked) {
    if (failure.class !== 'context_length') continue;
    tooSmall = Math.max(tooSmall, before.target.contextWindow ?? 0);
  }
  if (tooSmall < 0) return true;
  const window = rung.target.contextWindow;
  if (window === undefined || window > tooSmall) return true;
  exchange.attempts.push({ target: rung.target.id, outcome: 'skipped', ms: 0, reason: 'context window too small' });
  return false;
}

/** Whether the failures so far allow asking a further target. */
function mayGoOn(asked: readonly Asked[], exchange: Exchange, runtime: Runtime): boolean {
  if (exchange.cancellation.reason !== undefined || runtime.clock.now() >= exchange.deadlineAt) return false;
  const last = asked.at(-1);
  if (last === undefined || last.refused) return true;
  const { class: failureClass } = last.failure;
  // The client's own key was refused: no other provider would do better for it, and a fallback would hide the reason.
  if (failureClass === 'upstream_auth' && last.rung.provider.passthrough) return false;
  switch (FAILURE_TABLE[failureClass].next) {
    case 'yes':
    case 'larger-window':
      return true;
    case 'opt-in':
      return failureClass === 'content_blocked' && exchange.chain.model.fallbackOn.includes('content_blocked');
    case 'no':
      return false;
  }
}

/** With every circuit open one request at a time may still try: refusing blindly would outlast the outage. */
async function lastHope(exchange: Exchange, runtime: Runtime, asked: readonly Asked[]) {
  // Those that cannot serve the request are no hope, and do not take it from the others.
  const able = asked.filter((one) => !one.refused || one.failure.class !== 'capability_unsupported');
  if (able.some((one) => !one.refused || one.failure.class !== 'no_target_open')) return undefined;
  const rung = able[0]?.rung;
  return rung === undefined
    ? undefined
    : askRung(exchange, runtime, rung, { cancellation: exchange.cancellation, lastHope: true });
}

/**
 * A last hope that failed as its open circuit foretold is no news: the client hears, like all who were refused beside it, that no
 * target is open and when the next probe is due.
 */
function saysSomethingNew({ failure }: Asked, exchange: Exchange, runtime: Runtime): boolean {
  return FAILURE_TABLE[failure.class].circuit === 'neutral' || runtime.clock.now() >= exchange.deadlineAt;
}

/** The one failure the client is told about. */
function chainFailure(exchange: Exchange, asked: readonly Asked[]): Failure {
  const tried = asked.filter((one) => !one.refused);
  const last = asked.at(-1);
  const { reason } = exchange.cancellation;
  if (reason === 'shutdown') return ownFailure('draining', 'the proxy was shut down before the answer came');
  if (last?.failure.class === 'client_cancelled') return last.failure;
  // It left while the proxy waited to try again: what the try before that met is not why there is no answer.
  if (reason === 'client_gone') return clientLeft();
  if (last?.rung.provider.passthrough && last.failure.class === 'upstream_auth') {
    return { ...last.failure, class: 'invalid_request' };
  }
  return mostUseful((tried.length > 0 ? tried : asked).map((one) => one.failure));
}

function clientLeft(): Failure {
  return {
    class: 'client_cancelled',
    origin: 'client',
    code: 'client_gone',
    message: 'the client closed the connection',
    maybeBilled: true,
  };
}

/** A configured text may stand in for an answer nobody could give, not for the refusal of a wrong request. */
function staticMayAnswer(failure: Failure, exchange: Exchange): boolean {
  if (
    exchange.endpoint === 'embeddings' ||
    exchange.endpoint === 'count-tokens' ||
    failure.class === 'client_cancelled'
  )
    return false;
  // What this proxy could tell no target is the client's to change: an answer of whatever kind would hide it.
  if (failure.class === 'capability_unsupported' && failure.origin === 'client') return false;
  const { next } = FAILURE_TABLE[failure.class];
  return next === 'yes' || failure.class === 'no_target_open';
}

/** The rung that may be started beside a late one; undefined where hedging is off, unsafe, or has nothing to learn from. */
function hedgeBackup(exchange: Exchange, rungs: readonly Rung[], index: number): Rung | undefined {
  if (!exchange.chain.model.hedge || exchange.call.hasTools) return undefined;
  return rungs[index + 1];
}
