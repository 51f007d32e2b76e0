import type { Replayed } from './replay.ts';
import { showDollars } from './show.ts';
import { lostBy, sum, type Tally, tallyOf } from './tally.ts';

export interface DayMark {
  readonly what: string;
  readonly limit: string;
  readonly measured: string;
  readonly verdict: 'held' | 'MISSED';
}

/** Whole nano-dollars. */
const CENT = 10_000_000;

/**
 * What has to hold of a day with a cache, whichever it is, beside the same day without.
 *
 * @param longPrompts the upstream's own cache of prompts would have made repeats cheaper: the ledger claims the least that can be
 */
export function judgeCacheDay(off: Replayed, on: readonly Replayed[], longPrompts = false): DayMark[] {
  const before = tallyOf(off);
  const after = on.map(tallyOf);
  const traps = sum(after, ({ wrongTraps }) => wrongTraps.hits);
  const hits = sum(after, ({ wrongHits }) => wrongHits.hits);
  const lost = sum(on, (replayed) => lostBy(off, replayed));
  const asked = sum(after, ({ wrongTraps }) => wrongTraps.of);
  const served = sum(after, ({ wrongHits }) => wrongHits.of);
  return [
    mark('wrong answers served on traps', 'at most 0', `${traps} of ${asked}`, traps === 0),
    mark('answers of another question or tenant among hits', 'at most 0', `${hits} of ${served}`, hits === 0),
    mark('right answers that the cache made wrong', 'at most 0', String(lost), lost === 0),
    ...judgeBooks([before, ...after]),
    ...after.map((tally) => (longPrompts ? judgeBound(before, tally) : judgeSaving(before, tally))),
  ];
}

/** The proxy's book and the upstream's agree on what was spent. */
export function judgeBooks(tallies: readonly Tally[]): DayMark[] {
  const failed = sum(tallies, (tally) => tally.failed);
  const apart = Math.max(...tallies.map(({ ledgerCost, bill }) => Math.abs(ledgerCost - bill)));
  return [
    mark('failed requests', 'at most 0', String(failed), failed === 0),
    mark("the ledger's cost and the upstream's bill apart, worst arm", 'at most 0 n$', `${apart} n$`, apart === 0),
  ];
}

/** And on what was saved. */
export function judgeSaving(before: Tally, after: Tally): DayMark {
  const difference = before.bill - after.bill;
  const apart = Math.abs(after.ledgerSaved - difference);
  return mark(
    `${after.arm}: the ledger's saving and what the bill is less than with ${before.arm}, apart`,
    'below 1 cent',
    `${showDollars(apart, 6)} of ${showDollars(difference, 4)}`,
    apart < CENT,
  );
}

/** The ledger claims no more than was saved. */
function judgeBound(before: Tally, after: Tally): DayMark {
  const difference = before.bill - after.bill;
  return mark(
    `${after.arm}: the ledger's saving is a lower bound of what the bill is less than with ${before.arm}`,
    `at most ${showDollars(difference, 4)}`,
    showDollars(after.ledgerSaved, 4),
    after.ledgerSaved <= difference,
  );
}

export function mark(what: string, limit: string, measured: string, holds: boolean): DayMark {
  return { what, limit, measured, verdict: holds ? 'held' : 'MISSED' };
}
