import { formatAmount, formatMoney } from '../config/amounts.ts';
import { budgetPages, budgetsCsvPages } from '../console/csv-pages.ts';
import type { BudgetShape, RateShape, TenantBudgets } from '../console/shapes.ts';
import { parseArguments, UsageError } from './arguments.ts';
import type { Command } from './command.ts';
import { ACCESS, withAdministration } from './open-administration.ts';
import { table } from './table.ts';

const HEAD = ['SCOPE', 'LIMIT', 'SPENT', 'HELD', 'REMAINING', 'RESETS', 'BURN RATE', 'PROJECTED END'];
const NUMBERS = [2, 3, 4, 6];
const RATES_HEAD = ['SCOPE', 'RATE', 'AVAILABLE', 'FULL IN'];
const RATES_NUMBERS = [2, 3];
const NANOS = 1_000_000_000;

/** `breakwater budgets` */
export const budgetsCommand: Command = async (args, terminal) => {
  const { values } = parseArguments(args, {
    ...ACCESS,
    tenant: { type: 'string' },
    json: { type: 'boolean' },
    csv: { type: 'boolean' },
  });
  const { tenant, json, csv } = values;
  if (json === true && csv === true) throw new UsageError('takes --json or --csv, not both.');
  await withAdministration(values, terminal, async (administration) => {
    if (csv === true) {
      for await (const text of budgetsCsvPages(administration, { tenant })) terminal.out(text);
      return;
    }
    const all: TenantBudgets[] = [];
    for await (const page of budgetPages(administration, { tenant })) all.push(...page);
    if (json === true) {
      terminal.out(`${JSON.stringify(all)}\n`);
      return;
    }
    terminal.out(all.map(describeTenant).join('\n'));
    if (values.url === undefined && all.some(isPartlyKnown))
      terminal.error('HELD and AVAILABLE are known to the running proxy alone: ask it with --url to see them.\n');
  });
  return 0;
};

function isPartlyKnown({ budgets, rates }: TenantBudgets): boolean {
  return budgets.some(({ held }) => held === null) || rates.some(({ available }) => available === null);
}

/** One tenant as a person reads it. */
export function describeTenant(report: TenantBudgets): string {
  const { tenant, timeZone, budgets, leftOut, partial, rates, paused } = report;
  const lines = [`${tenant}  (times in ${timeZone})\n`];
  if (budgets.length === 0) lines.push('  no budget has been set or used\n');
  else lines.push(indent(table([HEAD, ...budgets.map(row)], NUMBERS)));
  for (const { owner, unit, per, shown, total } of leftOut) {
    const what = per === null ? 'at once' : `${unit} ${per === 'total' ? 'in all' : `per ${per}`}`;
    const atLeast = partial ? 'at least ' : '';
    lines.push(`  ${shown} of ${atLeast}${total} limits of the kind "${owner}, ${what}": those that spent most\n`);
  }
  if (rates.length > 0) lines.push(indent(table([RATES_HEAD, ...rates.map(rateRow)], RATES_NUMBERS)));
  for (const { scope, reason, since } of paused)
    lines.push(`  PAUSED ${scope} since ${shortTime(since)}Z: ${reason}\n`);
  return lines.join('');
}

function row(budget: BudgetShape): string[] {
  const { scope, within, unit, limit, spent, held, remaining, burnPerHour, resetsAt } = budget;
  const shown = (value: number | null) => (value === null ? '-' : plainAmount(unit, value));
  const name = within === null ? scope : `${within} ${scope}`;
  return [
    budget.paused === null ? name : `${name} (paused)`,
    limit === null
      ? `none any more, ${unit}${budget.per === null ? '' : ` per ${budget.per}`}`
      : describeLimit(budget, limit),
    unit === 'concurrency' ? '-' : shown(spent),
    shown(held),
    shown(remaining),
    resetsAt === null ? '-' : shortTime(resetsAt),
    burnPerHour === null ? '-' : `${shown(burnPerHour)}/h`,
    describeEnd(budget),
  ];
}

function rateRow({ scope, unit, per, limit, available, fullInSeconds }: RateShape): string[] {
  const shown = available === null ? '-' : String(available);
  return [scope, `${formatAmount(unit, limit)} per ${per}`, shown, fullInSeconds === null ? '-' : `${fullInSeconds}s`];
}

function describeLimit({ unit, per }: BudgetShape, limit: number): string {
  if (unit === 'concurrency') return `${limit} at once`;
  const amount = formatAmount(unit, unit === 'usd' ? Math.round(limit * NANOS) : limit);
  return `${amount} ${per === 'total' ? 'in all' : `per ${per}`}`;
}

function describeEnd({ outlook, projectedEnd }: BudgetShape): string {
  if (outlook === 'ends') return projectedEnd === null ? '-' : shortTime(projectedEnd);
  return outlook === 'unknown' ? '-' : outlook;
}

/** Without its unit, which stands in the limit. */
function plainAmount(unit: BudgetShape['unit'], value: number): string {
  if (unit === 'usd') return formatMoney(Math.round(value * NANOS));
  return Number.isInteger(value) ? String(value) : value.toFixed(value < 10 ? 1 : 0);
}

/** Without seconds and offset. */
function shortTime(iso: string): string {
  return iso.slice(0, 16).replace('T', ' ');
}

function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '  ');
}
