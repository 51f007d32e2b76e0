import type { Config } from './config.ts';
import type { Agent, ScopeLimits, Tenant } from './tenant-config.ts';

/** What is allowed of tenants and probably not meant. */
export function tenantWarnings(config: Config): readonly string[] {
  const warnings: string[] = [];
  for (const tenant of config.tenants.values()) warnings.push(...warningsOf(tenant));
  if (config.tenants.size === 0) return warnings;
  if (config.state.kind === 'memory')
    warnings.push('state: memory forgets what was spent, and every key made at run time, when the process ends');
  for (const provider of config.providers.values()) {
    if (!provider.passthrough) continue;
    warnings.push(
      `providers.${provider.name}: has no key; with tenants it is only reached by clients that send this proxy’s key as x-breakwater-key and their own as Authorization`,
    );
  }
  return warnings;
}

function warningsOf(tenant: Tenant): string[] {
  const warnings: string[] = [];
  const at = `tenants.${tenant.name}`;
  const agents: readonly Agent[] = [
    ...tenant.agents.values(),
    ...(tenant.otherAgents === undefined ? [] : [tenant.otherAgents]),
  ];
  const all = [tenant.limits, tenant.users, ...agents.map((agent) => agent.limits)];
  if (all.every(isUnlimited)) warnings.push(`${at}: has no limit at all`);
  const policies = [tenant.policy, ...agents.map((agent) => agent.policy)];
  if (policies.some((policy) => policy.over === 'cache-only'))
    warnings.push(`${at}: over: cache-only refuses as block does, as long as there is no cache to answer from`);
  const lasting = tenant.limits.budget.some((rule) => rule.per !== 'session' && rule.per !== 'task');
  if (!lasting && all.some((limits) => limits.budget.length > 0))
    warnings.push(
      `${at}: clients name their sessions, tasks, users and (without keys of their own) agents themselves; only a budget of the tenant bounds all of them`,
    );
  return warnings;
}

function isUnlimited({ budget, requestRate, tokenRate, concurrency }: ScopeLimits): boolean {
  return budget.length === 0 && requestRate === undefined && tokenRate === undefined && concurrency === undefined;
}
