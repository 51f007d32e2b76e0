import { type Share, share } from '../cache/interval.ts';
import type { Outcome, Replayed } from './replay.ts';

/** Lines of the ledger that evidence for routes has cost: the other model's answer, and who compared the two. */
const LEARNING: ReadonlySet<string> = new Set(['shadow', 'judge']);

/** One arm's day in figures. Money is whole nano-dollars. */
export interface Tally {
  readonly arm: string;
  readonly requests: number;
  readonly failed: number;
  readonly exactHits: number;
  readonly semanticHits: number;
  /** What the upstream wants. */
  readonly bill: number;
  /** What the proxy's ledger says it wants. */
  readonly ledgerCost: number;
  /** What the ledger says was saved, less embeddings, judges, and answers that were asked for only to be compared. */
  readonly ledgerSaved: number;
  readonly cacheSpent: number;
  /** Graded requests that were answered wrongly, of all graded. */
  readonly wrong: Share;
  /** Answers from the cache that were made for another question or another tenant, and are wrong here; of all from the cache. */
  readonly wrongHits: Share;
  /** The same among requests that ask something else than a near question asked shortly before. */
  readonly wrongTraps: Share;
  /** Tasks of which every graded request was answered rightly, of all tasks. */
  readonly tasks: Share;
  readonly seconds: number;
}

export function tallyOf({ arm, outcomes, bill, ledger, cacheSpent, seconds }: Replayed): Tally {
  const graded = outcomes.filter(({ right }) => right !== undefined);
  const hits = outcomes.filter(isHit);
  const traps = outcomes.filter(({ request }) => request.trap !== undefined);
  const successes = taskSuccess(outcomes);
  return {
    arm: arm.name,
    requests: outcomes.length,
    failed: count(outcomes, ({ status }) => status !== 200),
    exactHits: count(outcomes, ({ cache }) => cache === 'exact'),
    semanticHits: count(outcomes, ({ cache }) => cache === 'semantic'),
    bill: sum(bill, ({ cost }) => cost),
    ledgerCost: sum(ledger, ({ cost }) => cost),
    ledgerSaved: sum(ledger, ({ saved, endpoint, cost }) => (LEARNING.has(endpoint) ? -cost : saved)) - cacheSpent,
    cacheSpent,
    wrong: share(
      count(graded, ({ right }) => right === false),
      graded.length,
    ),
    wrongHits: share(count(hits, isWronglyServed), hits.length),
    wrongTraps: share(count(traps, isWronglyServed), traps.length),
    tasks: share(
      count([...successes.values()], (success) => success),
      successes.size,
    ),
    seconds,
  };
}

/** By task: whether all of it was right. A task without a graded request is none. */
export function taskSuccess(outcomes: readonly Outcome[]): ReadonlyMap<string, boolean> {
  const tasks = new Map<string, boolean>();
  for (const { request, right } of outcomes) {
    if (right !== undefined) tasks.set(request.task, (tasks.get(request.task) ?? true) && right);
  }
  return tasks;
}

/** Requests that were answered rightly in one arm and wrongly in the other. */
export function lostBy(before: Replayed, after: Replayed): number {
  return count(after.outcomes, ({ right }, at) => right === false && before.outcomes[at]?.right === true);
}

export function isHit({ cache }: Outcome): boolean {
  return cache === 'exact' || cache === 'semantic';
}

function isWronglyServed(outcome: Outcome): boolean {
  return isHit(outcome) && outcome.foreign && outcome.right === false;
}

function count<T>(list: readonly T[], fits: (item: T, at: number) => boolean): number {
  return list.filter(fits).length;
}

export function sum<T>(list: readonly T[], of: (item: T) => number): number {
  return list.reduce((total, item) => total + of(item), 0);
}
