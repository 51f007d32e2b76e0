import type { Failure } from '../failures/failure.ts';
import { StateUnavailable } from '../state/budget-store.ts';
import type { Asked } from '../tenants/limits.ts';
import { refusalFailure, refusedAlone } from '../tenants/refusal.ts';
import type { Account } from './account.ts';
import type { Exchange } from './exchange.ts';
import { NO_CLOCK, sizeOf, stateUnavailable, WINDOW_TRIES } from './reserve.ts';
import type { Tenancy } from './tenancy.ts';
import { type Worst, worstOf } from './worst-case.ts';

/**
 * Makes sure that a further try is held for: the first was, with the request; a second is where the one before was not billed; else
 * the hold is extended. Resolves to why the try may not be made.
 *
 * @returns undefined, at once, where it is covered
 */
export function cover(exchange: Exchange, tenancy: Tenancy): Promise<Failure | undefined> | undefined {
  const { account } = exchange;
  if (account?.asked === undefined || account.unheld) return undefined;
  // The hold is for one try of the dearest target: the first needs no more.
  if (exchange.bills.length === 1) return undefined;
  const size = sizeOf(exchange, account);
  let nanos = 0;
  let tokens = 0;
  for (const one of exchange.bills) {
    if (one.open) {
      one.worst ??= worstOf(exchange, one.rung, size, tenancy.prices);
      nanos += one.worst.nanos;
      tokens += one.worst.tokens;
    } else if (one.tokens !== undefined) {
      nanos += tenancy.costOf(one.rung, one.tokens, exchange.startedAt) ?? 0;
      tokens += one.tokens.promptTokens + one.tokens.completionTokens;
    }
  }
  const missing = { nanos: Math.max(0, nanos - account.nanos), tokens: Math.max(0, tokens - account.tokens) };
  if (missing.nanos === 0 && missing.tokens === 0) return undefined;
  return extend(exchange, account, tenancy, missing, { nanos, tokens });
}

/** @param all what the request may cost with all its tries */
async function extend(
  exchange: Exchange,
  account: Account,
  tenancy: Tenancy,
  missing: Worst,
  all: Worst,
): Promise<Failure | undefined> {
  const { identity, reservedAt } = account;
  // No store counts for a session that is this request alone.
  const alone = refusedAlone(identity, identity.limits.askFor(identity.names, { ...all, requests: 1 }, reservedAt));
  if (alone !== undefined) return alone;
  const id = `${exchange.id}+${account.holds.length}`;
  // Counted before it is known to be held: another try beside this one must not take the same money.
  account.held(id, missing);
  let refused: Failure | undefined;
  try {
    refused = await hold(account, tenancy, id, missing);
  } catch (error) {
    if (!(error instanceof StateUnavailable)) throw error;
    refused = stateUnavailable(tenancy);
  }
  if (refused === undefined) return undefined;
  account.nanos -= missing.nanos;
  account.tokens -= missing.tokens;
  return refused;
}

/** Holds within the windows the request began in: its cost is charged there. What is spent in one that has ended limits nobody any more. */
async function hold(account: Account, tenancy: Tenancy, id: string, missing: Worst): Promise<Failure | undefined> {
  const { identity, reservedAt } = account;
  const { tenant, limits, names, scopes } = identity;
  const amounts = { ...missing, requests: 0 };
  const first = limits.askFor(names, amounts, reservedAt);
  let asked = first;
  for (let tries = 0; tries < WINDOW_TRIES; tries++) {
    const reply = await tenancy.budgets.reserve({
      tenant: tenant.name,
      id,
      leaseMs: tenancy.leaseMs,
      scopes,
      counters: asked.counters,
      rates: [],
    });
    if (reply.kind === 'held') return undefined;
    if (reply.kind === 'refused') return refusalFailure(identity, asked, reply.by, reply.now);
    asked = stillOpen(first, limits.askFor(names, amounts, reply.now), reply.now);
  }
  throw new StateUnavailable(NO_CLOCK);
}

/** Of the limits asked for now those whose window had not ended; the two have the same limits in the same order. */
function stillOpen(first: Asked, now: Asked, moment: number): Asked {
  const isOpen = (_: unknown, index: number): boolean => {
    const end = first.counters[index]?.windowEnd;
    return end === undefined || moment < end;
  };
  return { ...now, counters: now.counters.filter(isOpen), counterRules: now.counterRules.filter(isOpen) };
}
