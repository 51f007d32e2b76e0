import { formatAmount, formatMoney } from '../config/amounts.ts';
import type { Failure, ReachedLimit } from '../failures/failure.ts';
import { type OwnErrorCode, ownFailure } from '../failures/own-errors.ts';
import type { Level, Refusal } from '../state/budget-store.ts';
import type { Identity } from './identify.ts';
import { type Asked, amountOf, type CounterRule, type RateLimitRule } from './limits.ts';
import { readScope } from './scopes.ts';
import { isoInZone } from './windows.ts';

/** One reason, and what follows of it. */
interface Reason {
  readonly code: OwnErrorCode;
  readonly message: string;
  readonly retryAfterMs: number | undefined;
  readonly limit: ReachedLimit | undefined;
}

/** The gravest first: what no wait mends decides over what passes by itself. */
const BY_WEIGHT: readonly OwnErrorCode[] = [
  'scope_paused',
  'budget_exceeded',
  'request_over_rate',
  'rate_limit_exceeded',
  'concurrency_exceeded',
];

const CONCURRENCY_RETRY_MS = 1000;
const NOTHING: Level = { spent: 0, held: 0 };
const NANOS = 1_000_000_000;

/**
 * What the client is told of a refused reserve: every reason in words, the gravest as the error's code and as `breakwater.limit`.
 *
 * @param by as the store refused it; or what the request breaks by itself, see {@link refusedAlone}
 * @param now the store's time
 */
export function refusalFailure(identity: Identity, asked: Asked, by: readonly Refusal[], now: number): Failure {
  return toFailure(by.map((refusal) => reasonFor(identity, asked, refusal, now)));
}

/** The failure of a request that is larger than a limit per session or task, and names none. Undefined: it may be reserved. */
export function refusedAlone(identity: Identity, asked: Asked): Failure | undefined {
  if (asked.tooLarge.length === 0) return undefined;
  return toFailure(asked.tooLarge.map((rule) => counterReason(identity, asked, rule, NOTHING, undefined, 0)));
}

/** Of a request that is paused in these scopes, whatever it would have cost. */
export function pausedFailure(
  identity: Identity,
  scopes: readonly { readonly scope: string; readonly reason: string }[],
): Failure {
  return toFailure(scopes.map(({ scope, reason }) => pausedReason(identity, scope, reason)));
}

function toFailure(reasons: readonly Reason[]): Failure {
  const sorted = reasons.toSorted((a, b) => BY_WEIGHT.indexOf(a.code) - BY_WEIGHT.indexOf(b.code));
  const [first] = sorted;
  if (first === undefined) throw new Error('a refusal without a reason');
  const waits = sorted.map((reason) => reason.retryAfterMs ?? 0);
  const failure = ownFailure(first.code, `${sorted.map((reason) => reason.message).join('. Also: ')}.`);
  return {
    ...failure,
    ...(first.retryAfterMs === undefined ? {} : { retryAfterMs: Math.max(...waits) }),
    ...(first.limit === undefined ? {} : { limit: first.limit }),
  };
}

function reasonFor(identity: Identity, asked: Asked, refusal: Refusal, now: number): Reason {
  if (refusal.kind === 'paused') return pausedReason(identity, refusal.scope, refusal.reason);
  if (refusal.kind === 'counter') {
    const rule = asked.counterRules[refusal.index];
    if (rule === undefined) throw new Error(`refused by counter ${refusal.index}, which was not asked`);
    return counterReason(identity, asked, rule, refusal.level, asked.counters[refusal.index]?.windowEnd, now);
  }
  const rule = asked.rateRules[refusal.index];
  if (rule === undefined) throw new Error(`refused by rate ${refusal.index}, which was not asked`);
  return rateReason(identity, asked, rule, refusal.retryAfterMs);
}

function pausedReason({ tenant }: Identity, scope: string, reason: string): Reason {
  const { kind, name } = readScope(scope) ?? { kind: 'tenant', name: undefined };
  const who = kind === 'tenant' ? `tenant ${tenant.name}` : owned(kind, name);
  const message = `${who} is paused (${reason}) until an operator resumes it`;
  return { code: 'scope_paused', message, retryAfterMs: undefined, limit: undefined };
}

function counterReason(
  identity: Identity,
  asked: Asked,
  rule: CounterRule,
  level: Level,
  windowEnd: number | undefined,
  now: number,
): Reason {
  const { unit, per, limit } = rule;
  const needed = amountOf(unit, asked.amounts);
  const resetsAt = windowEnd === undefined ? undefined : isoInZone(identity.tenant.timeZone, windowEnd);
  const who = ownerOf(identity, rule.owner, per);
  const reached: ReachedLimit = {
    ...namedOwner(identity, rule),
    unit,
    per,
    limit: shownNumber(unit, limit),
    spent: shownNumber(unit, level.spent),
    held: shownNumber(unit, level.held),
    needed: shownNumber(unit, needed),
    resetsAt,
  };
  if (unit === 'concurrency') {
    const message = `${who} has ${level.held} of ${limit} requests under way`;
    return { code: 'concurrency_exceeded', message, retryAfterMs: CONCURRENCY_RETRY_MS, limit: reached };
  }
  const reset = resetsAt === undefined ? '' : `; resets at ${resetsAt}`;
  const message = `${who} ${spentWords(rule, level, needed)}${reset}`;
  // The minute is soon over, and then the same request may pass: that is a rate.
  const soon = per === 'minute' && windowEnd !== undefined && needed <= limit;
  return {
    code: soon ? 'rate_limit_exceeded' : 'budget_exceeded',
    message,
    retryAfterMs: soon ? Math.max(1, windowEnd - now) : undefined,
    limit: reached,
  };
}

function spentWords({ unit, limit, per }: CounterRule, { spent, held }: Level, needed: number): string {
  if (unit === 'concurrency') return '';
  const period = per === 'total' ? 'in all' : `per ${per}`;
  const words = `has spent ${unit === 'usd' ? formatMoney(spent) : spent} of ${formatAmount(unit, limit)} ${period}`;
  if (spent >= limit) return words;
  const holding = held > 0 ? `, holds ${formatAmount(unit, held)} for requests under way` : '';
  return `${words}${holding}, and this request needs up to ${formatAmount(unit, needed)}`;
}

function rateReason(identity: Identity, asked: Asked, rule: RateLimitRule, retryAfterMs: number | undefined): Reason {
  const { owner, unit, rate } = rule;
  const needed = unit === 'tokens' ? asked.amounts.tokens : asked.amounts.requests;
  const reached: ReachedLimit = {
    ...namedOwner(identity, { owner, per: undefined }),
    unit,
    per: rate.period,
    limit: rate.limit,
    spent: rate.limit,
    held: 0,
    needed,
    resetsAt: undefined,
  };
  const allowed = `${formatAmount(unit, rate.limit)} per ${rate.period}`;
  const who = ownerOf(identity, owner, undefined);
  if (retryAfterMs === undefined) {
    const message = `this request needs up to ${formatAmount(unit, needed)}, more than ${who} may ever take at once (${allowed})`;
    return { code: 'request_over_rate', message, retryAfterMs, limit: reached };
  }
  const message = `${who} has reached its rate of ${allowed}; try again in ${Math.ceil(retryAfterMs / 1000)} s`;
  return { code: 'rate_limit_exceeded', message, retryAfterMs: Math.max(1, retryAfterMs), limit: reached };
}

function ownerOf(identity: Identity, owner: CounterRule['owner'], per: CounterRule['per']): string {
  const base = owner === 'tenant' ? `tenant ${identity.tenant.name}` : owned(owner, identity[owner]);
  if (per !== 'session' && per !== 'task') return base;
  const name = identity[per];
  const part = name === undefined ? `this request, a ${per} of its own,` : owned(per, name);
  return owner === 'tenant' ? part : `${part} of ${base}`;
}

function owned(kind: string, name: string | undefined): string {
  if (name === undefined) return `${kind} without a name`;
  return /^[A-Za-z0-9_.-]+$/.test(name) ? `${kind} ${name}` : `${kind} ${JSON.stringify(name)}`;
}

function namedOwner(
  identity: Identity,
  { owner, per }: Pick<CounterRule, 'owner' | 'per'>,
): Pick<ReachedLimit, 'scope' | 'name'> {
  if (per === 'session' || per === 'task') return { scope: per, name: identity[per] };
  return { scope: owner, name: owner === 'tenant' ? identity.tenant.name : identity[owner] };
}

/** Dollars to the client, nano-dollars inside. */
function shownNumber(unit: CounterRule['unit'], amount: number): number {
  return unit === 'usd' ? amount / NANOS : amount;
}
