import type { BudgetPeriod, BudgetRule, BudgetUnit, ScopeLimits, Tenant } from '../config/tenant-config.ts';

const DAY_MS = 86_400_000;
/** A month is taken for thirty days. */
export const DAYS_A_MONTH = 30;

/** What is used a day, on average. */
export interface DailyUse {
  readonly requests: number;
  readonly tokens: number;
  /** Nano-dollars. */
  readonly usd: number;
}

export const NO_USE: DailyUse = { requests: 0, tokens: 0, usd: 0 };

/** How an agent uses one target. */
export interface UseOfTarget {
  /** Undefined: requests that named none. */
  readonly agent: string | undefined;
  readonly target: string;
  readonly perDay: DailyUse;
}

/** A budget under so much traffic. */
export interface BudgetForecast {
  /** `tenant`, `agent coder`. */
  readonly who: string;
  readonly rule: BudgetRule;
  readonly verdict: /** Part of the limit that is used when the window ends. */
    | { readonly kind: 'holds'; readonly share: number }
    /** Milliseconds into the window. */
    | { readonly kind: 'reached'; readonly after: number };
}

export function addUse(a: DailyUse, b: DailyUse): DailyUse {
  return { requests: a.requests + b.requests, tokens: a.tokens + b.tokens, usd: a.usd + b.usd };
}

export function timesUse({ requests, tokens, usd }: DailyUse, factor: number): DailyUse {
  return { requests: requests * factor, tokens: tokens * factor, usd: usd * factor };
}

/**
 * Which budgets would be reached, were the traffic spread evenly. Budgets of users, sessions and tasks are left out: more traffic is more of
 * them, and does not make each of them dearer.
 */
export function forecast(tenant: Tenant, uses: readonly UseOfTarget[], factor: number): BudgetForecast[] {
  const all = timesUse(sumOf(uses), factor);
  const forecasts = budgetsUnder('tenant', tenant.limits, all);
  for (const [agent, own] of Map.groupBy(uses, (use) => use.agent)) {
    const limits = (agent === undefined ? undefined : tenant.agents.get(agent)) ?? tenant.otherAgents;
    if (limits === undefined) continue;
    const who = agent === undefined ? 'requests of no agent' : `agent ${agent}`;
    forecasts.push(...budgetsUnder(who, limits.limits, timesUse(sumOf(own), factor)));
  }
  return forecasts;
}

/** Budgets that {@link forecast} has nothing to say of. */
export function countUnforeseen(tenant: Tenant): number {
  const agents = [...tenant.agents.values(), ...(tenant.otherAgents === undefined ? [] : [tenant.otherAgents])];
  const all = [tenant.limits, ...agents.map(({ limits }) => limits)];
  const each = all.flatMap(({ budget }) => budget).filter(({ per }) => WINDOWS[per] === undefined);
  return each.length + tenant.users.budget.length;
}

export function sumOf(uses: readonly UseOfTarget[]): DailyUse {
  return uses.reduce((sum, { perDay }) => addUse(sum, perDay), NO_USE);
}

function budgetsUnder(who: string, { budget }: ScopeLimits, perDay: DailyUse): BudgetForecast[] {
  return budget.flatMap((rule) => {
    const window = WINDOWS[rule.per];
    return window === undefined
      ? []
      : [{ who, rule, verdict: verdictOn(rule, perDay[rule.unit satisfies BudgetUnit], window) }];
  });
}

function verdictOn({ limit }: BudgetRule, perDay: number, window: number): BudgetForecast['verdict'] {
  const inWindow = (perDay / DAY_MS) * window;
  // A total has no end by which it could hold.
  if (inWindow > limit || window === Number.POSITIVE_INFINITY) {
    if (perDay > 0) return { kind: 'reached', after: (limit / perDay) * DAY_MS };
    return { kind: 'holds', share: 0 };
  }
  return { kind: 'holds', share: inWindow / limit };
}

/** Milliseconds; infinite for a total; undefined where it is no time. */
const WINDOWS: Readonly<Record<BudgetPeriod, number | undefined>> = {
  minute: 60_000,
  hour: 3_600_000,
  day: DAY_MS,
  week: 7 * DAY_MS,
  month: DAYS_A_MONTH * DAY_MS,
  session: undefined,
  task: undefined,
  total: Number.POSITIVE_INFINITY,
};
