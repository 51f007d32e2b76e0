import { countedBound, inputBound } from '../context/input-bound.ts';
import type { InputMeasure } from '../context/input-measure.ts';
import { affordableOutput, worstCase } from '../prices/cost.ts';
import type { PriceBook } from '../prices/price-book.ts';
import type { Chain, Rung } from './chain.ts';
import type { Exchange } from './exchange.ts';

/** Tokens of an answer at most where neither the client nor anybody else says: no model of 2026 writes more. */
const LONGEST_ANSWER = 131_072;
/** An answer shorter than this helps nobody: then a request is refused rather than clamped. */
const SHORTEST_ANSWER = 16;

/** What one try can cost at most. */
export interface Worst {
  /** Nano-dollars; 0 where the price is not known. */
  readonly nanos: number;
  /** Input and output together. */
  readonly tokens: number;
}

/** What is known of a request's size: from its bytes, or from its text once it was counted. */
export interface RequestSize {
  readonly measure: InputMeasure;
  /** Tokens of the text, by model; undefined: not counted. */
  readonly counted: ReadonlyMap<string, number> | undefined;
}

/** The most a try against the rung can use, at the prices of the moment the request began; `unpriced` where they are not known. */
export function worstOf(
  exchange: Exchange,
  rung: Rung,
  size: RequestSize,
  prices: PriceBook,
): Worst & { readonly unpriced: boolean } {
  if (exchange.endpoint === 'count-tokens') return { nanos: 0, tokens: 0, unpriced: false };
  const inputTokens = inputOf(rung, size);
  const outputTokens = outputOf(exchange, rung);
  const price = prices.price(rung.provider, rung.target, exchange.startedAt);
  const nanos = price === undefined ? 0 : worstCase(price, { inputTokens, outputTokens });
  return { nanos, tokens: inputTokens + outputTokens, unpriced: price === undefined };
}

/** The most a try can use, at the dearest target of the chain; and the first target whose price is not known. */
export function worstOfChain(
  exchange: Exchange,
  chain: Chain,
  size: RequestSize,
  prices: PriceBook,
): Worst & { readonly unpriced: Rung | undefined } {
  let nanos = 0;
  let tokens = 0;
  let unpriced: Rung | undefined;
  for (const rung of chain.rungs) {
    const worst = worstOf(exchange, rung, size, prices);
    nanos = Math.max(nanos, worst.nanos);
    tokens = Math.max(tokens, worst.tokens);
    if (worst.unpriced) unpriced ??= rung;
  }
  return { nanos, tokens, unpriced };
}

/** The same for a request: one that is tried on a cheap model first pays for both. */
export function worstOfRequest(...args: Parameters<typeof worstOfChain>): ReturnType<typeof worstOfChain> {
  const [exchange, chain, ...rest] = args;
  const worst = worstOfChain(...args);
  const plan = exchange.cascade?.plan;
  if (plan === undefined || plan.strong !== chain) return worst;
  const first = worstOfChain(exchange, plan.cheap, ...rest);
  return {
    nanos: worst.nanos + first.nanos,
    tokens: worst.tokens + first.tokens,
    unpriced: worst.unpriced ?? first.unpriced,
  };
}

/**
 * The cap on an answer's tokens with which a try of any target fits the remainders; undefined where that would leave too little of an
 * answer, or the cap could not be told.
 *
 * @param left nano-dollars and tokens, infinite where there is no limit
 */
export function capWithin(
  exchange: Exchange,
  chain: Chain,
  size: RequestSize,
  prices: PriceBook,
  left: Worst,
): number | undefined {
  const { call, endpoint } = exchange;
  if (endpoint === 'embeddings' || endpoint === 'count-tokens') return undefined;
  // Anthropic refuses a cap below the thinking it was asked for.
  if (endpoint === 'messages' && call.body.kind('thinking') === 'object') return undefined;
  let cap = Number.POSITIVE_INFINITY;
  for (const rung of chain.rungs) {
    const inputTokens = inputOf(rung, size);
    const price = prices.price(rung.provider, rung.target, exchange.startedAt);
    if (price === undefined) return undefined;
    const affordable =
      left.nanos === Number.POSITIVE_INFINITY ? left.nanos : affordableOutput(price, inputTokens, left.nanos);
    cap = Math.min(cap, affordable, left.tokens - inputTokens);
  }
  cap = Math.floor(cap / answersOf(exchange)) - predictedIn(exchange);
  return Number.isFinite(cap) && cap >= SHORTEST_ANSWER ? cap : undefined;
}

function inputOf({ target, contextWindow }: Rung, { measure, counted }: RequestSize): number {
  const tokens = counted?.get(target.model);
  return tokens === undefined
    ? inputBound(measure, target.model, contextWindow)
    : countedBound(measure, tokens, target.model, contextWindow);
}

function outputOf(exchange: Exchange, { target, contextWindow }: Rung): number {
  if (exchange.endpoint === 'embeddings') return 0;
  const cap =
    exchange.outputCap ??
    exchange.call.maxTokens ??
    target.maxOutputTokens ??
    Math.min(LONGEST_ANSWER, contextWindow ?? LONGEST_ANSWER);
  return (Math.ceil(Math.max(0, cap)) + predictedIn(exchange)) * answersOf(exchange);
}

/** Answers that are paid for: `best_of` generates more than it shows. */
function answersOf({ call, endpoint }: Exchange): number {
  const bestOf = endpoint === 'completions' || endpoint === 'chat' ? call.body.value('best_of') : undefined;
  return Math.max(call.choices, typeof bestOf === 'number' ? bestOf * call.prompts : 0);
}

/** Tokens at most of an answer that the client foresaw: what turns out wrong is paid for as output, beside the answer and its cap. */
function predictedIn({ sent, endpoint }: Exchange): number {
  if (endpoint !== 'chat' || sent.body.kind('prediction') !== 'object') return 0;
  return sent.body.spans('prediction').reduce((bytes, { start, end }) => bytes + end - start, 0);
}
