import type { ModelUse } from '../cache/semantic/semantic-ask.ts';
import { NO_TOKENS } from '../dialects/reported-tokens.ts';
import type { ReportedTokens } from '../dialects/stream-progress.ts';
import { costOf } from '../prices/cost.ts';
import { chargesFor } from '../tenants/settlement.ts';
import { Bill } from './bill.ts';
import type { Rung } from './chain.ts';
import type { Exchange } from './exchange.ts';
import { rungOf } from './internal-call.ts';
import type { Runtime } from './runtime.ts';

const NOTHING = { nanos: 0, tokens: 0, requests: 0 } as const;

/**
 * Bills a call that the cache made for a request: to the request where it is not settled yet, else by itself. Never throws: it is called
 * within the cache's work.
 */
export function billForCache(exchange: Exchange, runtime: Runtime, use: ModelUse): void {
  try {
    const rung = rungOf(runtime, use.target);
    const tokens = { ...NO_TOKENS, promptTokens: use.inputTokens, completionTokens: use.outputTokens };
    const cost = costOfUse(runtime, rung, tokens);
    runtime.telemetry.cacheSpent(use.target, cost);
    if (!runtime.exchanges.has(exchange)) {
      settleAside(exchange, runtime, use, cost ?? 0);
      return;
    }
    const bill = new Bill(rung, () => use.inputTokens, undefined);
    bill.answered(tokens);
    bill.estimated = use.estimated;
    bill.forCache = true;
    exchange.bills.push(bill);
  } catch (error) {
    runtime.telemetry.defect(error);
  }
}

/** Nano-dollars; undefined: the price is not known. */
export function costOfUse({ prices, clock }: Runtime, rung: Rung, tokens: ReportedTokens): number | undefined {
  const price = prices.price(rung.provider, rung.target, clock.now());
  return price === undefined ? undefined : costOf(price, tokens);
}

/** An audit's judge speaks after its request was settled: it is charged like a request of its own, with a line in the ledger. */
function settleAside(exchange: Exchange, { tenancy, clock }: Runtime, use: ModelUse, cost: number): void {
  const { account, id } = exchange;
  if (tenancy === undefined || account === undefined) return;
  const { identity } = account;
  const asked = identity.limits.askFor(identity.names, NOTHING, clock.now());
  const tokens = use.inputTokens + use.outputTokens;
  const own = `${id}+cache${account.cacheCalls++}`;
  tenancy.settle(account, {
    tenant: identity.tenant.name,
    ids: [own],
    held: false,
    charges: chargesFor(asked, { nanos: cost, tokens, requests: 0 }).charges,
    refunds: [],
    entry: {
      id: own,
      at: Math.floor(clock.now()),
      tenant: identity.tenant.name,
      agent: identity.agent,
      user: identity.user,
      session: identity.session,
      task: identity.task,
      key: identity.keyId,
      endpoint: 'cache',
      model: use.target,
      target: use.target,
      status: 'ok',
      billedTries: 1,
      inputTokens: use.inputTokens,
      cachedTokens: 0,
      cacheWriteTokens: 0,
      outputTokens: use.outputTokens,
      reasoningTokens: 0,
      cost,
      saved: 0,
      estimated: use.estimated,
    },
  });
}
