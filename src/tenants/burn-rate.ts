import type { BudgetStore, LedgerLine } from '../state/budget-store.ts';
import type { CounterName } from './counter-name.ts';
import { keyPart, NO_AGENT } from './scopes.ts';

const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
/** Of a budget that never begins anew: what lasts longer than a year holds. */
const FAR_MS = 365 * 24 * HOUR_MS;

/** How far back the ledger is looked at: an hour, or less where so much happens that it would take long. */
const SPANS_MS: readonly number[] = [HOUR_MS, 5 * MINUTE_MS, 30_000];
const LINES_READ = 5_000;
const PAGE = 1_000;

/** How fast something is spent. */
export interface BurnRate {
  /** Units an hour. */
  readonly perHour: number;
  /** Over how much of the past that is, milliseconds. */
  readonly overMs: number;
}

/** What each scope of a tenant has used of late, by {@link CounterName.base}. */
export interface Recent {
  readonly overMs: number;
  readonly used: ReadonlyMap<string, Used>;
}

interface Used {
  usd: number;
  tokens: number;
  requests: number;
}

/** Adds up the last lines of the ledger. Undefined where even half a minute has too many. */
export async function readRecent(
  budgets: Pick<BudgetStore, 'ledger'>,
  tenant: string,
  now: number,
): Promise<Recent | undefined> {
  for (const overMs of SPANS_MS) {
    const used = await usedSince(budgets, tenant, now - overMs);
    if (used !== undefined) return { overMs, used };
  }
  return undefined;
}

async function usedSince(
  budgets: Pick<BudgetStore, 'ledger'>,
  tenant: string,
  since: number,
): Promise<ReadonlyMap<string, Used> | undefined> {
  const used = new Map<string, Used>();
  let after: string | undefined;
  for (let read = 0; read < LINES_READ; ) {
    const lines = await budgets.ledger(tenant, { after, since, limit: PAGE });
    for (const line of lines) if (line.at >= since) add(used, line);
    if (lines.length < PAGE) return used;
    after = lines.at(-1)?.cursor;
    read += lines.length;
  }
  return undefined;
}

function add(used: Map<string, Used>, line: LedgerLine): void {
  const agent = line.agent === undefined ? NO_AGENT : keyPart(line.agent);
  const owners = ['tenant', `agent:${agent}`];
  if (line.user !== undefined) owners.push(`user:${keyPart(line.user)}`);
  const parts: string[] = [];
  if (line.session !== undefined) parts.push(`session:${keyPart(line.session)}`);
  if (line.task !== undefined) parts.push(`task:${keyPart(line.task)}`);
  for (const owner of owners) {
    count(used, owner, line);
    for (const part of parts) count(used, owner === 'tenant' ? part : `${owner}/${part}`, line);
  }
}

function count(used: Map<string, Used>, base: string, { cost, inputTokens, outputTokens }: LedgerLine): void {
  let sum = used.get(base);
  if (sum === undefined) {
    sum = { usd: 0, tokens: 0, requests: 0 };
    used.set(base, sum);
  }
  sum.usd += cost;
  sum.tokens += inputTokens + outputTokens;
  sum.requests++;
}

/**
 * Of a window younger than an hour: what was spent in it over its age, a minute at least. Else what the ledger says of the last hour;
 * where it was not read, the window's average.
 */
export function burnRate(
  { base, unit }: CounterName,
  spent: number,
  windowStart: number | undefined,
  recent: Recent | undefined,
  now: number,
): BurnRate | undefined {
  if (unit === 'concurrency') return undefined;
  const age = windowStart === undefined ? undefined : Math.max(MINUTE_MS, now - windowStart);
  if (age !== undefined && age <= HOUR_MS) return rate(spent, age);
  if (recent !== undefined) return rate(recent.used.get(base)?.[unit] ?? 0, recent.overMs);
  return age === undefined ? undefined : rate(spent, age);
}

function rate(amount: number, overMs: number): BurnRate {
  return { perHour: (amount * HOUR_MS) / overMs, overMs };
}

/** When a limit is reached if all goes on as it does. `holds`: not before it begins anew. */
export type Outlook =
  | { readonly kind: 'holds' | 'reached' | 'unknown' }
  /** Clock milliseconds. */
  | { readonly kind: 'ends'; readonly at: number };

export function outlook(
  limit: number | undefined,
  spent: number,
  windowEnd: number | undefined,
  burn: BurnRate | undefined,
  now: number,
): Outlook {
  if (limit === undefined) return { kind: 'unknown' };
  if (spent >= limit) return { kind: 'reached' };
  if (burn === undefined) return { kind: 'unknown' };
  if (burn.perHour <= 0) return { kind: 'holds' };
  const at = now + ((limit - spent) / burn.perHour) * HOUR_MS;
  return at >= (windowEnd ?? now + FAR_MS) ? { kind: 'holds' } : { kind: 'ends', at };
}
