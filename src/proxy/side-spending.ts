import type { ReserveReply } from '../state/budget-store.ts';
import type { Identity } from '../tenants/identify.ts';
import { chargesFor } from '../tenants/settlement.ts';
import { Account } from './account.ts';
import type { Bill } from './bill.ts';
import type { Runtime } from './runtime.ts';
import type { Tenancy } from './tenancy.ts';
import type { Worst } from './worst-case.ts';

/** The store's time and ours may lie on two sides of midnight; more than twice is no clock. */
const WINDOW_TRIES = 3;

/** A call of the proxy's own on a tenant's account, which may outlive the request it was made for. */
export interface SideCall {
  readonly identity: Identity;
  /** Of its hold and its line in the ledger. */
  readonly id: string;
  /** What it was for, in place of an endpoint: `context`. */
  readonly purpose: string;
}

/**
 * Holds what a call of the proxy's own can cost at worst, like a request: no budget is overspent for it.
 *
 * @returns undefined: a limit refuses it, or there is something paused
 * @throws {StateUnavailable}
 */
export async function holdAside(
  tenancy: Tenancy,
  { identity, id }: SideCall,
  worst: Worst,
): Promise<Account | undefined> {
  const { tenant, limits, names, scopes } = identity;
  const account = new Account(identity);
  let now = tenancy.clock.now();
  for (let tries = 0; tries < WINDOW_TRIES; tries++) {
    const asked = limits.askFor(names, { ...worst, requests: 0 }, now);
    if (asked.tooLarge.length > 0) return undefined;
    const reply: ReserveReply = await tenancy.budgets.reserve({
      tenant: tenant.name,
      id,
      leaseMs: tenancy.leaseMs,
      scopes,
      counters: asked.counters,
      rates: asked.rates,
    });
    if (reply.kind === 'refused') return undefined;
    if (reply.kind === 'held') {
      account.asked = asked;
      account.reservedAt = now;
      account.unheld = reply.degraded === true;
      account.held(id, worst);
      tenancy.reserved(account, asked, reply);
      return account;
    }
    now = reply.now;
  }
  return undefined;
}

/** Charges what the call used, with a line of its own in the ledger, and releases the rest. @returns its cost, nano-dollars */
export function settleAside(runtime: Runtime, tenancy: Tenancy, call: SideCall, account: Account, bill: Bill): number {
  const { tokens, rung, estimated } = bill;
  const cost = tokens === undefined ? 0 : (tenancy.costOf(rung, tokens, account.reservedAt) ?? 0);
  const { asked } = account;
  if (asked === undefined) return cost;
  const { identity, id, purpose } = call;
  const used = tokens === undefined ? 0 : tokens.promptTokens + tokens.completionTokens;
  tenancy.settle(account, {
    tenant: identity.tenant.name,
    ids: [id],
    held: !account.unheld,
    ...chargesFor(asked, { nanos: cost, tokens: used, requests: 0 }),
    entry:
      tokens === undefined
        ? undefined
        : {
            id,
            at: Math.floor(runtime.clock.now()),
            tenant: identity.tenant.name,
            agent: identity.agent,
            user: identity.user,
            session: identity.session,
            task: identity.task,
            key: identity.keyId,
            endpoint: purpose,
            model: rung.target.id,
            target: rung.target.id,
            status: 'ok',
            billedTries: 1,
            inputTokens: tokens.promptTokens,
            cachedTokens: tokens.cachedTokens,
            cacheWriteTokens: tokens.cacheWriteTokens,
            outputTokens: tokens.completionTokens,
            reasoningTokens: tokens.reasoningTokens,
            cost,
            saved: 0,
            estimated,
          },
  });
  return cost;
}
