import { systemClock } from '../clock.ts';
import { formatAmount, formatMoney } from '../config/amounts.ts';
import type { Config } from '../config/config.ts';
import type { Tenant } from '../config/tenant-config.ts';
import type { Administration } from '../console/administration.ts';
import type { PriceBook } from '../prices/price-book.ts';
import { isModelAllowed } from '../tenants/models-allowed.ts';
import { type AssumedCost, type AssumedTraffic, assumedCosts } from './assumed-traffic.ts';
import type { Terminal } from './command.ts';
import { CommandFailed } from './command-failed.ts';
import { openLocal } from './open-administration.ts';
import { plainly } from './plainly.ts';
import {
  type BudgetForecast,
  countUnforeseen,
  DAYS_A_MONTH,
  type DailyUse,
  forecast,
  sumOf,
  type UseOfTarget,
} from './projection.ts';
import { LOOK_BACK_DAYS, readUsage, type Usage } from './read-usage.ts';
import { table } from './table.ts';

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** Agents and targets told one by one. */
const ROWS = 20;
const HINT = 'Give --requests-per-day N --tokens INPUT/OUTPUT to project from numbers of your own.';

/** What so much traffic would cost, and which budgets would not hold: from the ledger, or from what is assumed. */
export async function projectAt(
  factor: number,
  traffic: AssumedTraffic | undefined,
  config: Config,
  prices: PriceBook,
  terminal: Terminal,
): Promise<string> {
  if (traffic !== undefined) return projectAssumed(factor, traffic, config, prices);
  const head = `\ncost at ${factor}x, from the ledger of the last ${LOOK_BACK_DAYS} days\n`;
  if (config.tenants.size === 0) return `${head}  There are no tenants, and without them no ledger is kept. ${HINT}\n`;
  try {
    return head + (await projectLedger(factor, config, terminal));
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    return `${head}  No ledger can be read: ${error.message}\n  ${HINT}\n`;
  }
}

async function projectLedger(factor: number, config: Config, terminal: Terminal): Promise<string> {
  return plainly(async () => {
    const administration = await openLocal(config, terminal);
    try {
      return await describeLedger(factor, config, administration, systemClock.now());
    } finally {
      await administration.close();
    }
  });
}

/** Each tenant's use of late, and what would become of its budgets. @param now clock milliseconds */
export async function describeLedger(
  factor: number,
  config: Config,
  administration: Administration,
  now: number,
): Promise<string> {
  let text = '';
  for (const tenant of config.tenants.values()) {
    const usage = await readUsage(administration, tenant.name, now);
    text += `\n  ${tenant.name}  ${describeBasis(usage)}\n`;
    if (usage.requests > 0) text += describeUsage(tenant, usage, factor);
  }
  return text;
}

function describeBasis({ requests, overMs }: Usage): string {
  if (requests === 0) return `no requests in ${LOOK_BACK_DAYS} days: nothing to project from. ${HINT}`;
  const little = overMs < DAY_MS ? ': too little to rely on' : '';
  return `${requests} ${requests === 1 ? 'request' : 'requests'} in ${describeSpan(overMs)}${little}`;
}

function describeUsage(tenant: Tenant, { uses }: Usage, factor: number): string {
  const shown = uses.slice(0, ROWS);
  const rest = uses.slice(ROWS);
  const rows = shown.map(({ agent, target, perDay }) => [agent ?? '-', target, ...costs(perDay, factor)]);
  if (rest.length > 0) rows.push([`${rest.length} more`, '', ...costs(sumOf(rest), factor)]);
  rows.push(['all', '', ...costs(sumOf(uses), factor)]);
  return (
    indent(table([['AGENT', 'TARGET', ...costHeads(factor)], ...rows], [2, 3, 4, 5, 6]), 4) +
    describeBudgets(tenant, uses, factor)
  );
}

function projectAssumed(factor: number, traffic: AssumedTraffic, config: Config, prices: PriceBook): string {
  const { requestsPerDay, inputTokens, outputTokens } = traffic;
  const all = assumedCosts(config, prices, traffic, systemClock.now());
  const what = `${requestsPerDay} requests a day of ${inputTokens} input and ${outputTokens} output tokens`;
  const head = `\ncost at ${factor}x, were every target to answer ${what}\n`;
  if (all.length === 0) return `${head}  No models are configured, so there is no price to project with.\n`;
  const rows = all.map(({ model, target, rank, perDay }) => [
    rank === 0 ? model : '',
    target,
    ...(perDay === undefined ? ['price unknown'] : costs(perDay, factor)),
  ]);
  let text = head + indent(table([['MODEL', 'TARGET', ...costHeads(factor)], ...rows], [2, 3, 4, 5, 6]), 2);
  for (const tenant of config.tenants.values()) {
    const dearest = dearestFor(tenant, all, config);
    if (dearest?.perDay === undefined) continue;
    text += `\n  ${tenant.name}  as the only one, asking for ${dearest.model}\n`;
    text += describeBudgets(tenant, [{ agent: undefined, target: dearest.target, perDay: dearest.perDay }], factor);
  }
  return text;
}

/** Of the models a tenant may ask for, the one whose first target costs most. */
function dearestFor(tenant: Tenant, all: readonly AssumedCost[], config: Config): AssumedCost | undefined {
  const allowed = all.filter(({ model, rank }) => {
    const known = config.models.get(model);
    return rank === 0 && known !== undefined && isModelAllowed(tenant.policy, known, config.models);
  });
  return allowed.sort((a, b) => (b.perDay?.usd ?? -1) - (a.perDay?.usd ?? -1))[0];
}

function describeBudgets(tenant: Tenant, uses: readonly UseOfTarget[], factor: number): string {
  const lines = forecast(tenant, uses, factor).map((one) => `    ${describeForecast(one)}\n`);
  const left = countUnforeseen(tenant);
  const each =
    left === 1 ? '1 budget of each user, session or task is' : `${left} budgets of each user, session or task are`;
  if (left > 0) lines.push(`    ${each} not projected: more traffic is more of them, and none dearer\n`);
  return lines.length === 0
    ? ''
    : `    budgets at ${factor}x, spent evenly:\n${lines.join('').replaceAll(/^/gm, '  ').trimEnd()}\n`;
}

function describeForecast({ who, rule, verdict }: BudgetForecast): string {
  const limit = `${formatAmount(rule.unit, rule.limit)} ${rule.per === 'total' ? 'in all' : `per ${rule.per}`}`;
  if (verdict.kind === 'holds') return `${who}, ${limit}: holds, ${Math.round(verdict.share * 100)}% of it used`;
  const of = rule.per === 'total' ? ', from nothing spent' : ` into the ${rule.per}`;
  return `${who}, ${limit}: REACHED ${describeSpan(verdict.after)}${of}`;
}

function costHeads(factor: number): string[] {
  return ['REQUESTS/DAY', 'A DAY', 'A MONTH', `A DAY AT ${factor}x`, `A MONTH AT ${factor}x`];
}

function costs({ requests, usd }: DailyUse, factor: number): string[] {
  const money = (nanos: number) => formatMoney(Math.round(nanos / 10_000_000) * 10_000_000 || nanos);
  const count = requests < 10 ? requests.toFixed(1) : String(Math.round(requests));
  return [count, ...[1, DAYS_A_MONTH, factor, DAYS_A_MONTH * factor].map((times) => money(usd * times))];
}

/** `6h 12m`, `3d 4h`, `40s`. */
function describeSpan(ms: number): string {
  if (ms < MINUTE_MS) return `${Math.floor(ms / 1000)}s`;
  const minutes = Math.floor(ms / MINUTE_MS);
  const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60), minutes % 60];
  if (days > 0) return hours > 0 ? `${days}d ${hours}h` : `${days}d`;
  return hours > 0 ? `${hours}h ${rest}m` : `${rest}m`;
}

function indent(text: string, by: number): string {
  return text.replaceAll(/^(?=.)/gm, ' '.repeat(by));
}
