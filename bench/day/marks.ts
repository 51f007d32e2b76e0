import { showDollars } from './money.ts';
import type { Replayed } from './replay.ts';
import { lostBy, sum, type Tally, tallyOf } from './tally.ts';

export interface DayMark {
  readonly what: string;
  readonly limit: string;
  readonly measured: string;
  readonly verdict: 'held' | 'MISSED';
}

/** Whole nano-dollars. */
const CENT = 10_000_000;

/** What has to hold of a day with a cache, whichever it is, beside the same day without. */
export function judgeCacheDay(off: Replayed, on: readonly Replayed[]): DayMark[] {
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
    ...judgeMoney(before, after),
  ];
}

/** The two books agree: on what was spent, and on what was saved. */
export function judgeMoney(before: Tally, after: readonly Tally[]): DayMark[] {
  const failed = sum([before, ...after], (tally) => tally.failed);
  const apart = Math.max(...[before, ...after].map(({ ledgerCost, bill }) => Math.abs(ledgerCost - bill)));
  const savedApart = Math.max(...after.map(({ ledgerSaved, bill }) => Math.abs(ledgerSaved - (before.bill - bill))));
  return [
    mark('failed requests', 'at most 0', String(failed), failed === 0),
    mark("the ledger's cost and the upstream's bill apart, worst arm", 'at most 0 n$', `${apart} n$`, apart === 0),
    mark(
      "the ledger's saving and the difference of the bills apart, worst arm",
      'below 1 cent',
      showDollars(savedApart, 6),
      savedApart < CENT,
    ),
  ];
}

export function mark(what: string, limit: string, measured: string, holds: boolean): DayMark {
  return { what, limit, measured, verdict: holds ? 'held' : 'MISSED' };
}
