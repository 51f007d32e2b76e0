import { toMicroseconds } from '../clock.ts';
import { compactionLabel } from '../context/compaction/compaction-label.ts';
import type { RouteDecision } from '../routing/decision.ts';
import type { RouteLine } from '../telemetry/telemetry.ts';
import { chargesFor } from '../tenants/settlement.ts';
import type { CacheVisit } from './cache-visit.ts';
import type { Exchange } from './exchange.ts';
import { triesOf } from './exchange.ts';
import { observePrompt } from './observe-prompt.ts';
import { routeSaving } from './route-saving.ts';
import type { Runtime } from './runtime.ts';
import { type Spending, spendingOf } from './spending.ts';
import type { Tenancy } from './tenancy.ts';

const NOTHING = { nanos: 0, tokens: 0, requests: 0 } as const;

/** The end of every exchange, however it went: charged, counted, and one line in the log. Once. */
export function settle(exchange: Exchange, runtime: Runtime): void {
  runtime.exchanges.delete(exchange);
  const { outcome, call, account } = exchange;
  // Whoever was to close a try's bill may not have come to it: what was seen is owed all the same.
  for (const bill of exchange.bills) bill.seen();
  const spending = spendingOf(exchange, runtime.prices);
  runtime.learnPrices();
  const { identity } = account ?? {};
  const routeSaved = routeSaving(exchange, runtime, spending);
  if (exchange.route !== undefined) runtime.telemetry.routed(exchange.route, routeSaved);
  runtime.telemetry.exchangeDone({
    id: exchange.id,
    endpoint: exchange.endpoint,
    model: call.model,
    stream: call.stream,
    status: outcome.status,
    httpStatus: outcome.httpStatus,
    target: outcome.target,
    tries: triesOf(exchange),
    fallbackDepth: outcome.fallbackDepth,
    resumed: outcome.resumed,
    ms: toMicroseconds(runtime.clock.now() - exchange.startedAt),
    overheadMs: exchange.overheadMs,
    firstTokenMs: outcome.firstTokenMs === undefined ? undefined : toMicroseconds(outcome.firstTokenMs),
    usage: outcome.usage,
    ...cacheLine(exchange.cache),
    ...(exchange.compaction === undefined ? {} : { compacted: compactionLabel(exchange.compaction) }),
    costUsd: spending.unpriced ? undefined : spending.cost / 1e9,
    ...(identity === undefined
      ? {}
      : {
          tenant: identity.tenant.name,
          key: identity.keyId,
          agent: identity.agent,
          user: identity.user,
          session: identity.session,
          task: identity.task,
        }),
    ...(exchange.route === undefined ? {} : { route: routeLine(exchange.route) }),
    failure: outcome.failure,
    attempts: exchange.attempts,
  });
  const { saved, tier } = exchange.cache ?? {};
  if (saved !== undefined && tier !== undefined) runtime.telemetry.cacheSaved(tier, saved);
  if (runtime.tenancy !== undefined) charge(exchange, runtime.tenancy, spending, routeSaved ?? 0);
  if (runtime.audit !== undefined) observePrompt(exchange, runtime, runtime.audit);
}

/** Where the answer came from, as the answer's headers say it. */
function cacheLine(visit: CacheVisit | undefined): { cache?: string; replayed?: true } | undefined {
  if (visit === undefined || (visit.header === undefined && !visit.replayed)) return undefined;
  return {
    ...(visit.header === undefined ? {} : { cache: visit.header }),
    ...(visit.replayed ? { replayed: true } : {}),
  };
}

/** What the log says of a decision: no text of the prompt is in it. */
function routeLine({ policy, task, tier, model, key, verdict, bumped, pinned }: RouteDecision): RouteLine {
  return { policy, task, tier, model, key, state: verdict?.state, bumped, pinned };
}

/** Charges the tenant what was used, and releases what was held for more. */
function charge(exchange: Exchange, tenancy: Tenancy, spending: Spending, routeSaved: number): void {
  const { account, outcome, call } = exchange;
  if (account === undefined) return;
  const { identity, holds } = account;
  const { saved } = exchange.cache ?? {};
  // A kept answer was given before anything was held. What finding it cost is charged all the same, and what it saved is told.
  const unasked = saved === undefined && spending.billedTries === 0;
  const asked =
    account.asked ?? (unasked ? undefined : identity.limits.askFor(identity.names, NOTHING, tenancy.clock.now()));
  if (asked === undefined) return;
  const { cost, inputTokens, cachedTokens, cacheWriteTokens, outputTokens, reasoningTokens, billedTries } = spending;
  const requests = triesOf(exchange) > 0 ? 1 : 0;
  const { charges, refunds } = chargesFor(asked, { nanos: cost, tokens: inputTokens + outputTokens, requests });
  const [first = exchange.id, ...extensions] = holds;
  tenancy.settle(account, {
    tenant: identity.tenant.name,
    ids: [first, ...extensions],
    held: account.asked !== undefined && !account.unheld,
    charges,
    refunds,
    entry:
      requests === 0 && unasked
        ? undefined
        : {
            id: exchange.id,
            at: Math.floor(tenancy.clock.now()),
            tenant: identity.tenant.name,
            agent: identity.agent,
            user: identity.user,
            session: identity.session,
            task: identity.task,
            key: identity.keyId,
            endpoint: exchange.endpoint,
            model: call.model,
            target: outcome.target,
            status: outcome.status,
            billedTries,
            inputTokens,
            cachedTokens,
            cacheWriteTokens,
            outputTokens,
            reasoningTokens,
            cost,
            saved: (saved ?? 0) + routeSaved,
            estimated: spending.estimated || spending.unpriced,
          },
  });
}
