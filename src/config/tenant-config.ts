import type { AgentCache } from './cache-config.ts';
import type { ModelSettings, Timeouts } from './config.ts';
import type { ContextConfig } from './context-config.ts';

/** Who may use the proxy, and how much. Parsed once; every default filled in; deep-frozen. */
export interface Tenant {
  /** `[A-Za-z0-9_.-]{1,64}`. */
  readonly name: string;
  /** Keys written in the file; those made at run time are in the key store. */
  readonly keys: readonly ConfigKey[];
  /** IANA name. Calendar windows follow it. */
  readonly timeZone: string;
  /** What all requests of the tenant share. Rules per session or task hold for each session or task of it. */
  readonly limits: ScopeLimits;
  /** What each user has. */
  readonly users: ScopeLimits;
  /** For requests of no agent that is written here. */
  readonly policy: Policy;
  readonly agents: ReadonlyMap<string, Agent>;
  /** `"*"`: any agent that is not written, and requests that name none. */
  readonly otherAgents: Agent | undefined;
  readonly moneyCircuit: MoneyCircuitConfig;
  readonly webhooks: readonly WebhookConfig[];
}

export interface Agent {
  /** `*` for {@link Tenant.otherAgents}. */
  readonly name: string;
  /** Beside the tenant's, not in their place. */
  readonly limits: ScopeLimits;
  /** The tenant's, with what is written for the agent in its place. */
  readonly policy: Policy;
}

/** A client key as the file tells it. The key itself is nowhere. */
export interface ConfigKey {
  /** `acme#1`, `acme/coder#1`, `admin#1`: names it in the ledger and in logs. */
  readonly id: string;
  /** SHA-256 of the key, hexadecimal. */
  readonly hash: string;
  /** The agent it stands for; undefined: the client may name any. */
  readonly agent: string | undefined;
}

export interface Policy {
  /** A model must be on every list; none: all models. */
  readonly allow: readonly ModelList[];
  readonly over: 'block' | 'downgrade' | 'cache-only';
  /** A model's name; never undefined where `over` is `downgrade`. */
  readonly downgradeTo: string | undefined;
  /** Lower the answer's cap to what the remainder buys, rather than refuse. */
  readonly clamp: boolean;
  /** Share of a limit from which on it is warned, above 0, at most 1. */
  readonly warnAt: number;
  /** The model that `model: default` stands for. */
  readonly chain: string | undefined;
  /** What is written beside the models' own settings; undefined: nothing. */
  readonly settings: AgentSettings | undefined;
  readonly guard: GuardConfig;
  readonly cache: AgentCache;
  /** How conversations are kept short; undefined: they are left alone. */
  readonly context: ContextConfig | undefined;
}

/** An allow-list: names, and beginnings of names (`openai/*`). */
export interface ModelList {
  readonly names: readonly string[];
  /** Without the star. */
  readonly prefixes: readonly string[];
}

/** Settings that go before a model's own for one agent. */
export interface AgentSettings {
  readonly timeouts: Partial<Timeouts>;
  readonly retries: Partial<ModelSettings['retries']>;
  readonly stream: Partial<ModelSettings['stream']>;
}

/** The limits of one scope. */
export interface ScopeLimits {
  /** No two of the same unit and period. */
  readonly budget: readonly BudgetRule[];
  readonly requestRate: RateRule | undefined;
  readonly tokenRate: RateRule | undefined;
  /** Requests under way at once; undefined: no limit. */
  readonly concurrency: number | undefined;
}

export const BUDGET_UNITS = ['usd', 'tokens', 'requests'] as const;
export type BudgetUnit = (typeof BUDGET_UNITS)[number];

export const CALENDAR_PERIODS = ['minute', 'hour', 'day', 'week', 'month'] as const;
export type CalendarPeriod = (typeof CALENDAR_PERIODS)[number];

export const BUDGET_PERIODS = [...CALENDAR_PERIODS, 'session', 'task', 'total'] as const;
export type BudgetPeriod = (typeof BUDGET_PERIODS)[number];

export interface BudgetRule {
  readonly unit: BudgetUnit;
  /** Nano-dollars, tokens or requests: whole, at least 1, at most `Number.MAX_SAFE_INTEGER`. */
  readonly limit: number;
  readonly per: BudgetPeriod;
}

export interface RateRule {
  readonly limit: number;
  readonly periodMs: number;
  /** `minute`, as written. */
  readonly period: string;
}

export interface GuardConfig {
  /** The same tool with the same arguments so often in one session; undefined: not watched. */
  readonly repeats: number | undefined;
  /** Tool calls in one task; undefined: not watched. */
  readonly toolCalls: number | undefined;
  readonly action: 'warn' | 'block' | 'off';
}

export interface MoneyCircuitConfig {
  /** Times the rolling average; undefined: not watched. */
  readonly spike: number | undefined;
  /** Milliseconds within which, at the present rate, the day's budget must not end; undefined: not watched. */
  readonly endsWithin: number | undefined;
  readonly action: 'alert' | 'pause' | 'off';
}

export const WEBHOOK_EVENTS = [
  'budget.warning',
  'budget.exhausted',
  'money.spike',
  'money.slope',
  'scope.paused',
  'scope.resumed',
  'loop.detected',
  'cache.certified',
  'cache.tightened',
  'cache.suspended',
  'key.created',
  'key.revoked',
  'state.unavailable',
  'state.recovered',
] as const;
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number];

export interface WebhookConfig {
  /** Not enumerable: it may hold a token. */
  readonly url: string;
  /** Signs what is sent. Not enumerable. */
  readonly secret: string;
  /** Never empty. */
  readonly events: readonly WebhookEvent[];
}

export interface AdminConfig {
  readonly keys: readonly ConfigKey[];
}
