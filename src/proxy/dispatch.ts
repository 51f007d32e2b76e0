import type { Failure } from '../failures/failure.ts';
import { FAILURE_TABLE } from '../failures/table.ts';
import type { Answered, Asked } from './answered.ts';
import { askRung } from './ask-rung.ts';
import { askCheap, isOver } from './cascade.ts';
import type { Rung } from './chain.ts';
import { chainFailure, isOwnRefusal } from './chain-failure.ts';
import type { Exchange } from './exchange.ts';
import { canServe, lackOf, misfitsOf, reasonOf } from './fitness.ts';
import { hedged } from './hedge.ts';
import { passOver } from './pass-over.ts';
import type { Runtime } from './runtime.ts';

/** A target whose window is no larger than one that was too small already. */
const OVERFLOWN = { kind: 'too-small', contextWindow: 0 } as const;

/** What dispatch comes back with. */
export type Delivery =
  | Answered
  | { readonly kind: 'static'; readonly text: string; readonly failure: Failure }
  | { readonly kind: 'failed'; readonly failure: Failure };

/** An answer for the request: of a cheap model, where a cascade takes it, else of the chain. */
export async function dispatch(exchange: Exchange, runtime: Runtime): Promise<Delivery> {
  const { cascade, cancellation } = exchange;
  if (cascade?.plan === undefined) return goDown(exchange, runtime);
  const cheap = await askCheap(exchange, runtime, cascade, cascade.plan);
  if (cheap.kind === 'answer') return answered(exchange, cheap);
  if (cancellation.reason !== undefined) return { kind: 'failed', failure: chainFailure(exchange, cheap.asked) };
  return goDown(exchange, runtime);
}

/**
 * Down the chain until a target answers. One owner of retries: the rung loop repeats one target, this goes to the next, nobody else
 * does either.
 */
async function goDown(exchange: Exchange, runtime: Runtime): Promise<Delivery> {
  const { rungs, staticText } = exchange.chain;
  const asked: Asked[] = [];
  for (const rung of rungs) {
    // As the backup of an earlier one.
    if (asked.some((one) => one.rung === rung)) continue;
    const misfit = misfitsOf(exchange).get(rung);
    if (misfit !== undefined || isTooSmall(rung, asked)) {
      passOver(exchange, runtime, rung, reasonOf(misfit ?? OVERFLOWN));
      const failure = misfit && lackOf(rung, misfit);
      if (failure !== undefined) asked.push({ rung, failure, refused: true });
      continue;
    }
    const result = mayHedge(exchange, rung)
      ? await hedged(exchange, runtime, rung, () => backupOf(exchange, rung, asked))
      : await askRung(exchange, runtime, rung, { cancellation: exchange.cancellation, lastHope: false });
    if (result.kind === 'answer') return answered(exchange, result);
    asked.push(...result.asked);
    if (!mayGoOn(asked, exchange, runtime)) break;
  }
  const hope = await lastHope(exchange, runtime, asked);
  if (hope?.kind === 'answer') return answered(exchange, hope);
  if (hope !== undefined) asked.push(...hope.asked.filter((one) => saysSomethingNew(one, exchange, runtime)));
  const failure = chainFailure(exchange, asked);
  if (staticText !== undefined && mayStandIn(failure, exchange)) return { kind: 'static', text: staticText, failure };
  return { kind: 'failed', failure };
}

function answered(exchange: Exchange, result: Answered): Answered {
  exchange.outcome.target = result.rung.target.id;
  exchange.outcome.firstTokenMs = result.answer.firstTokenMs;
  exchange.outcome.fallbackDepth = result.rung.index;
  for (const field of result.dropped) exchange.dropped.add(field);
  const firstChoice = result.rung.index === 0 && exchange.account?.downgrade === undefined;
  exchange.outcome.status = firstChoice ? 'ok' : 'degraded';
  return result;
}

/** After a context overflow only a target with a larger or unknown window can help. */
function isTooSmall({ contextWindow }: Rung, asked: readonly Asked[]): boolean {
  if (contextWindow === undefined) return false;
  return asked.some(
    ({ rung, failure }) => failure.class === 'context_length' && contextWindow <= (rung.contextWindow ?? 0),
  );
}

/** Whether the failures so far allow asking a further target. */
function mayGoOn(asked: readonly Asked[], exchange: Exchange, runtime: Runtime): boolean {
  if (isOver(exchange, runtime)) return false;
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

/** A kept answer or a configured text may stand in for an answer nobody could give, not for the refusal of a wrong request. */
export function mayStandIn(failure: Failure, exchange: Exchange): boolean {
  if (
    exchange.endpoint === 'embeddings' ||
    exchange.endpoint === 'count-tokens' ||
    failure.class === 'client_cancelled'
  )
    return false;
  // What this proxy could tell no target is the client's to change: an answer of whatever kind would hide it.
  if (isOwnRefusal(failure)) return false;
  const { next } = FAILURE_TABLE[failure.class];
  return next === 'yes' || failure.class === 'no_target_open';
}

/** Whether another rung may be started beside this one if it is late: a call made twice could act twice. */
function mayHedge({ chain, call }: Exchange, rung: Rung): boolean {
  return chain.model.hedge && !call.hasTools && rung.index + 1 < chain.rungs.length;
}

/** The next rung that can serve the request: looked for only when the one before is late. */
function backupOf(exchange: Exchange, late: Rung, asked: readonly Asked[]): Rung | undefined {
  return exchange.chain.rungs.find(
    (rung) => rung.index > late.index && !isTooSmall(rung, asked) && canServe(exchange, rung),
  );
}
