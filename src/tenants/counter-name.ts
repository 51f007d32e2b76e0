import {
  BUDGET_PERIODS,
  BUDGET_UNITS,
  type BudgetPeriod,
  type BudgetUnit,
  type ScopeLimits,
  type Tenant,
} from '../config/tenant-config.ts';
import { keyPart, type ScopeKind } from './scopes.ts';

/** What a counter's key says of it. The other way round from `Limits`, which puts keys together. */
export interface CounterName {
  /** All but unit and period: `tenant`, `agent:coder`, `agent:coder/session:s1`. */
  readonly base: string;
  /** Whose limit it is; a session or task stands for itself where the limit is the tenant's. */
  readonly owner: ScopeKind;
  readonly ownerScope: string;
  /** What is limited: the session in `agent:coder/session:s1`, else the owner. */
  readonly scope: string;
  readonly unit: BudgetUnit | 'concurrency';
  /** Undefined: requests under way at once. */
  readonly per: BudgetPeriod | undefined;
}

/** Undefined where it is no key of a limit. */
export function readCounterName(key: string): CounterName | undefined {
  const parts = key.split('/');
  const isConcurrency = parts.at(-1) === 'concurrency';
  const base = parts.slice(0, isConcurrency ? -1 : -2);
  const ownerScope = base[0];
  const scope = base.at(-1);
  const owner = kindOf(ownerScope);
  if (ownerScope === undefined || scope === undefined || owner === undefined || base.length > 2) return undefined;
  const name = { base: base.join('/'), owner, ownerScope, scope };
  if (isConcurrency) return { ...name, unit: 'concurrency', per: undefined };
  const unit = BUDGET_UNITS.find((known) => known === parts.at(-2));
  const per = BUDGET_PERIODS.find((known) => known === parts.at(-1));
  return unit === undefined || per === undefined ? undefined : { ...name, unit, per };
}

/** The limit a counter is held to by the configuration of now; undefined: none any more. */
export function limitOf(tenant: Tenant, { owner, ownerScope, unit, per }: CounterName): number | undefined {
  const limits = limitsOf(tenant, owner, ownerScope);
  if (limits === undefined || unit === 'concurrency') return limits?.concurrency;
  return limits.budget.find((rule) => rule.unit === unit && rule.per === per)?.limit;
}

/** Names that the operator chose, not a client: there are only so many of them. */
export function isNamedByOperator(tenant: Tenant, { owner, ownerScope, scope }: CounterName): boolean {
  if (scope !== ownerScope) return false;
  return owner === 'tenant' || (owner === 'agent' && agentOf(tenant, ownerScope) !== undefined);
}

function limitsOf(tenant: Tenant, owner: ScopeKind, ownerScope: string): ScopeLimits | undefined {
  if (owner === 'user') return tenant.users;
  if (owner !== 'agent') return tenant.limits;
  return (agentOf(tenant, ownerScope) ?? tenant.otherAgents)?.limits;
}

function agentOf(tenant: Tenant, scope: string) {
  const part = scope.slice('agent:'.length);
  // Nearly every name is its own part of a key.
  const plain = tenant.agents.get(part);
  if (plain !== undefined && keyPart(part) === part) return plain;
  return [...tenant.agents.values()].find(({ name }) => keyPart(name) === part);
}

function kindOf(scope: string | undefined): ScopeKind | undefined {
  if (scope === 'tenant') return 'tenant';
  for (const kind of ['agent', 'user', 'session', 'task'] as const) if (scope?.startsWith(`${kind}:`)) return kind;
  return undefined;
}
