import { measureInput } from '../context/input-measure.ts';
import type { Endpoint } from '../dialects/endpoint.ts';
import type { Failure } from '../failures/failure.ts';
import { ownFailure } from '../failures/own-errors.ts';
import { unknownPriceMessage } from '../prices/describe-price.ts';
import { type Refusal, type ReserveReply, StateUnavailable } from '../state/budget-store.ts';
import type { Asked, CounterRule } from '../tenants/limits.ts';
import { refusalFailure, refusedAlone } from '../tenants/refusal.ts';
import type { Account } from './account.ts';
import type { Chain } from './chain.ts';
import { dearerThanListed, paidLater } from './dear-wishes.ts';
import type { Exchange } from './exchange.ts';
import { dropCascade } from './plan-cascade.ts';
import type { Tenancy } from './tenancy.ts';
import { capWithin, type RequestSize, type Worst, worstOfChain, worstOfRequest } from './worst-case.ts';

/** A client that comes while budgets cannot be kept. */
const STATE_RETRY_MS = 1_000;
/** The store's time and ours may lie on two sides of midnight; more than twice is no clock. */
export const WINDOW_TRIES = 3;
export const NO_CLOCK = 'the time of the state store and of this process do not agree';

type Held = Extract<ReserveReply, { kind: 'held' }>;
type HeldOutcome = { readonly kind: 'held'; readonly reply: Held; readonly asked: Asked; readonly worst: Worst };
type Outcome =
  | HeldOutcome
  | { readonly kind: 'refused'; readonly failure: Failure; readonly asked: Asked; readonly by: readonly Refusal[] };

type Answer = Outcome | Failure;

/**
 * Holds what the request can cost at worst, in every limit it falls under, before anything is sent. Over a limit it does what the
 * policy says: lowers the answer's cap, moves to a cheaper model, or refuses.
 *
 * Where the store answers at once, and there is room, so does this: most requests wait for nothing.
 *
 * @returns why nothing may be sent; undefined: go on
 */
export function reserve(exchange: Exchange, tenancy: Tenancy): Promise<Failure | undefined> | undefined {
  const { account } = exchange;
  if (account === undefined) return undefined;
  let first: Answer | Promise<Answer>;
  try {
    first = ask(exchange, account, tenancy, exchange.chain);
    if ('kind' in first && first.kind === 'held') {
      take(exchange, account, tenancy, first);
      return undefined;
    }
  } catch (error) {
    first = Promise.reject(error);
  }
  return reserveWith(exchange, account, tenancy, first);
}

async function reserveWith(
  exchange: Exchange,
  account: Account,
  tenancy: Tenancy,
  first: Answer | Promise<Answer>,
): Promise<Failure | undefined> {
  try {
    const refused = await reserveFor(exchange, account, tenancy, exchange.chain, first);
    if (refused?.code !== 'budget_exceeded') return refused;
    return (await downgraded(exchange, account, tenancy, refused)) ? undefined : refused;
  } catch (error) {
    if (!(error instanceof StateUnavailable)) throw error;
    return stateUnavailable(tenancy);
  }
}

/** The cheaper model of the policy, where there is one and the budget allows it. */
async function downgraded(exchange: Exchange, account: Account, tenancy: Tenancy, refused: Failure): Promise<boolean> {
  const { over, downgradeTo } = account.identity.policy;
  if (over !== 'downgrade' || downgradeTo === undefined) return false;
  const chain = tenancy.chainFor(account.identity, downgradeTo);
  if (chain === undefined || chain.model.name === exchange.chain.model.name) return false;
  const first = exchange.chain;
  exchange.chain = chain;
  if ((await reserveFor(exchange, account, tenancy, chain)) === undefined) {
    account.downgrade = { from: first.model.name, to: chain.model.name, because: refused.message };
    tenancy.decided(exchange, 'downgrade', refused.message);
    return true;
  }
  exchange.chain = first;
  return false;
}

async function reserveFor(
  exchange: Exchange,
  account: Account,
  tenancy: Tenancy,
  chain: Chain,
  first: Answer | Promise<Answer> = ask(exchange, account, tenancy, chain),
): Promise<Failure | undefined> {
  let outcome = await first;
  if (exchange.cascade?.plan !== undefined && !('kind' in outcome && outcome.kind === 'held')) {
    // There is not room for both. For the one that would be asked without a cascade there may be.
    dropCascade(exchange, 'budget');
    chain = exchange.chain;
    outcome = await ask(exchange, account, tenancy, chain);
  }
  if ('class' in outcome) return outcome;
  // Bytes are a generous bound. Near a limit it is worth counting, where a smaller count could help at all.
  if (
    outcome.kind === 'refused' &&
    isForSize(outcome) &&
    mightFit(exchange, account, tenancy, chain, leftBy(outcome)) &&
    (await count(exchange, account, tenancy, chain))
  ) {
    outcome = await ask(exchange, account, tenancy, chain);
    if ('class' in outcome) return outcome;
  }
  if (outcome.kind === 'refused' && account.identity.policy.clamp && isForSize(outcome)) {
    exchange.outputCap = capWithin(exchange, chain, sizeOf(exchange, account), tenancy.prices, leftBy(outcome));
    if (exchange.outputCap !== undefined) {
      const clamped = await ask(exchange, account, tenancy, chain);
      if ('class' in clamped) return clamped;
      if (clamped.kind === 'held') tenancy.decided(exchange, 'clamp', outcome.failure.message);
      else exchange.outputCap = undefined;
      outcome = clamped;
    }
  }
  if (outcome.kind === 'refused') {
    const failure = advised(exchange, outcome);
    tenancy.refused(account.identity, outcome.asked, outcome.by, failure);
    return failure;
  }
  take(exchange, account, tenancy, outcome);
  return undefined;
}

/** What was held is the request's to spend. */
function take(exchange: Exchange, account: Account, tenancy: Tenancy, { asked, reply, worst }: HeldOutcome): void {
  account.asked = asked;
  account.unheld = reply.degraded === true;
  account.held(exchange.id, worst);
  tenancy.reserved(account, asked, reply);
}

/** Asks the store once, and again where its time lies in other windows. */
function ask(exchange: Exchange, account: Account, tenancy: Tenancy, chain: Chain): Answer | Promise<Answer> {
  const { limits } = account.identity;
  const now = tenancy.clock.now();
  const needsSize = limits.needsPrice || limits.needsTokens;
  const worst = needsSize
    ? worstOfRequest(exchange, chain, sizeOf(exchange, account), tenancy.prices)
    : { nanos: 0, tokens: 0, unpriced: undefined };
  if (worst.unpriced !== undefined && limits.needsPrice)
    return ownFailure('price_unknown', unknownPriceMessage(worst.unpriced.target));
  const dearer = limits.needsPrice ? dearerThanListed(exchange) : undefined;
  if (dearer !== undefined) return ownFailure('price_unknown', dearer.message, dearer.param);
  const later = needsSize ? paidLater(exchange) : undefined;
  if (later !== undefined) return ownFailure('price_unknown', later.message, later.param);
  return askAt(exchange, account, tenancy, worst, now, WINDOW_TRIES);
}

function askAt(
  exchange: Exchange,
  account: Account,
  tenancy: Tenancy,
  worst: Worst,
  now: number,
  triesLeft: number,
): Answer | Promise<Answer> {
  if (triesLeft === 0) throw new StateUnavailable(NO_CLOCK);
  const { identity } = account;
  const { nanos, tokens } = worst;
  const asked = identity.limits.askFor(identity.names, { nanos, tokens, requests: 1 }, now);
  const alone = refusedAlone(identity, asked);
  if (alone !== undefined) return { kind: 'refused', failure: alone, asked, by: [] };
  const answered = (reply: ReserveReply): Answer | Promise<Answer> => {
    switch (reply.kind) {
      case 'held':
        account.reservedAt = now;
        return { kind: 'held', reply, asked, worst };
      case 'refused':
        return { kind: 'refused', failure: refusalFailure(identity, asked, reply.by, reply.now), asked, by: reply.by };
      case 'stale-window':
        return askAt(exchange, account, tenancy, worst, reply.now, triesLeft - 1);
    }
  };
  const reply = tenancy.budgets.reserve({
    tenant: identity.tenant.name,
    id: exchange.id,
    leaseMs: tenancy.leaseMs,
    scopes: identity.scopes,
    counters: asked.counters,
    rates: asked.rates,
  });
  return reply instanceof Promise ? reply.then(answered) : answered(reply);
}

/** Refused for nothing but money or tokens, which a smaller request would need less of. */
function isForSize({ asked, by }: Extract<Outcome, { kind: 'refused' }>): boolean {
  const ofSize = (rule: CounterRule | undefined) => rule?.unit === 'usd' || rule?.unit === 'tokens';
  if (by.length === 0) return asked.tooLarge.every(ofSize);
  return by.every((refusal) => {
    if (refusal.kind === 'counter') return ofSize(asked.counterRules[refusal.index]);
    return refusal.kind === 'rate' && asked.rateRules[refusal.index]?.unit === 'tokens';
  });
}

/** What the limits that refused still have. */
function leftBy({ asked, by }: Extract<Outcome, { kind: 'refused' }>): Worst {
  let nanos = Number.POSITIVE_INFINITY;
  let tokens = Number.POSITIVE_INFINITY;
  const leave = (rule: CounterRule | undefined, left: number) => {
    if (rule?.unit === 'usd') nanos = Math.min(nanos, left);
    if (rule?.unit === 'tokens') tokens = Math.min(tokens, left);
  };
  for (const rule of asked.tooLarge) leave(rule, rule.limit);
  for (const refusal of by) {
    if (refusal.kind === 'paused') continue;
    if (refusal.kind === 'rate') {
      tokens = Math.min(tokens, refusal.retryAfterMs === undefined ? (asked.rates[refusal.index]?.burst ?? 0) : 0);
      continue;
    }
    const rule = asked.counterRules[refusal.index];
    leave(rule, (rule?.limit ?? 0) - refusal.level.spent - refusal.level.held);
  }
  return { nanos, tokens };
}

/** Without a token of text it would fit, or could be clamped to fit. */
function mightFit(exchange: Exchange, account: Account, tenancy: Tenancy, chain: Chain, left: Worst): boolean {
  if (account.identity.policy.clamp) return left.nanos > 0 && left.tokens > 0;
  const { measure } = sizeOf(exchange, account);
  const counted = new Map(chain.rungs.map(({ target }) => [target.model, 0]));
  const least = worstOfChain(exchange, chain, { measure, counted }, tenancy.prices);
  return least.nanos <= left.nanos && least.tokens <= left.tokens;
}

/** Counts the request's text for each model of the chain. False: not known in time, or known already. */
async function count(exchange: Exchange, account: Account, tenancy: Tenancy, chain: Chain): Promise<boolean> {
  const { bytes } = exchange.sent.body;
  const counted = new Map(account.counted);
  const models = new Set(chain.rungs.map(({ target }) => target.model).filter((model) => !counted.has(model)));
  for (const model of models) {
    const tokens = await tenancy.counter.count(bytes, model);
    if (tokens !== undefined) counted.set(model, tokens);
  }
  if (counted.size === (account.counted?.size ?? 0)) return false;
  account.counted = counted;
  return true;
}

/** Where a cap on the answer is named. Messages demands one, and the others write nothing. */
const CAP: Partial<Record<Endpoint, string>> = {
  chat: 'max_tokens',
  completions: 'max_tokens',
  responses: 'max_output_tokens',
};

/** Who names no cap is held for all that the model may write, and cannot guess that from a sum. */
function advised({ call, endpoint }: Exchange, refused: Extract<Outcome, { kind: 'refused' }>): Failure {
  const { failure } = refused;
  const cap = CAP[endpoint];
  if (cap === undefined || call.maxTokens !== undefined || !isForSize(refused)) return failure;
  const left = leftBy(refused);
  if (left.nanos <= 0 || left.tokens <= 0) return failure;
  const advice = `The request names no ${cap}, so all that the model may write is counted: with one it needs less.`;
  return { ...failure, message: `${failure.message} ${advice}` };
}

/** What is known of the size of what is sent. Measured once. */
export function sizeOf(exchange: Exchange, account: Account): RequestSize {
  account.measure ??= measureInput(exchange.endpoint, exchange.sent.body);
  return { measure: account.measure, counted: account.counted };
}

/** The reason names hosts: it is for the log. */
export function stateUnavailable(tenancy: Tenancy): Failure {
  tenancy.unavailable();
  const message = 'budgets cannot be kept at the moment, and none is to be overspent';
  return { ...ownFailure('state_unavailable', message), retryAfterMs: STATE_RETRY_MS };
}
