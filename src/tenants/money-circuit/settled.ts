import type { BudgetPeriod, BudgetUnit } from '../../config/tenant-config.ts';

/** What the money circuit learns of a settled request. Names as in scopes: escaped by `keyPart`. */
export interface Settled {
  readonly tenant: string;
  readonly agent: string | undefined;
  readonly session: string | undefined;
  readonly task: string | undefined;
  /** Nano-dollars. */
  readonly cost: number;
  /** Clock milliseconds. */
  readonly at: number;
  /** The counters it was charged to, as they are now. Only those of a day are looked at. */
  readonly counters: readonly SettledCounter[];
}

export interface SettledCounter {
  /** Names it within the tenant. */
  readonly key: string;
  /** Whose it is, as it can be paused: `tenant`, `agent:coder`, `user:ann`. */
  readonly scope: string;
  readonly unit: BudgetUnit | 'concurrency';
  readonly per: BudgetPeriod | undefined;
  /** In the counter's unit, as `spent`. */
  readonly limit: number;
  /** After the settlement, of all replicas together. */
  readonly spent: number;
  readonly windowStart: number;
  readonly windowEnd: number | undefined;
}

/** What is watched; see `MoneyCircuitConfig`. */
export interface MoneyLimits {
  /** Times the rolling average; undefined: not watched. */
  readonly spike: number | undefined;
  /** Milliseconds within which a day's budget must not end; undefined: not watched. */
  readonly endsWithin: number | undefined;
}

/** Money goes faster than it should. Raised once for each scope, cause and window. */
export type MoneyAlert = SpikeAlert | SlopeAlert;

export interface SpikeAlert {
  readonly cause: 'spike';
  /** What costs too much: a session, a task, or an agent's hour or day. */
  readonly of: 'session' | 'task' | 'hour' | 'day';
  readonly tenant: string;
  /** To be paused: `session:s1`, `task:t`, `agent:coder`. */
  readonly scope: string;
  /** Tells this alert from one on the same scope at another time: when the session was first seen, or the hour or day began. */
  readonly window: number;
  /** Nano-dollars. */
  readonly cost: number;
  /** Nano-dollars: of the finished sessions or tasks, or of the past days or their dearest hours. */
  readonly average: number;
  readonly text: string;
}

export interface SlopeAlert {
  readonly cause: 'slope';
  readonly tenant: string;
  readonly scope: string;
  /** Where the day began. */
  readonly window: number;
  /** The counter's key. */
  readonly counter: string;
  readonly unit: BudgetUnit | 'concurrency';
  readonly limit: number;
  readonly spent: number;
  /** Units an hour. */
  readonly perHour: number;
  /** Clock milliseconds: when the budget would be spent. */
  readonly endsAt: number;
  readonly text: string;
}
