import type { BudgetPeriod, BudgetUnit, WebhookEvent } from '../../config/tenant-config.ts';

/** Something that people want to be told of. Holds no prompt, no answer, no key. */
export type BudgetEvent =
  | Event<'budget.warning' | 'budget.exhausted', BudgetFigures>
  | Event<'money.spike', SpikeFigures>
  | Event<'money.slope', SlopeFigures>
  | Event<'scope.paused', { readonly reason: string }>
  | Event<'scope.resumed', Readonly<Record<string, never>>>
  | Event<'loop.detected', LoopFigures>
  | Event<'cache.certified' | 'cache.tightened' | 'cache.suspended', CertificateFigures>
  | Event<'key.created' | 'key.revoked', KeyFigures>
  | Event<'state.unavailable' | 'state.recovered', StateFigures>;

interface Event<Type extends WebhookEvent, Data> {
  /** The same in every replica and every repetition: `evt_` and 32 hexadecimal digits. */
  readonly id: string;
  readonly type: Type;
  /** Clock milliseconds. */
  readonly at: number;
  /** Undefined: of the whole proxy. */
  readonly tenant: string | undefined;
  /** As the store names it: `tenant`, `agent:coder`, `session:s1`. */
  readonly scope: string | undefined;
  /** One sentence for a person. */
  readonly text: string;
  readonly data: Data;
}

/** Amounts in dollars where the unit is `usd`, else in tokens or requests. */
export interface BudgetFigures {
  readonly unit: BudgetUnit;
  readonly per: BudgetPeriod;
  readonly limit: number;
  readonly spent: number;
  readonly held: number;
  /** ISO 8601; null: it never begins anew. */
  readonly resetsAt: string | null;
}

/** Amounts in dollars. */
export interface SpikeFigures {
  readonly of: 'session' | 'task' | 'hour' | 'day';
  readonly cost: number;
  readonly average: number;
  readonly paused: boolean;
}

export interface SlopeFigures {
  readonly unit: string;
  readonly limit: number;
  readonly spent: number;
  readonly perHour: number;
  /** ISO 8601. */
  readonly endsAt: string;
  readonly paused: boolean;
}

export interface LoopFigures {
  readonly cause: 'repeats' | 'tool-calls';
  readonly agent: string | null;
  readonly session: string | null;
  readonly task: string | null;
  /** All calls counted. */
  readonly toolCalls: number;
  /** Without arguments, which may hold anything: a hash tells them apart. */
  readonly calls: readonly { readonly name: string; readonly argumentsHash: string; readonly count: number }[];
  readonly blocked: boolean;
}

/** What became of a semantic cache's certificate. Thresholds are cosines. */
export interface CertificateFigures {
  /** The route. */
  readonly model: string;
  readonly embedder: string;
  /** From which on hits are given now; null: none is. */
  readonly threshold: number | null;
  /** The one before, where it was given up; null: none was. */
  readonly before: number | null;
  /** The 95% bound on the share of wrong answers among hits, where it was just certified. */
  readonly bound: number | null;
  readonly reason: string | null;
}

export interface KeyFigures {
  /** The key's public id. */
  readonly key: string;
  readonly agent: string | null;
}

export interface StateFigures {
  /** `redis`, `sqlite`. */
  readonly store: string;
  readonly replica: string;
}
