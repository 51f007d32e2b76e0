import { table } from '../cache/report.ts';
import { type DayMark, judgeBooks, judgeSaving, mark } from './marks.ts';
import type { Replayed } from './replay.ts';
import { clockTime, showDollars, showPercent } from './show.ts';
import { type Difference, differenceOf, taskClusters } from './success.ts';
import { type Tally, tallyOf } from './tally.ts';

/** At least so much less for a successful task, with all levers. */
const LEAST_SAVING = 0.3;

/** One lever, or several, beside none. */
export interface LeverRow {
  readonly tally: Tally;
  readonly success: Difference;
  /** Nano-dollars for each task that succeeded. */
  readonly costPerSuccess: number;
  /** Of `costPerSuccess`, 0 to 1. */
  readonly saving: number;
}

export function leverRow(before: Replayed, after: Replayed, seed: number): LeverRow {
  const tally = tallyOf(after);
  const was = costPerSuccess(tallyOf(before));
  const is = costPerSuccess(tally);
  return { tally, success: differenceOf(taskClusters(before, after), seed), costPerSuccess: is, saving: 1 - is / was };
}

/** An arm, and the one that has all but the levers whose saving the ledger tells. */
export interface Told {
  readonly before: LeverRow;
  readonly after: LeverRow;
}

/** All levers beside none, on one day or on several. */
export interface ManyDays {
  readonly days: number;
  readonly success: Difference;
  /** Of the cost of a successful task, 0 to 1, on the day on which it was least. */
  readonly leastSaving: number;
}

export function judgeLevers(all: readonly LeverRow[], told: readonly Told[], many: ManyDays): DayMark[] {
  const { days, success, leastSaving } = many;
  return [
    mark(
      `cost of a successful task, all levers, worst of ${days} days`,
      `at least ${showPercent(LEAST_SAVING, 0)} less`,
      `${showPercent(leastSaving)} less`,
      leastSaving >= LEAST_SAVING,
    ),
    mark(
      `difference of the share of successful tasks, all levers, ${days} days, points (95%)`,
      'includes 0',
      showDifference(success),
      success.low <= 0 && success.high >= 0,
    ),
    ...judgeBooks(all.map(({ tally }) => tally)),
    ...told.map(({ before, after }) => judgeSaving(before.tally, after.tally)),
  ];
}

export function leverTable(nothing: LeverRow, rows: readonly LeverRow[]): string {
  return table(
    [
      'lever',
      'requests',
      'bill',
      'less',
      'tasks that succeeded',
      'difference in points (95%)',
      'cost of a successful task',
      'less',
      'difference of the bills',
      'saved, says the ledger',
    ],
    [nothing, ...rows].map((row) => {
      const { tally, success, saving } = row;
      const first = row === nothing;
      return [
        tally.arm,
        String(tally.requests),
        showDollars(tally.bill),
        first ? '' : showPercent(1 - tally.bill / nothing.tally.bill),
        `${tally.tasks.hits} of ${tally.tasks.of} = ${showPercent(tally.tasks.hits / tally.tasks.of)}`,
        first ? '' : showDifference(success),
        showDollars(row.costPerSuccess, 5),
        first ? '' : showPercent(saving),
        first ? '' : showDollars(nothing.tally.bill - tally.bill, 4),
        first ? '' : showDollars(tally.ledgerSaved, 4),
      ];
    }),
  );
}

/** Levers compound: each saves of what the others leave. */
export function compounding(alone: readonly LeverRow[], together: LeverRow): string {
  const added = alone.reduce((sum, { saving }) => sum + saving, 0);
  const product = 1 - alone.reduce((left, { saving }) => left * (1 - saving), 1);
  return (
    `Added up, the four would save ${showPercent(added)}; compounded, each of what the others leave, ${showPercent(product)}; ` +
    `measured together it is ${showPercent(together.saving)}.`
  );
}

function showDifference({ mean, low, high }: Difference): string {
  const points = (value: number) => (value * 100).toFixed(2);
  return `${points(mean)} (${points(low)}..${points(high)})`;
}

function costPerSuccess({ bill, tasks }: Tally): number {
  return tasks.hits === 0 ? Number.POSITIVE_INFINITY : bill / tasks.hits;
}

/** Which agents' cheap models were let in, and which were not. */
export function learned(routes: Replayed['routes']): string {
  const told = routes.map(({ tenant, agent, event, at }) => `${tenant}/${agent} ${event} at ${clockTime(at)}`);
  return `What evidence did in the arm "routing": ${told.length === 0 ? 'nothing' : told.join('; ')}.`;
}
