import { formatAmount, formatMoney } from '../../config/amounts.ts';
import type { BudgetUnit } from '../../config/tenant-config.ts';
import { scopeInWords } from '../scopes.ts';
import type { SettledCounter, SpikeAlert } from './settled.ts';

const OF_WHAT: Readonly<Record<SpikeAlert['of'], string>> = {
  session: 'finished sessions of its agent',
  task: 'finished tasks of its agent',
  hour: 'the dearest hours of its past days',
  day: 'its past days',
};

/** For a person: what costs too much, and against what. Money in nano-dollars. */
export function describeSpike(
  of: SpikeAlert['of'],
  scope: string,
  tenant: string,
  cost: number,
  average: number,
): string {
  const when = of === 'hour' ? ' this hour' : of === 'day' ? ' today' : '';
  const times = (cost / average).toFixed(1);
  return `${scopeInWords(scope, tenant)} has cost ${formatMoney(cost)}${when}, ${times} times the ${formatMoney(average)} average of ${OF_WHAT[of]}.`;
}

/** For a person: how fast the day's budget goes. */
export function describeSlope(counter: SettledCounter, tenant: string, perHour: number, leftMs: number): string {
  const { scope, limit, spent } = counter;
  const amount = (value: number) =>
    formatAmount(counter.unit === 'concurrency' ? 'requests' : (counter.unit satisfies BudgetUnit), value);
  const minutes = Math.max(1, Math.round(leftMs / 60_000));
  return `${scopeInWords(scope, tenant)} spends ${amount(perHour)} an hour: the day's budget of ${amount(limit)}, of which ${amount(spent)} are spent, would end in ${minutes} min.`;
}
