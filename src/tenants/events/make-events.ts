import { formatAmount } from '../../config/amounts.ts';
import type { BudgetPeriod, BudgetUnit, WebhookEvent } from '../../config/tenant-config.ts';
import type { RepeatedCall } from '../guard/verdict.ts';
import type { MoneyAlert } from '../money-circuit/settled.ts';
import { scopeInWords } from '../scopes.ts';
import type { BudgetEvent } from './budget-event.ts';
import { eventId } from './event-id.ts';

/** A budget as a settlement or a refusal saw it. Amounts in the counter's unit: nano-dollars, tokens, requests. */
export interface BudgetSeen {
  readonly tenant: string;
  readonly scope: string;
  /** The counter's key. */
  readonly counter: string;
  readonly unit: BudgetUnit;
  readonly per: BudgetPeriod;
  readonly limit: number;
  readonly spent: number;
  readonly held: number;
  readonly windowStart: number;
  readonly windowEnd: number | undefined;
}

/**
 * True for the one settlement that took a counter over its warning: the store orders settlements, so only one of them, on whatever
 * replica, sees the counter below before and above after.
 *
 * @param warnAt share of the limit
 */
export function crossesWarning(
  counter: { readonly before: number; readonly after: number },
  limit: number,
  warnAt: number,
): boolean {
  const warning = limit * warnAt;
  return counter.before < warning && counter.after >= warning;
}

/** A budget has come near its end. Once for each window; a limit that was changed warns again. */
export function budgetWarning(seen: BudgetSeen, at: number): BudgetEvent {
  const part = `${Math.floor((seen.spent / seen.limit) * 100)}%`;
  return budgetEvent('budget.warning', seen, at, `has spent ${part} of`);
}

/** A budget refuses requests. Once for each window. */
export function budgetExhausted(seen: BudgetSeen, at: number): BudgetEvent {
  return budgetEvent('budget.exhausted', seen, at, 'refuses requests over');
}

function budgetEvent(
  type: 'budget.warning' | 'budget.exhausted',
  seen: BudgetSeen,
  at: number,
  what: string,
): BudgetEvent {
  const { tenant, scope, counter, unit, per, limit, spent, held, windowStart, windowEnd } = seen;
  const figures = `${formatAmount(unit, spent)} spent, ${formatAmount(unit, held)} held`;
  return {
    id: eventId(type, tenant, counter, limit, windowStart),
    type,
    at,
    tenant,
    scope,
    text: `${scopeInWords(scope, tenant)} ${what} its budget of ${formatAmount(unit, limit)} per ${per} (${figures}).`,
    data: {
      unit,
      per,
      limit: shown(unit, limit),
      spent: shown(unit, spent),
      held: shown(unit, held),
      resetsAt: windowEnd === undefined ? null : iso(windowEnd),
    },
  };
}

/** @param paused the scope was paused for it */
export function moneyEvent(alert: MoneyAlert, paused: boolean, at: number): BudgetEvent {
  const { tenant, scope, window } = alert;
  const text = paused ? `${alert.text} It is paused.` : alert.text;
  if (alert.cause === 'spike') {
    // Replicas see a session begin at different moments: it is told of once a day at most.
    const day = alert.of === 'hour' ? window : Math.floor(at / DAY_MS);
    return {
      id: eventId('money.spike', tenant, scope, alert.of, day),
      type: 'money.spike',
      at,
      tenant,
      scope,
      text,
      data: { of: alert.of, cost: shown('usd', alert.cost), average: shown('usd', alert.average), paused },
    };
  }
  const { unit, limit, spent, perHour } = alert;
  return {
    id: eventId('money.slope', tenant, alert.counter, window),
    type: 'money.slope',
    at,
    tenant,
    scope,
    text,
    data: {
      unit,
      limit: shown(unit, limit),
      spent: shown(unit, spent),
      perHour: shown(unit, perHour),
      endsAt: iso(alert.endsAt),
      paused,
    },
  };
}

/** @param since when the pause began, as the store keeps it */
export function scopePaused(tenant: string, scope: string, reason: string, since: number): BudgetEvent {
  const id = eventId('scope.paused', tenant, scope, since);
  const text = `${scopeInWords(scope, tenant)} is paused: ${reason}`;
  return { id, type: 'scope.paused', at: since, tenant, scope, text, data: { reason } };
}

export function scopeResumed(tenant: string, scope: string, at: number): BudgetEvent {
  const id = eventId('scope.resumed', tenant, scope, at);
  return { id, type: 'scope.resumed', at, tenant, scope, text: `${scopeInWords(scope, tenant)} is resumed.`, data: {} };
}

/** An agent turns in circles. */
export interface LoopSeen {
  readonly tenant: string;
  readonly agent: string | undefined;
  readonly session: string | undefined;
  readonly task: string | undefined;
  readonly cause: 'repeats' | 'tool-calls';
  readonly calls: readonly RepeatedCall[];
  readonly total: number;
  readonly blocked: boolean;
}

/** Once for each session and repeating call, a day; where no session is named, once an hour for each agent and call. */
export function loopDetected(seen: LoopSeen, at: number): BudgetEvent {
  const { tenant, agent, session, task, cause, total, blocked } = seen;
  const calls = seen.calls.map(({ name, argumentsHash, count }) => ({ name, argumentsHash, count }));
  const first = cause === 'repeats' ? calls[0] : undefined;
  const window = Math.floor(at / (session === undefined ? HOUR_MS : DAY_MS));
  const scope = session !== undefined ? `session:${session}` : `agent:${agent ?? '*'}`;
  const list = calls.map(({ name, count }) => `${name} ${count} times`).join(', ');
  const what = cause === 'repeats' ? `called ${list} with the same arguments` : `made ${total} tool calls in one task`;
  return {
    id: eventId('loop.detected', tenant, agent, session, task, cause, first?.name, first?.argumentsHash, window),
    type: 'loop.detected',
    at,
    tenant,
    scope,
    text: `${scopeInWords(scope, tenant)} ${what}; ${blocked ? 'it is blocked' : 'it was warned'}.`,
    data: {
      cause,
      agent: agent ?? null,
      session: session ?? null,
      task: task ?? null,
      toolCalls: total,
      calls,
      blocked,
    },
  };
}

export function keyEvent(
  type: 'key.created' | 'key.revoked',
  key: { id: string; tenant: string; agent: string | undefined },
  at: number,
): BudgetEvent {
  const { id: name, tenant, agent } = key;
  const whose = agent === undefined ? `tenant ${tenant}` : `agent ${agent} of tenant ${tenant}`;
  return {
    id: eventId(type, tenant, name),
    type,
    at,
    tenant,
    scope: agent === undefined ? 'tenant' : `agent:${agent}`,
    text: `Key ${name} of ${whose} was ${type === 'key.created' ? 'created' : 'revoked'}.`,
    data: { key: name, agent: agent ?? null },
  };
}

/** @param replica tells processes apart: each has its own view of the store */
export function stateEvent(
  type: 'state.unavailable' | 'state.recovered',
  store: string,
  replica: string,
  at: number,
): BudgetEvent {
  const text =
    type === 'state.unavailable'
      ? `${replica} cannot reach its ${store} store.`
      : `${replica} reaches its ${store} store again.`;
  return {
    id: eventId(type, store, replica, at),
    type,
    at,
    tenant: undefined,
    scope: undefined,
    text,
    data: { store, replica },
  };
}

/** Nothing went wrong: logged without alarm. */
export function isGoodNews(type: WebhookEvent): boolean {
  return GOOD_NEWS.has(type);
}

const GOOD_NEWS: ReadonlySet<WebhookEvent> = new Set([
  'scope.resumed',
  'cache.certified',
  'key.created',
  'key.revoked',
  'state.recovered',
]);

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

function iso(at: number): string {
  return new Date(at).toISOString();
}

/** Receivers should not have to know of nano-dollars. */
function shown(unit: string, amount: number): number {
  return unit === 'usd' ? amount / 1e9 : amount;
}
