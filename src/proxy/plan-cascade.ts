import { codecs } from '../dialects/codecs.ts';
import type { ChatDialect } from '../dialects/conversation/request.ts';
import { chatDialect } from '../dialects/endpoint.ts';
import type { Price } from '../prices/price.ts';
import { asksForCode } from '../routing/cascade/asks-code.ts';
import { ineligible } from '../routing/cascade/eligible.ts';
import { priceRatio } from '../routing/cascade/price-ratio.ts';
import type { ModelPair, RouteDecision } from '../routing/decision.ts';
import type { CascadeVisit } from './cascade-visit.ts';
import type { Chain } from './chain.ts';
import { allowedTime } from './deadline.ts';
import type { Exchange } from './exchange.ts';
import type { Runtime } from './runtime.ts';

/**
 * Decides whether the cheap model of the policy's pair is tried first. Where it is, the request's chain is the strong model's from here on:
 * what is kept and what is held for money is looked for there. Where trying does not pay, the strong model serves, but for work on which
 * evidence has admitted the cheap one. Never fails a request.
 */
export function planCascade(exchange: Exchange, runtime: Runtime): void {
  const { route } = exchange;
  const dialect = chatDialect(exchange.endpoint);
  if (route?.cascade === undefined || dialect === undefined) return;
  try {
    exchange.cascade = visitFor(exchange, runtime, dialect, route, route.cascade);
    if (exchange.cascade.plan !== undefined) moveTo(exchange, exchange.cascade.plan.strong);
  } catch (error) {
    runtime.telemetry.defect(error);
  }
}

function visitFor(
  exchange: Exchange,
  runtime: Runtime,
  dialect: ChatDialect,
  route: RouteDecision,
  pair: ModelPair,
): CascadeVisit {
  if (pair.cheap === pair.strong) return off('one-model');
  exchange.conversation ??= codecs[dialect].readRequest(exchange.call.json);
  const { conversation } = exchange;
  // A request that its provider understands and we do not: nothing is known to hold the answer against.
  if ('mistake' in conversation) return off('unreadable');
  const why = ineligible(conversation);
  if (why !== undefined) return off(why);
  const cheap = chainOf(exchange, runtime, pair.cheap);
  const strong = chainOf(exchange, runtime, pair.strong);
  if (cheap === undefined || strong === undefined) return off('no-model');
  const ratio = ratioOf(exchange, runtime, cheap, strong);
  if (ratio === undefined) return off('price-unknown');
  const id = cascadeId(exchange.account?.identity.tenant.name, route.key, pair);
  // Short of admission, only a look at the answer speaks for the cheap model.
  const strongOtherwise = route.verdict?.state !== 'admitted';
  const otherwise = strongOtherwise ? strong : exchange.chain;
  if (!runtime.cascades.mayTry(id, ratio, strongOtherwise)) {
    if (strongOtherwise) serveStrong(exchange, route, strong);
    return off('does-not-pay');
  }
  const asked = { conversation, code: asksForCode(route.task, conversation) };
  return { plan: { id, cheap, strong, otherwise, asked }, note: undefined };
}

/** Its answers are not taken often enough to be asked for, and nothing else speaks for the cheap model. */
function serveStrong(exchange: Exchange, route: RouteDecision, strong: Chain): void {
  moveTo(exchange, strong);
  exchange.route = {
    ...route,
    model: strong.model.name,
    verdict: route.verdict && { ...route.verdict, serve: 'strong' },
  };
}

/** The request may take as long as its model may. */
function moveTo(exchange: Exchange, chain: Chain): void {
  exchange.chain = chain;
  exchange.misfits = undefined;
  exchange.deadlineAt = exchange.startedAt + allowedTime(exchange.headers, exchange.endpoint, chain.model);
}

/** What a cascade's counts are kept by. Tenants never share them. */
export function cascadeId(tenant: string | undefined, key: string, { cheap, strong }: ModelPair): string {
  return JSON.stringify([tenant ?? null, key, cheap, strong]);
}

/** The request is served as if its policy had no cascade. */
export function dropCascade(exchange: Exchange, why: string): void {
  const { cascade, cache, route } = exchange;
  if (cascade?.plan === undefined) return;
  const { otherwise, strong } = cascade.plan;
  if (route !== undefined && otherwise === strong) serveStrong(exchange, route, strong);
  else moveTo(exchange, otherwise);
  // What was looked for was an answer of the pair: one that nobody looked at is not kept there.
  if (cache !== undefined) cache.key = undefined;
  exchange.cascade = off(why);
}

function off(why: string): CascadeVisit {
  return { plan: undefined, note: `off:${why}` };
}

function chainOf({ account }: Exchange, { tenancy, chains }: Runtime, name: string): Chain | undefined {
  if (account !== undefined && tenancy !== undefined) return tenancy.chainFor(account.identity, name);
  const chain = chains.find(name);
  return 'error' in chain ? undefined : chain;
}

/** Of the first targets. Undefined where any target that may be tried has no known price: what is tried twice must be counted. */
function ratioOf({ call }: Exchange, runtime: Runtime, cheap: Chain, strong: Chain): number | undefined {
  const cheapPrice = priceOf(runtime, cheap);
  const strongPrice = priceOf(runtime, strong);
  if (cheapPrice === undefined || strongPrice === undefined) return undefined;
  return priceRatio(cheapPrice, strongPrice, { bytes: call.body.bytes.length, maxTokens: call.maxTokens });
}

function priceOf({ prices, clock }: Runtime, { rungs }: Chain): Price | undefined {
  const now = clock.now();
  const found = rungs.map(({ provider, target }) => prices.price(provider, target, now));
  return found.includes(undefined) ? undefined : found[0];
}
