import { createHash } from 'node:crypto';
import { assembleStream } from '../cache/exact/assemble.ts';
import type { EvidenceSettings } from '../config/routing-config.ts';
import { codecs } from '../dialects/codecs.ts';
import type { Conversation } from '../dialects/conversation/request.ts';
import { chatDialect } from '../dialects/endpoint.ts';
import { needsStoredState } from '../dialects/responses/stored-state.ts';
import { isRecord, type JsonRecord } from '../failures/json-record.ts';
import type { ModelPair, RouteDecision } from '../routing/decision.ts';
import type { Circumstances, Side } from '../routing/evidence/change.ts';
import { type ComparedAnswer, comparable } from '../routing/evidence/checkers/compared-answer.ts';
import { openingOf } from '../routing/policy/opening.ts';
import { fingerprintOf, systemPrintOf } from '../routing/policy/route-key.ts';
import { costOfUse } from './cache-spending.ts';
import type { Chain } from './chain.ts';
import type { Exchange } from './exchange.ts';
import { rungOf } from './internal-call.ts';
import { priceOf } from './route.ts';
import type { Runtime } from './runtime.ts';
import { tenantOf } from './session-names.ts';
import { isTurnedDown, NOTHING_SAID } from './turned-down.ts';

/** A routed request that one model of a pair has answered. */
export interface RoutedAnswer {
  readonly exchange: Exchange;
  readonly route: RouteDecision;
  readonly pair: ModelPair;
  readonly settings: EvidenceSettings;
  /** '' where the proxy asks nobody for a key. */
  readonly tenant: string;
  readonly side: Side;
  /** The cheap model did not answer: its provider refused the request for what it asks. */
  readonly turnedDown: boolean;
}

/** An answer, as far as it can be read and compared. */
export interface ReadAnswer {
  /** As the answer itself names it. */
  readonly model: string | undefined;
  /** Undefined: it holds what cannot be compared. */
  readonly compared: ComparedAnswer | undefined;
}

/** Undefined: it was not routed between two models, or there is nothing to be learned of what came of it. */
export function routedAnswer(exchange: Exchange, { config }: Runtime): RoutedAnswer | undefined {
  const { route, outcome, chain, account, attempts } = exchange;
  if (route?.pair === undefined) return undefined;
  const settings = config.routing.policies.get(route.policy)?.evidence;
  if (settings === undefined) return undefined;
  // What the cache answered, and what a budget moved elsewhere, says nothing of the two models.
  if (attempts.length === 0 || exchange.cache?.saved !== undefined || account?.downgrade !== undefined)
    return undefined;
  const turnedDown = outcome.failure !== undefined && isTurnedDown(outcome.failure, chain);
  const isAnswered = outcome.target !== undefined && (outcome.status === 'ok' || outcome.status === 'degraded');
  if (!isAnswered && !turnedDown) return undefined;
  const { pair } = route;
  // A cascade that gave up the cheap model's answer has moved the exchange to the strong one's chain.
  const { name } = chain.model;
  const side = name === pair.cheap ? 'cheap' : name === pair.strong ? 'strong' : undefined;
  // The strong model may refuse what it likes: that is no merit of the cheap one.
  if (side === undefined || (turnedDown && side === 'strong')) return undefined;
  return { exchange, route, pair, settings, tenant: tenantOf(exchange), side, turnedDown };
}

/**
 * The request, where its answer is its model's own and another one can be asked the same: it was sent as it came, one answer was asked for, and
 * nothing acts or is kept at the provider.
 */
export function comparableRequest({ exchange, turnedDown }: RoutedAnswer): Conversation | undefined {
  const { endpoint, sent, outcome, outputCap } = exchange;
  const dialect = chatDialect(endpoint);
  if (dialect === undefined || sent.choices > 1 || outputCap !== undefined) return undefined;
  // An answer of several targets, or of one that stood in, is not what is to be judged.
  if (!turnedDown && (outcome.status !== 'ok' || outcome.fallbackDepth > 0 || outcome.resumed > 0)) return undefined;
  const request = codecs[dialect].readRequest(sent.json);
  if ('mistake' in request || needsStoredState(request) !== undefined) return undefined;
  return request.tools.some(({ kind }) => kind === 'opaque') ? undefined : request;
}

/** The answer that the client was given; undefined: it is not known. */
export function servedAnswer({ exchange, turnedDown }: RoutedAnswer): ReadAnswer | undefined {
  if (turnedDown) return { model: undefined, compared: NOTHING_SAID };
  const { delivered } = exchange.delivered ?? {};
  if (delivered === undefined || exchange.outcome.httpStatus !== 200) return undefined;
  const { json, body } = delivered;
  const answer = json === undefined ? assembleStream(exchange.endpoint, body, undefined) : json;
  return isRecord(answer) ? readAnswer(exchange, answer) : undefined;
}

/** @param json in the client's dialect */
export function readAnswer({ endpoint }: Pick<Exchange, 'endpoint'>, json: JsonRecord): ReadAnswer {
  const dialect = chatDialect(endpoint);
  const compared = dialect === undefined ? undefined : comparable(codecs[dialect].readAnswer(json));
  const model = typeof json.model === 'string' && json.model !== '' ? json.model.slice(0, 128) : undefined;
  return { model, compared };
}

/** The chain of the pair's other model, with the settings of the agent. */
export function otherChain({ exchange, pair, side }: RoutedAnswer, { chains, tenancy }: Runtime): Chain | undefined {
  const name = side === 'cheap' ? pair.strong : pair.cheap;
  const { account } = exchange;
  if (account !== undefined && tenancy !== undefined) return tenancy.chainFor(account.identity, name);
  const chain = chains.find(name);
  return 'error' in chain ? undefined : chain;
}

/** What the answer cost that was given; undefined: not known. Nano-dollars. */
export function costOfServed({ bills }: Exchange, runtime: Runtime): number | undefined {
  const bill = bills.findLast(({ tokens, forCache }) => tokens !== undefined && !forCache);
  return bill?.tokens === undefined ? undefined : costOfUse(runtime, bill.rung, bill.tokens);
}

/** Whether it can be said what a comparison costs. */
export function pricesKnown(pair: ModelPair, { judge, checker }: EvidenceSettings, runtime: Runtime): boolean {
  if (priceOf(pair.cheap, runtime) === undefined || priceOf(pair.strong, runtime) === undefined) return false;
  if (checker !== 'judge' || judge === undefined) return true;
  const { provider, target } = rungOf(runtime, judge.target);
  return runtime.prices.price(provider, target, runtime.clock.now()) !== undefined;
}

/** What the evidence is about. @param served and other: the models, as their answers named them */
export function circumstancesOf(
  { exchange, pair, side }: RoutedAnswer,
  served: string | undefined,
  other: string | undefined,
  runtime: Runtime,
): Circumstances {
  const { endpoint, call } = exchange;
  const prices = [priceOf(pair.cheap, runtime), priceOf(pair.strong, runtime)];
  const rates = prices.map((price) => (price?.kind === 'priced' ? price.tiers : price?.kind));
  const price = createHash('sha256').update(JSON.stringify(rates)).digest('base64url').slice(0, 16);
  return {
    cheap: side === 'cheap' ? served : other,
    strong: side === 'cheap' ? other : served,
    prompt: fingerprintOf(call.body, systemPrintOf(call.body, openingOf(endpoint, call.body))),
    price: prices.includes(undefined) ? undefined : price,
  };
}
