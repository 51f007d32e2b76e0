import * as z from 'zod';
import { BUDGET_PERIODS, BUDGET_UNITS } from '../config/tenant-config.ts';
import { SCOPE_KINDS } from '../tenants/scopes.ts';

/**
 * What the admin API answers, and what the commands read of it. Times are ISO 8601; null is "none" or "not known". Amounts of the unit
 * `usd` are dollars, as in errors and webhooks; `nanoUsd` beside them has the whole nano-dollars that are counted in.
 */
const time = z.string();
const amounts = {
  limit: z.number().nullable(),
  spent: z.number(),
  held: z.number().nullable(),
  remaining: z.number().nullable(),
};
const unit = z.enum([...BUDGET_UNITS, 'concurrency']);
const per = z.enum(BUDGET_PERIODS).nullable();
const owner = z.enum(SCOPE_KINDS);
const pausedScope = z.object({ scope: z.string(), reason: z.string(), since: time });

const budget = z.object({
  /** `tenant`, `agent:coder`, `session:s1`. */
  scope: z.string(),
  /** The agent or user a session's or task's budget belongs to. */
  within: z.string().nullable(),
  counter: z.string(),
  unit,
  per,
  ...amounts,
  /** Only of money. */
  nanoUsd: z.object(amounts).nullable(),
  resetsAt: time.nullable(),
  burnPerHour: z.number().nullable(),
  /** Over how much of the past that is. */
  burnOverSeconds: z.number().nullable(),
  outlook: z.enum(['holds', 'ends', 'reached', 'unknown']),
  projectedEnd: time.nullable(),
  paused: z.string().nullable(),
});
export type BudgetShape = z.infer<typeof budget>;

const rate = z.object({
  scope: z.string(),
  unit: z.enum(['requests', 'tokens']),
  /** `minute`. */
  per: z.string(),
  limit: z.number(),
  available: z.number().nullable(),
  /** Until all of the limit is available again. */
  fullInSeconds: z.number().nullable(),
});
export type RateShape = z.infer<typeof rate>;

const tenantBudgets = z.object({
  tenant: z.string(),
  timeZone: z.string(),
  budgets: z.array(budget),
  leftOut: z.array(z.object({ owner, unit, per, shown: z.number(), total: z.number() })),
  partial: z.boolean(),
  rates: z.array(rate),
  paused: z.array(pausedScope),
});
export type TenantBudgets = z.infer<typeof tenantBudgets>;

export const budgetsPage = z.object({
  object: z.literal('list'),
  at: time,
  /** Where the budgets are kept. */
  store: z.enum(['memory', 'sqlite', 'redis']),
  data: z.array(tenantBudgets),
  /** Give it as `after` for what follows. */
  next: z.string().nullable(),
});
export type BudgetsPage = z.infer<typeof budgetsPage>;

const clientKey = z.object({
  id: z.string(),
  tenant: z.string(),
  agent: z.string().nullable(),
  label: z.string().nullable(),
  /** `config`: written in the file. */
  source: z.enum(['config', 'store']),
  status: z.enum(['good', 'ending', 'expired', 'revoked']),
  /** The last four characters. */
  hint: z.string().nullable(),
  createdAt: time.nullable(),
  expiresAt: time.nullable(),
  /** It is refused from then on; ahead where the key was rotated. */
  revokedAt: time.nullable(),
});
export type KeyShape = z.infer<typeof clientKey>;

export const keyList = z.object({ object: z.literal('list'), data: z.array(clientKey) });
export type KeyList = z.infer<typeof keyList>;
export const revokedKey = clientKey;

/** The one answer that has a key in it. */
export const madeKey = z.object({
  key: z.string(),
  ...clientKey.shape,
  /** The key it takes the place of, and how long that one goes on. */
  replaces: z.object({ id: z.string(), goodUntil: time }).nullable(),
});
export type MadeKey = z.infer<typeof madeKey>;

export const pauseReply = z.object({ tenant: z.string(), ...pausedScope.shape });
export type PauseReply = z.infer<typeof pauseReply>;

export const resumeReply = z.object({ tenant: z.string(), scope: z.string(), resumed: z.literal(true) });
export type ResumeReply = z.infer<typeof resumeReply>;

const ledgerLine = z.object({
  at: time,
  id: z.string(),
  tenant: z.string(),
  agent: z.string().nullable(),
  user: z.string().nullable(),
  session: z.string().nullable(),
  task: z.string().nullable(),
  key: z.string().nullable(),
  endpoint: z.string(),
  model: z.string(),
  target: z.string().nullable(),
  status: z.string(),
  billedTries: z.number(),
  inputTokens: z.number(),
  cachedTokens: z.number(),
  cacheWriteTokens: z.number(),
  outputTokens: z.number(),
  reasoningTokens: z.number(),
  costUsd: z.number(),
  costNanoUsd: z.number(),
  savedUsd: z.number(),
  savedNanoUsd: z.number(),
  estimated: z.boolean(),
  cursor: z.string(),
});
export type LedgerShape = z.infer<typeof ledgerLine>;

export const ledgerPage = z.object({
  object: z.literal('list'),
  data: z.array(ledgerLine),
  next: z.string().nullable(),
});
export type LedgerShapePage = z.infer<typeof ledgerPage>;

export const tenantsPage = z.object({
  object: z.literal('list'),
  data: z.array(
    z.object({
      tenant: z.string(),
      timeZone: z.string(),
      agents: z.array(z.string()),
      /** Agents that are not in the file have limits of their own. */
      otherAgents: z.boolean(),
      over: z.string(),
      webhooks: z.number(),
      paused: z.array(pausedScope),
    }),
  ),
  next: z.string().nullable(),
});
export type TenantsPage = z.infer<typeof tenantsPage>;

const routeShape = z.object({
  tenant: z.string(),
  policy: z.string(),
  key: z.string(),
  pair: z.object({ cheap: z.string(), strong: z.string() }),
  state: z.string(),
  blind: z.boolean(),
  n: z.number(),
  loss: z.number(),
  upper: z.number(),
  seen: z.number(),
  served: z.number(),
  savedUsd: z.number(),
  spentUsd: z.object({ shadow: z.number(), judge: z.number() }),
  netUsd: z.number(),
  verdict: z.string(),
});

/** `GET /admin/routes`, as far as commands use it. */
export const routesPage = z.object({ routes: z.array(routeShape), total: z.number() });

export type RouteShape = Readonly<z.output<typeof routeShape>>;
export type RoutesPage = z.output<typeof routesPage>;
