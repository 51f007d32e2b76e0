import type { ConfigKey } from '../config/tenant-config.ts';
import type { LedgerLine, PausedScope } from '../state/budget-store.ts';
import type { StoredKey } from '../state/key-store.ts';
import type { RateLine } from '../tenants/rate-lines.ts';
import type { BudgetLine, TenantReport } from '../tenants/report.ts';
import { isoInZone } from '../tenants/windows.ts';
import { toUsd } from './money.ts';
import type { BudgetShape, KeyShape, LedgerShape, RateShape, TenantBudgets } from './shapes.ts';

export function isoTime(at: number): string {
  return new Date(at).toISOString();
}

export function showPaused(paused: readonly PausedScope[]) {
  return paused.map(({ scope, reason, since }) => ({ scope, reason, since: isoTime(since) }));
}

export function showReport({ tenant, lines, leftOut, partial, rates, paused }: TenantReport): TenantBudgets {
  return {
    tenant: tenant.name,
    timeZone: tenant.timeZone,
    budgets: lines.map((line) => showBudget(line, tenant.timeZone)),
    leftOut: leftOut.map(({ per, ...rest }) => ({ ...rest, per: per ?? null })),
    partial,
    rates: rates.map(showRate),
    paused: showPaused(paused),
  };
}

function showRate({ scope, unit, rate, available, fullInMs }: RateLine): RateShape {
  const { limit, period } = rate;
  const fullInSeconds = fullInMs === undefined ? null : Math.ceil(fullInMs / 100) / 10;
  return { scope, unit, per: period, limit, available: available ?? null, fullInSeconds };
}

function showBudget(line: BudgetLine, timeZone: string): BudgetShape {
  const { unit, spent, burn, outlook } = line;
  const limit = line.limit ?? null;
  const held = line.held ?? null;
  const remaining = limit === null ? null : Math.max(0, limit - spent - (held ?? 0));
  const exact = { limit, spent, held, remaining };
  const shown = (amount: number) => (unit === 'usd' ? toUsd(amount) : amount);
  const maybe = (amount: number | null) => (amount === null ? null : shown(amount));
  const when = (at: number | undefined) => (at === undefined ? null : isoInZone(timeZone, at));
  return {
    scope: line.scope,
    within: line.ownerScope === line.scope ? null : line.ownerScope,
    counter: line.key,
    unit,
    per: line.per ?? null,
    limit: maybe(limit),
    spent: shown(spent),
    held: maybe(held),
    remaining: maybe(remaining),
    nanoUsd: unit === 'usd' ? exact : null,
    resetsAt: when(line.windowEnd),
    burnPerHour: burn === undefined ? null : shown(burn.perHour),
    burnOverSeconds: burn === undefined ? null : Math.round(burn.overMs / 1000),
    outlook: outlook.kind,
    projectedEnd: outlook.kind === 'ends' ? when(Math.floor(outlook.at / 1000) * 1000) : null,
    paused: line.paused ?? null,
  };
}

export function showStoredKey(key: StoredKey, now: number): KeyShape {
  const time = (at: number | undefined) => (at === undefined ? null : isoTime(at));
  const { id, tenant, hint, createdAt, expiresAt, revokedAt } = key;
  return {
    id,
    tenant,
    agent: key.agent ?? null,
    label: key.label ?? null,
    source: 'store',
    status: statusOf(key, now),
    hint,
    createdAt: isoTime(createdAt),
    expiresAt: time(expiresAt),
    revokedAt: time(revokedAt),
  };
}

export function showConfigKey({ id, agent }: ConfigKey, tenant: string): KeyShape {
  return {
    id,
    tenant,
    agent: agent ?? null,
    label: null,
    source: 'config',
    status: 'good',
    hint: null,
    createdAt: null,
    expiresAt: null,
    revokedAt: null,
  };
}

function statusOf({ expiresAt, revokedAt }: StoredKey, now: number): KeyShape['status'] {
  if (revokedAt !== undefined && revokedAt <= now) return 'revoked';
  if (expiresAt !== undefined && expiresAt <= now) return 'expired';
  return revokedAt === undefined ? 'good' : 'ending';
}

export function showLine(line: LedgerLine): LedgerShape {
  const { at, cost, saved, agent, user, session, task, key, target, ...rest } = line;
  return {
    at: isoTime(at),
    id: rest.id,
    tenant: rest.tenant,
    agent: agent ?? null,
    user: user ?? null,
    session: session ?? null,
    task: task ?? null,
    key: key ?? null,
    endpoint: rest.endpoint,
    model: rest.model,
    target: target ?? null,
    status: rest.status,
    billedTries: rest.billedTries,
    inputTokens: rest.inputTokens,
    cachedTokens: rest.cachedTokens,
    cacheWriteTokens: rest.cacheWriteTokens,
    outputTokens: rest.outputTokens,
    reasoningTokens: rest.reasoningTokens,
    costUsd: toUsd(cost),
    costNanoUsd: cost,
    savedUsd: toUsd(saved),
    savedNanoUsd: saved,
    estimated: rest.estimated,
    cursor: rest.cursor,
  };
}
