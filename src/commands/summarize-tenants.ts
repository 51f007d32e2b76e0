import { formatAmount } from '../config/amounts.ts';
import type { Config } from '../config/config.ts';
import type { Policy, RateRule, ScopeLimits, Tenant } from '../config/tenant-config.ts';

/** Who may use the proxy and how much, for `breakwater check`. Tells how many keys there are, and nothing of them. */
export function summarizeTenants(config: Config): string[] {
  const lines: string[] = [];
  if (config.tenants.size > 0) lines.push('', 'tenants');
  for (const tenant of config.tenants.values()) lines.push(...describeTenant(tenant));
  if (config.tenants.size > 0) lines.push('', `state  ${describeState(config)}`);
  return lines;
}

function describeTenant(tenant: Tenant): string[] {
  const keys = tenant.keys.length === 1 ? '1 key' : `${tenant.keys.length} keys`;
  const lines = [`  ${tenant.name}  ${keys} in the file, time zone ${tenant.timeZone}`];
  lines.push(...describeLimits('all together', tenant.limits), ...describeLimits('each user', tenant.users));
  lines.push(`    ${describePolicy(tenant.policy)}`, ...describeContext('conversations', tenant.policy));
  for (const { name, limits, policy } of tenant.agents.values()) {
    lines.push(...describeLimits(`agent ${name}`, limits));
    if (policy.context !== tenant.policy.context)
      lines.push(...describeContext(`conversations of agent ${name}`, policy));
  }
  if (tenant.otherAgents !== undefined) lines.push(...describeLimits('each other agent', tenant.otherAgents.limits));
  return lines;
}

function describeLimits(who: string, { budget, requestRate, tokenRate, concurrency }: ScopeLimits): string[] {
  const limits = budget.map(
    ({ unit, limit, per }) => `${formatAmount(unit, limit)} ${per === 'total' ? 'in all' : `per ${per}`}`,
  );
  const rate = (unit: 'requests' | 'tokens', rule: RateRule | undefined): void => {
    if (rule !== undefined) limits.push(`at most ${formatAmount(unit, rule.limit)} a ${rule.period}`);
  };
  rate('requests', requestRate);
  rate('tokens', tokenRate);
  if (concurrency !== undefined) limits.push(`${concurrency} at once`);
  return limits.length === 0 ? [] : [`    ${who}: ${limits.join(', ')}`];
}

function describePolicy({ allow, over, downgradeTo, clamp, warnAt }: Policy): string {
  const [list] = allow;
  const models =
    list === undefined ? 'all' : [...list.names, ...list.prefixes.map((prefix) => `${prefix}*`)].join(', ');
  const down = over === 'downgrade' ? ` to ${downgradeTo}` : '';
  return `models: ${models}; over a limit: ${over}${down}${clamp ? ', answers clamped' : ''}; warns at ${Math.round(warnAt * 100)}%`;
}

function describeContext(what: string, { context }: Policy): string[] {
  if (context === undefined) return what === 'conversations' ? [] : [`    ${what}: left as they are`];
  const { maxInputTokens, keepTurns, summarizer } = context;
  const cap = formatAmount('tokens', maxInputTokens);
  return [`    ${what} above ${cap}: all but the last ${keepTurns} turns summarized by ${summarizer}`];
}

function describeState({ state }: Config): string {
  if (state.kind === 'memory') return 'memory: forgotten when the process ends';
  if (state.kind === 'sqlite') return `SQLite in ${state.dir}`;
  return `Redis (${state.topology.kind}), waits at most ${state.timeout}ms, then: ${state.whenUnavailable}`;
}
