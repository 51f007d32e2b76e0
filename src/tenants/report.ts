import { BUDGET_UNITS, type CalendarPeriod, type ScopeLimits, type Tenant } from '../config/tenant-config.ts';
import type { BudgetStore, CounterState, PausedScope } from '../state/budget-store.ts';
import { type BurnRate, burnRate, HOUR_MS, type Outlook, outlook, type Recent, readRecent } from './burn-rate.ts';
import { type CounterName, isNamedByOperator, limitOf, readCounterName } from './counter-name.ts';
import { type RateLine, rateLines } from './rate-lines.ts';
import { SCOPE_KINDS, scopeKey } from './scopes.ts';
import { windowAt } from './windows.ts';

/** One budget or limit, and how it stands. Amounts in the unit: nano-dollars, tokens, requests. */
export interface BudgetLine extends CounterName {
  /** The store's name of it: `agent:coder/usd/day`. */
  readonly key: string;
  /** Undefined: no rule says so any more. */
  readonly limit: number | undefined;
  readonly spent: number;
  /** Undefined: not known to this process. */
  readonly held: number | undefined;
  /** Clock milliseconds; undefined: it never begins anew. */
  readonly windowEnd: number | undefined;
  readonly burn: BurnRate | undefined;
  readonly outlook: Outlook;
  /** The reason, where its scope, or the tenant, is paused. */
  readonly paused: string | undefined;
}

/** Sessions, tasks, users and agents are named by clients and may be many: the report has the dearest of each limit. */
export interface LinesLeftOut {
  readonly owner: CounterName['owner'];
  readonly unit: CounterName['unit'];
  readonly per: CounterName['per'];
  readonly shown: number;
  readonly total: number;
}

export interface TenantReport {
  readonly tenant: Tenant;
  /** Clock milliseconds. */
  readonly at: number;
  readonly lines: readonly BudgetLine[];
  readonly leftOut: readonly LinesLeftOut[];
  /** There are more counters than were read: totals are of those read. What the operator named is complete. */
  readonly partial: boolean;
  readonly paused: readonly PausedScope[];
  readonly rates: readonly RateLine[];
}

export type ReportSource = Pick<BudgetStore, 'counters' | 'rates' | 'paused' | 'ledger'>;

export interface ReportOptions {
  /** Clock milliseconds. */
  readonly now: number;
  /** False beside the process that owns the holds. */
  readonly heldKnown: boolean;
  /** Counters read at most. */
  readonly counters: number;
  /** Look at the last hour of the ledger for the burn rates. */
  readonly recent: boolean;
}

/** Lines of each limit that clients name. */
const TOP = 20;

/** How the budgets of a tenant stand. @throws {StateUnavailable} */
export async function reportBudgets(
  tenant: Tenant,
  source: ReportSource,
  options: ReportOptions,
): Promise<TenantReport> {
  const { now } = options;
  const expected = namedCounters(tenant, now);
  const found = await source.counters(tenant.name, options.counters, [...expected.keys()]);
  const paused = await source.paused(tenant.name);
  for (const counter of found) {
    // What is over may still be listed; a budget nobody has used since is empty.
    const over = counter.windowEnd !== undefined && counter.windowEnd <= now;
    if (!over) expected.set(counter.key, counter);
  }
  const counters = [...expected.values()];
  const recent = options.recent && counters.some((one) => isOld(one, now));
  const view = new View(tenant, options, paused, recent ? await readRecent(source, tenant.name, now) : undefined);
  const lines = counters.flatMap((counter) => view.line(counter) ?? []);
  const rates = await rateLines(tenant, source, options.heldKnown);
  return { tenant, at: now, ...dearest(tenant, lines), partial: found.length >= options.counters, paused, rates };
}

/** The ledger has more to say of it than the counter itself. */
function isOld({ spent, windowStart }: CounterState, now: number): boolean {
  return spent > 0 && now - windowStart > HOUR_MS;
}

/** Every limit of the tenant and of the agents in its file, used or not, as it stands where nobody has used it. */
function namedCounters(tenant: Tenant, now: number): Map<string, CounterState> {
  const counters = new Map<string, CounterState>();
  const add = (scope: string, { budget, concurrency }: ScopeLimits) => {
    for (const { unit, per } of budget) {
      if (per === 'session' || per === 'task') continue;
      const key = `${scope}/${unit}/${per}`;
      const window = per === 'total' ? undefined : windowAt(per satisfies CalendarPeriod, tenant.timeZone, now);
      counters.set(key, { key, windowStart: window?.start ?? 0, windowEnd: window?.end, spent: 0, held: 0 });
    }
    const key = `${scope}/concurrency`;
    if (concurrency !== undefined) counters.set(key, { key, windowStart: 0, windowEnd: undefined, spent: 0, held: 0 });
  };
  add('tenant', tenant.limits);
  for (const agent of tenant.agents.values()) add(scopeKey('agent', agent.name), agent.limits);
  return counters;
}

/** What all lines of one report are seen by. */
class View {
  readonly #tenant: Tenant;
  readonly #options: ReportOptions;
  readonly #paused: ReadonlyMap<string, string>;
  readonly #recent: Recent | undefined;

  constructor(tenant: Tenant, options: ReportOptions, paused: readonly PausedScope[], recent: Recent | undefined) {
    this.#tenant = tenant;
    this.#options = options;
    this.#paused = new Map(paused.map(({ scope, reason }) => [scope, reason]));
    this.#recent = recent;
  }

  /** Undefined where there is nothing to say. */
  line({ key, spent, held, windowStart, windowEnd }: CounterState): BudgetLine | undefined {
    const { now, heldKnown } = this.#options;
    const name = readCounterName(key);
    if (name === undefined || (name.unit === 'concurrency' && !heldKnown)) return undefined;
    const limit = limitOf(this.#tenant, name);
    const isIdle = held === 0 && !isNamedByOperator(this.#tenant, name);
    if (isIdle && (name.unit === 'concurrency' || (spent === 0 && limit === undefined))) return undefined;
    const burn = burnRate(name, spent, windowStart === 0 ? undefined : windowStart, this.#recent, now);
    return {
      ...name,
      key,
      limit,
      spent,
      held: heldKnown ? held : undefined,
      windowEnd,
      burn,
      outlook: name.unit === 'concurrency' ? { kind: 'unknown' } : outlook(limit, spent, windowEnd, burn, now),
      paused: this.#paused.get('tenant') ?? this.#paused.get(name.scope) ?? this.#paused.get(name.ownerScope),
    };
  }
}

/** In the order of a file: the tenant, its agents, users, sessions, tasks; the dearest first among what clients have named. */
function dearest(tenant: Tenant, lines: readonly BudgetLine[]): Pick<TenantReport, 'lines' | 'leftOut'> {
  const named = lines.filter((line) => isNamedByOperator(tenant, line));
  const others = lines.filter((line) => !isNamedByOperator(tenant, line)).sort(byOwner);
  const shown: BudgetLine[] = [...named];
  const leftOut: LinesLeftOut[] = [];
  for (const group of Map.groupBy(others, ({ owner, unit, per }) => `${owner}/${unit}/${per}`).values()) {
    const top = group.toSorted((a, b) => b.spent - a.spent || (b.held ?? 0) - (a.held ?? 0)).slice(0, TOP);
    shown.push(...top);
    const [first] = top;
    if (first === undefined || top.length === group.length) continue;
    const { owner, unit, per } = first;
    leftOut.push({ owner, unit, per, shown: top.length, total: group.length });
  }
  return { lines: shown, leftOut };
}

function byOwner(a: BudgetLine, b: BudgetLine): number {
  const order: readonly string[] = BUDGET_UNITS;
  return SCOPE_KINDS.indexOf(a.owner) - SCOPE_KINDS.indexOf(b.owner) || order.indexOf(a.unit) - order.indexOf(b.unit);
}
