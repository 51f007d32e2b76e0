import type { Cancellation } from '../cancellation.ts';
import { measureInput } from '../context/input-measure.ts';
import { StateUnavailable } from '../state/budget-store.ts';
import type { Identity } from '../tenants/identify.ts';
import { type AsideExchange, askAside, prepareAside } from './ask-aside.ts';
import { Bill } from './bill.ts';
import { costOfUse } from './cache-spending.ts';
import type { Chain } from './chain.ts';
import { type ReadAnswer, readAnswer } from './compared-exchange.ts';
import type { Exchange } from './exchange.ts';
import type { Runtime } from './runtime.ts';
import { holdAside, settleAside } from './side-spending.ts';
import { isTurnedDown } from './turned-down.ts';
import { worstOf } from './worst-case.ts';

/** What the other model of a pair says to a request that was answered. */
export interface OtherAnswer {
  /** Undefined: it gave none. */
  readonly answer: ReadAnswer | undefined;
  /** Nano-dollars; undefined: not known. */
  readonly cost: number | undefined;
  /** Why it was not asked. */
  readonly refused?: string;
  /** Its provider refused the request for what it asks. */
  readonly turnedDown?: boolean;
}

/** What the other model is to be asked, and what that can cost. */
export interface OtherAsk {
  /** Of the hold and the line in the ledger. */
  readonly id: string;
  readonly aside: AsideExchange;
  readonly worst: ReturnType<typeof worstOf>;
}

/** What is passed on to the account that pays. */
interface Hold {
  settle(bill: Bill | undefined): void;
}

/** @param until clock milliseconds. @returns undefined: no target of the chain can be asked for it */
export function prepareOther(
  answered: Exchange,
  { clock, prices }: Runtime,
  chain: Chain,
  cancellation: Cancellation,
  until: number,
): OtherAsk | undefined {
  const now = clock.now();
  const id = `${answered.id}+shadow`;
  const aside = prepareAside(answered, chain, { id, now, until, cancellation });
  if (aside === undefined) return undefined;
  const { exchange, rung } = aside;
  const measure = measureInput(exchange.endpoint, exchange.sent.body);
  return { id, aside, worst: worstOf(exchange, rung, { measure, counted: undefined }, prices) };
}

/**
 * Asks the other model of a pair what one has answered, once, on the account of the same tenant: what it can cost at worst is held before, like
 * for a request.
 */
export async function askOther(answered: Exchange, runtime: Runtime, ask: OtherAsk): Promise<OtherAnswer> {
  const { aside } = ask;
  const hold = await holdFor(ask, runtime, answered.account?.identity);
  if (typeof hold === 'string') return notAsked(hold);
  let bill: Bill | undefined;
  try {
    const reply = await askAside(aside, runtime);
    bill = reply.bill;
    const cost = bill?.tokens === undefined ? 0 : costOfUse(runtime, bill.rung, bill.tokens);
    if (bill?.tokens !== undefined) runtime.telemetry.evidenceSpent(aside.rung.target.id, cost);
    const { json, failure } = reply;
    if (json !== undefined) return { answer: readAnswer(answered, json), cost };
    const turnedDown = failure !== undefined && isTurnedDown(failure, aside.exchange.chain);
    return { answer: undefined, cost, turnedDown };
  } finally {
    hold.settle(bill);
  }
}

async function holdFor(
  { id, aside, worst }: OtherAsk,
  runtime: Runtime,
  identity: Identity | undefined,
): Promise<Hold | string> {
  const { tenancy } = runtime;
  const { rung } = aside;
  if (tenancy === undefined || identity === undefined) return { settle: () => undefined };
  if (worst.unpriced && identity.limits.needsPrice) return `the price of ${rung.target.id} is not known`;
  const side = { identity, id, purpose: 'shadow' };
  try {
    const account = await holdAside(tenancy, side, worst);
    if (account === undefined) return 'no budget of the tenant is left for it';
    return { settle: (bill) => void settleAside(runtime, tenancy, side, account, bill ?? unsent(rung)) };
  } catch (error) {
    if (!(error instanceof StateUnavailable)) throw error;
    return 'the store of budgets does not answer';
  }
}

function unsent(rung: AsideExchange['rung']): Bill {
  const bill = new Bill(rung, () => 0, undefined);
  bill.void();
  return bill;
}

export function notAsked(refused: string): OtherAnswer {
  return { answer: undefined, cost: 0, refused };
}
