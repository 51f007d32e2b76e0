import type { Config } from './config.ts';
import type { RoutingPolicy } from './routing-config.ts';
import type { ModelList, Tenant } from './tenant-config.ts';

/** What is allowed of routing and probably not meant. */
export function routingWarnings(config: Config): readonly string[] {
  const { policies, models } = config.routing;
  const warnings: string[] = [];
  const used = new Set([...models.values()].map(({ name }) => name));
  for (const policy of policies.values()) {
    const at = `routing.policies.${policy.name}`;
    if (!used.has(policy.name)) warnings.push(`${at}: no model has it as its route, so no request is routed by it`);
    warnings.push(...policyWarnings(policy).map((warning) => `${at}: ${warning}`));
  }
  for (const tenant of config.tenants.values()) warnings.push(...tenantWarnings(tenant, models));
  return warnings;
}

function policyWarnings({ tiers, tasks, rules, evidence }: RoutingPolicy): string[] {
  const warnings: string[] = [];
  if (new Set(tiers.map(({ model }) => model)).size === 1)
    warnings.push('every tier is the same model: there is nothing to choose');
  if (tasks.size > 0 && rules.length === 0)
    warnings.push('no rule tells tasks: only requests with x-breakwater-task-type have one');
  if (evidence === undefined && tiers.length > 1)
    warnings.push('without evidence tiers are applied as written, and nobody looks whether quality holds');
  if (evidence !== undefined && evidence.shadow === 0)
    warnings.push('evidence.shadow is off: nothing is compared, so no cheap model is ever served');
  if (evidence !== undefined && evidence.budget === undefined && evidence.shadow > 0)
    warnings.push('evidence has no budget: asking both models may cost any amount');
  return warnings;
}

/** A list names the models a request may be served by, and the name that it asks for. */
function tenantWarnings(tenant: Tenant, models: ReadonlyMap<string, RoutingPolicy>): string[] {
  const warnings: string[] = [];
  const policies = [tenant.policy, ...[...tenant.agents.values()].map(({ policy }) => policy)];
  for (const [name, { tiers }] of models) {
    const dead = policies.some(
      ({ allow }) =>
        allow.length > 0 &&
        allow.every((list) => holds(list, name)) &&
        !tiers.some(({ model }) => allow.every((list) => holds(list, model))),
    );
    if (dead)
      warnings.push(
        `tenants.${tenant.name}: ${name} is allowed, and none of the models it stands for: list them beside it`,
      );
  }
  return warnings;
}

function holds({ names, prefixes }: ModelList, name: string): boolean {
  return names.includes(name) || prefixes.some((prefix) => name.startsWith(prefix));
}
