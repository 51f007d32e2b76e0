import { formatAmount } from '../config/amounts.ts';
import type { Config } from '../config/config.ts';
import {
  type BudgetUnit,
  type Policy,
  type RateRule,
  type ScopeLimits,
  type Tenant,
  WEBHOOK_EVENTS,
} from '../config/tenant-config.ts';
import { describeDifference, describeMoneyCircuit, describePolicy } from './describe-policy.ts';

/** Who may use the proxy and how much, for `breakwater check`. Tells how many keys there are, and nothing of them. */
export function summarizeTenants(config: Config): string[] {
  const lines: string[] = [];
  if (config.tenants.size > 0) lines.push('', 'tenants');
  for (const tenant of config.tenants.values()) lines.push(...describeTenant(tenant));
  if (config.tenants.size > 0) lines.push('', `state  ${describeState(config)}`, `admin  ${describeAdmin(config)}`);
  return lines;
}

function describeTenant(tenant: Tenant): string[] {
  const keys = tenant.keys.length === 1 ? '1 key' : `${tenant.keys.length} keys`;
  const lines = [`  ${tenant.name}  ${keys} in the file, time zone ${tenant.timeZone}`];
  lines.push(...describeLimits('all together', tenant.limits), ...describeLimits('each user', tenant.users));
  lines.push(`    ${describePolicy(tenant.policy)}`, ...describeContext('conversations', tenant.policy));
  for (const { name, limits, policy } of tenant.agents.values()) {
    const keys = tenant.keys.filter(({ agent }) => agent === name).length;
    const facts = [...(keys === 0 ? [] : [`known by ${counted(keys, 'key')} of its own`]), ...listLimits(limits)];
    lines.push(...describeAgent(`agent ${name}`, facts, describeDifference(policy, tenant.policy)));
    if (policy.context !== tenant.policy.context)
      lines.push(...describeContext(`conversations of agent ${name}`, policy));
  }
  if (tenant.otherAgents !== undefined) {
    const { limits, policy } = tenant.otherAgents;
    const differs = describeDifference(policy, tenant.policy);
    lines.push(...describeAgent('each other agent', listLimits(limits), differs));
  }
  const circuit = describeMoneyCircuit(tenant.moneyCircuit);
  if (circuit !== undefined) lines.push(`    ${circuit}`);
  for (const { url, events } of tenant.webhooks) lines.push(`    tells ${new URL(url).host}: ${told(events)}`);
  return lines;
}

function describeAgent(who: string, facts: readonly string[], differs: readonly string[]): string[] {
  const parts = [...(facts.length === 0 ? [] : [facts.join(', ')]), ...differs];
  return parts.length === 0 ? [] : [`    ${who}: ${parts.join('; ')}`];
}

function told(events: readonly string[]): string {
  return events.length === WEBHOOK_EVENTS.length ? 'all events' : events.join(', ');
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

function describeLimits(who: string, scope: ScopeLimits): string[] {
  const limits = listLimits(scope);
  return limits.length === 0 ? [] : [`    ${who}: ${limits.join(', ')}`];
}

function listLimits({ budget, requestRate, tokenRate, concurrency }: ScopeLimits): string[] {
  const limits = budget.map(
    ({ unit, limit, per }) => `${amountOf(unit, limit)} ${per === 'total' ? 'in all' : `per ${per}`}`,
  );
  const rate = (unit: 'requests' | 'tokens', rule: RateRule | undefined): void => {
    if (rule !== undefined) limits.push(`at most ${amountOf(unit, rule.limit)} a ${rule.period}`);
  };
  rate('requests', requestRate);
  rate('tokens', tokenRate);
  if (concurrency !== undefined) limits.push(`${concurrency} at once`);
  return limits;
}

/** Millions are counted wrong without commas. */
function amountOf(unit: BudgetUnit, amount: number): string {
  return formatAmount(unit, amount).replace(/^\d+/, (digits) => Number(digits).toLocaleString('en-US'));
}

function describeContext(what: string, { context }: Policy): string[] {
  if (context === undefined) return what === 'conversations' ? [] : [`    ${what}: left as they are`];
  const { maxInputTokens, keepTurns, summarizer } = context;
  const cap = amountOf('tokens', maxInputTokens);
  return [`    ${what} above ${cap}: all but the last ${keepTurns} turns summarized by ${summarizer}`];
}

function describeState({ state }: Config): string {
  if (state.kind === 'memory') return 'memory: forgotten when the process ends';
  if (state.kind === 'sqlite') return `SQLite in ${state.dir}`;
  return `Redis (${state.topology.kind}), waits at most ${state.timeout}ms, then: ${state.whenUnavailable}`;
}

function describeAdmin({ admin }: Config): string {
  return admin.keys.length === 0
    ? 'no API: there are no admin.keys'
    : `${counted(admin.keys.length, 'key')} for /admin`;
}
