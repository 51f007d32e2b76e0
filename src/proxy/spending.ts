import { costOf } from '../prices/cost.ts';
import type { PriceBook } from '../prices/price-book.ts';
import type { Exchange } from './exchange.ts';

/** What all tries of a request used together. */
export interface Spending {
  /** Nano-dollars, of the tries whose price is known. */
  readonly cost: number;
  /** Some try's price is not known: the cost is no more than a part. */
  readonly unpriced: boolean;
  /** Tries that cost something. */
  readonly billedTries: number;
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly cacheWriteTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  /** Part of it was not reported by the provider but counted here. */
  readonly estimated: boolean;
}

/** Sums the bills that are closed by now, at the prices of the moment the request began: those its hold was worked out with. */
export function spendingOf(exchange: Exchange, prices: PriceBook): Spending {
  let cost = 0;
  let unpriced = false;
  let billedTries = 0;
  let inputTokens = 0;
  let cachedTokens = 0;
  let cacheWriteTokens = 0;
  let outputTokens = 0;
  let reasoningTokens = 0;
  let estimated = false;
  for (const { rung, tokens, estimated: guessed, forCache } of exchange.bills) {
    if (tokens === undefined) continue;
    billedTries++;
    inputTokens += tokens.promptTokens;
    cachedTokens += tokens.cachedTokens;
    cacheWriteTokens += tokens.cacheWriteTokens;
    outputTokens += tokens.completionTokens;
    reasoningTokens += tokens.reasoningTokens;
    estimated ||= guessed;
    // Counting tokens is free everywhere.
    const price =
      exchange.endpoint === 'count-tokens' ? FREE : prices.price(rung.provider, rung.target, exchange.startedAt);
    // An embedding without a price must not make the answer's unknown, which is a thousand times as much.
    if (price === undefined) unpriced ||= !forCache;
    else cost += costOf(price, tokens);
  }
  return {
    cost,
    unpriced,
    billedTries,
    inputTokens,
    cachedTokens,
    cacheWriteTokens,
    outputTokens,
    reasoningTokens,
    estimated,
  };
}

const FREE = { kind: 'free', source: 'config', since: undefined } as const;
