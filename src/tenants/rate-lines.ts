import type { RateRule, ScopeLimits, Tenant } from '../config/tenant-config.ts';
import type { BudgetStore } from '../state/budget-store.ts';
import { scopeKey } from './scopes.ts';

/** Rates asked of the store in one step. */
const AT_ONCE = 500;

/** A rate of the file, and how it stands. */
export interface RateLine {
  /** `tenant`, `agent:coder`. */
  readonly scope: string;
  readonly unit: 'requests' | 'tokens';
  readonly rate: RateRule;
  /** How much of the limit may be taken at once now, whole units; undefined: not known to this process. */
  readonly available: number | undefined;
  /** Until all of it may be, milliseconds. */
  readonly fullInMs: number | undefined;
}

/**
 * The rates of the tenant and of the agents in its file, used or not. Those of single users, and of agents the file does not name, are too many to
 * list and forgotten within a minute or so.
 *
 * @param known false beside the process that keeps them in memory
 * @throws {StateUnavailable}
 */
export async function rateLines(
  { name, limits, agents }: Tenant,
  source: Pick<BudgetStore, 'rates'>,
  known: boolean,
): Promise<readonly RateLine[]> {
  const named = [...ratesOf('tenant', limits)];
  for (const agent of agents.values()) named.push(...ratesOf(scopeKey('agent', agent.name), agent.limits));
  const lines: RateLine[] = [];
  for (let from = 0; from < named.length; from += AT_ONCE) {
    const some = named.slice(from, from + AT_ONCE);
    const keys = some.map(({ scope, unit }) => `${scope}/${unit}/rate`);
    const owed = known ? await source.rates(name, keys) : [];
    for (const [index, one] of some.entries()) lines.push({ ...one, ...standing(one.rate, owed[index]) });
  }
  return lines;
}

function* ratesOf(scope: string, { requestRate, tokenRate }: ScopeLimits) {
  if (requestRate !== undefined) yield { scope, unit: 'requests', rate: requestRate } as const;
  if (tokenRate !== undefined) yield { scope, unit: 'tokens', rate: tokenRate } as const;
}

/** @param owedMs undefined: not known */
function standing({ limit, periodMs }: RateRule, owedMs: number | undefined): Pick<RateLine, 'available' | 'fullInMs'> {
  if (owedMs === undefined) return { available: undefined, fullInMs: undefined };
  // A limit that was made smaller may be owed more of than it has: it is held to it with the next request.
  const owed = Math.min(limit, (owedMs * limit) / periodMs);
  // A thousandth of a unit is a rounding error.
  return { available: Math.floor(limit - owed + 0.001), fullInMs: Math.min(owedMs, periodMs) };
}
