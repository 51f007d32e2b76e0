import type {
  BudgetPeriod,
  BudgetUnit,
  CalendarPeriod,
  RateRule,
  ScopeLimits,
  Tenant,
} from '../config/tenant-config.ts';
import type { CounterAsk, RateAsk } from '../state/budget-store.ts';
import { windowAt } from './windows.ts';

/** Whose limit it is. */
export type LimitOwner = 'tenant' | 'agent' | 'user';

/** A budget or a limit of requests at once. */
export interface CounterRule {
  readonly owner: LimitOwner;
  /** Undefined: requests under way at once. */
  readonly per: BudgetPeriod | undefined;
  readonly unit: BudgetUnit | 'concurrency';
  readonly limit: number;
  /** Of the key, after the names: `/usd/day`. */
  readonly suffix: string;
}

export interface RateLimitRule {
  readonly owner: LimitOwner;
  readonly unit: 'requests' | 'tokens';
  readonly rate: RateRule;
  readonly emissionMs: number;
  readonly suffix: string;
}

/** What a request takes at worst, or took. Whole numbers. */
export interface Amounts {
  /** Nano-dollars. */
  readonly nanos: number;
  /** Input and output together. */
  readonly tokens: number;
  /** 1; 0 for what is added to a request that was let in before. */
  readonly requests: number;
}

/** The names of one request, escaped for keys (`keyPart`). Undefined: not named. */
export interface ScopeParts {
  readonly agent: string | undefined;
  readonly user: string | undefined;
  readonly session: string | undefined;
  readonly task: string | undefined;
}

/** All that a request must fit in, and beside each ask the rule it comes of. */
export interface Asked {
  readonly counters: readonly CounterAsk[];
  /** As `counters`, one for one. */
  readonly counterRules: readonly CounterRule[];
  readonly rates: readonly RateAsk[];
  /** As `rates`, one for one. */
  readonly rateRules: readonly RateLimitRule[];
  /** Limits per session or task that the request breaks by itself, where it names none and so is one of its own. Not to be let in. */
  readonly tooLarge: readonly CounterRule[];
  readonly amounts: Amounts;
}

const DAY_MS = 86_400_000;
/** A session or task that was still for so long may begin anew. */
export const SESSION_FORGOTTEN_AFTER = 31 * DAY_MS;
/** Nothing is spent of a limit of requests at once: its counter is only worth keeping while something is held. */
const CONCURRENCY_FORGOTTEN_AFTER = DAY_MS;

/** The limits that hold for one agent of a tenant, worked out once. */
export class Limits {
  /** Some limit is in money: what a request costs has to be known. */
  readonly needsPrice: boolean;
  /** Some limit is in tokens. */
  readonly needsTokens: boolean;
  /** Nothing to ask a store for. */
  readonly none: boolean;
  readonly #timeZone: string;
  readonly #counters: readonly CounterRule[];
  readonly #rates: readonly RateLimitRule[];

  /** @param agent the limits of the agent; undefined: none but the tenant's */
  constructor(tenant: Tenant, agent: ScopeLimits | undefined) {
    this.#timeZone = tenant.timeZone;
    const owners: (readonly [LimitOwner, ScopeLimits])[] = [['tenant', tenant.limits]];
    if (agent !== undefined) owners.push(['agent', agent]);
    owners.push(['user', tenant.users]);
    this.#counters = owners.flatMap(([owner, limits]) => counterRules(owner, limits));
    this.#rates = owners.flatMap(([owner, limits]) => rateRules(owner, limits));
    this.needsPrice = this.#counters.some((rule) => rule.unit === 'usd');
    this.needsTokens = [...this.#counters, ...this.#rates].some((rule) => rule.unit === 'tokens');
    this.none = this.#counters.length === 0 && this.#rates.length === 0;
  }

  /** What to reserve at `now`, the store's time where it differs. About a microsecond for four scopes. */
  askFor(names: ScopeParts, amounts: Amounts, now: number): Asked {
    const counters: CounterAsk[] = [];
    const counterRules: CounterRule[] = [];
    const rates: RateAsk[] = [];
    const rateRules: RateLimitRule[] = [];
    let tooLarge: CounterRule[] | undefined;
    for (const rule of this.#counters) {
      const amount = amountOf(rule.unit, amounts);
      // Nothing is added to the requests under way by one that is under way.
      if (rule.unit === 'concurrency' && amount === 0) continue;
      const key = this.#keyOf(rule.owner, rule.per, names, rule.suffix);
      if (key === undefined) continue;
      if (key === ALONE) {
        if (amount > rule.limit) tooLarge = [...(tooLarge ?? []), rule];
        continue;
      }
      counters.push(this.#counterAsk(rule, key, amount, now));
      counterRules.push(rule);
    }
    for (const rule of this.#rates) {
      const cost = rule.unit === 'tokens' ? amounts.tokens : amounts.requests;
      const key = cost === 0 ? undefined : this.#keyOf(rule.owner, undefined, names, rule.suffix);
      if (key === undefined) continue;
      rates.push({ key, emissionMs: rule.emissionMs, burst: rule.rate.limit, cost });
      rateRules.push(rule);
    }
    return { counters, counterRules, rates, rateRules, tooLarge: tooLarge ?? NONE, amounts };
  }

  #counterAsk({ per, limit }: CounterRule, key: string, amount: number, now: number): CounterAsk {
    if (per === undefined || per === 'session' || per === 'task' || per === 'total') {
      const forgetAfter = forgottenAfter(per);
      return { key, limit, amount, windowStart: 0, windowEnd: undefined, forgetAfter };
    }
    const { start, end } = windowAt(per satisfies CalendarPeriod, this.#timeZone, now);
    return { key, limit, amount, windowStart: start, windowEnd: end, forgetAfter: undefined };
  }

  /** Undefined: the request is none of the owner's. {@link ALONE}: it is a session or task of its own. */
  #keyOf(owner: LimitOwner, per: BudgetPeriod | undefined, names: ScopeParts, suffix: string): string | undefined {
    const base = ownerPart(owner, names);
    if (base === undefined) return undefined;
    if (per !== 'session' && per !== 'task') return base + suffix;
    const part = per === 'session' ? names.session : names.task;
    if (part === undefined) return ALONE;
    return owner === 'tenant' ? `${per}:${part}${suffix}` : `${base}/${per}:${part}${suffix}`;
  }
}

/** No key: every key has a "/". */
const ALONE = 'alone';
const NONE: readonly CounterRule[] = [];

/** Units of a kind in a request's amounts. */
export function amountOf(unit: CounterRule['unit'], amounts: Amounts): number {
  if (unit === 'usd') return amounts.nanos;
  return unit === 'tokens' ? amounts.tokens : amounts.requests;
}

function ownerPart(owner: LimitOwner, names: ScopeParts): string | undefined {
  if (owner === 'tenant') return 'tenant';
  if (owner === 'agent') return names.agent === undefined ? undefined : `agent:${names.agent}`;
  return names.user === undefined ? undefined : `user:${names.user}`;
}

function forgottenAfter(per: 'session' | 'task' | 'total' | undefined): number | undefined {
  if (per === undefined) return CONCURRENCY_FORGOTTEN_AFTER;
  // A total that is forgotten could be spent again.
  return per === 'total' ? undefined : SESSION_FORGOTTEN_AFTER;
}

function counterRules(owner: LimitOwner, limits: ScopeLimits): CounterRule[] {
  const rules: CounterRule[] = limits.budget.map(({ unit, limit, per }) => ({
    owner,
    per,
    unit,
    limit,
    suffix: `/${unit}/${per}`,
  }));
  const { concurrency } = limits;
  if (concurrency !== undefined)
    rules.push({ owner, per: undefined, unit: 'concurrency', limit: concurrency, suffix: '/concurrency' });
  return rules;
}

function rateRules(owner: LimitOwner, { requestRate, tokenRate }: ScopeLimits): RateLimitRule[] {
  const rules: RateLimitRule[] = [];
  const add = (unit: 'requests' | 'tokens', rate: RateRule | undefined): void => {
    if (rate === undefined) return;
    rules.push({ owner, unit, rate, emissionMs: rate.periodMs / rate.limit, suffix: `/${unit}/rate` });
  };
  add('requests', requestRate);
  add('tokens', tokenRate);
  return rules;
}
