import type { AgentSettings, GuardConfig, MoneyCircuitConfig, Policy } from '../config/tenant-config.ts';
import { formatDuration } from '../config/units.ts';

/** What holds for requests of no agent that is written, for `breakwater check`. */
export function describePolicy(policy: Policy): string {
  const parts = [`models: ${allowed(policy)}`, `over a limit: ${overLimit(policy)}`, warns(policy)];
  if (policy.chain !== undefined) parts.push(standsForDefault(policy.chain));
  parts.push(...loops(policy.guard));
  if (policy.settings !== undefined) parts.push(own(policy.settings));
  return parts.join('; ');
}

/** What an agent has otherwise than its tenant: nothing, where it has all from there. */
export function describeDifference(policy: Policy, tenant: Policy): string[] {
  const parts: string[] = [];
  if (policy.allow.length > tenant.allow.length) parts.push(`models: ${listed(policy)}`);
  if (overLimit(policy) !== overLimit(tenant)) parts.push(`over a limit: ${overLimit(policy)}`);
  if (policy.warnAt !== tenant.warnAt) parts.push(warns(policy));
  if (policy.chain !== tenant.chain && policy.chain !== undefined) parts.push(standsForDefault(policy.chain));
  const guard = loops(policy.guard);
  if (guard.join() !== loops(tenant.guard).join()) parts.push(...(guard.length === 0 ? ['loops: not watched'] : guard));
  if (policy.settings !== undefined && policy.settings !== tenant.settings) parts.push(own(policy.settings));
  return parts;
}

/** Undefined: nobody is told of money that goes too fast. */
export function describeMoneyCircuit({ spike, endsWithin, action }: MoneyCircuitConfig): string | undefined {
  if (action === 'off' || (spike === undefined && endsWithin === undefined)) return undefined;
  const causes = [
    ...(spike === undefined ? [] : [`${spike}x the usual cost`]),
    ...(endsWithin === undefined ? [] : [`a day’s budget gone within ${formatDuration(endsWithin)}`]),
  ];
  return `money circuit: ${action} at ${causes.join(', or ')}`;
}

function allowed(policy: Policy): string {
  return policy.allow.length === 0 ? 'all' : listed(policy);
}

/** The last list is the narrowest: that of the agent, where it has one. */
function listed({ allow }: Policy): string {
  const list = allow.at(-1);
  return list === undefined ? 'all' : [...list.names, ...list.prefixes.map((prefix) => `${prefix}*`)].join(', ');
}

function overLimit({ over, downgradeTo, clamp }: Policy): string {
  return `${over}${over === 'downgrade' ? ` to ${downgradeTo}` : ''}${clamp ? ', answers clamped' : ''}`;
}

function warns({ warnAt }: Policy): string {
  return `warns at ${Math.round(warnAt * 100)}%`;
}

function standsForDefault(chain: string): string {
  return `"default" is ${chain}`;
}

function loops({ repeats, toolCalls, action }: GuardConfig): string[] {
  if (action === 'off' || (repeats === undefined && toolCalls === undefined)) return [];
  const causes = [
    ...(repeats === undefined ? [] : [`the same tool call ${repeats} times`]),
    ...(toolCalls === undefined ? [] : [`more than ${toolCalls} tool calls in a task`]),
  ];
  return [`loops: ${action} at ${causes.join(', or ')}`];
}

/** Settings that go before a model's own. */
function own({ timeouts, retries, stream }: AgentSettings): string {
  const settings = Object.entries({ ...timeouts, ...stream }).map(
    ([name, value]) => `${name} ${typeof value === 'number' ? formatDuration(value) : value}`,
  );
  if (retries.max !== undefined) settings.push(`retries ${retries.max}`);
  return `before the model’s own: ${settings.join(', ')}`;
}
