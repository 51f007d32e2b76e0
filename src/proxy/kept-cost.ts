import type { ReportedTokens } from '../dialects/reported-tokens.ts';
import { leastRepeat, mostCached } from '../prices/least-repeat.ts';
import type { Exchange } from './exchange.ts';
import type { Runtime } from './runtime.ts';

/** What is told of the call that a kept answer came from. */
export interface KeptCost {
  /** The least that the call would cost once more, nano-dollars; undefined: its price is not known. */
  readonly cost: number | undefined;
  readonly inputTokens: number;
  /** Of them, what a repeat could have had from the provider's own cache of prompts. */
  readonly cachedTokens: number;
  readonly outputTokens: number;
}

/**
 * What giving an answer once more saves at least. Of several tries it is only the one that answered: a repeat need not fail, or be checked and
 * asked again, as this request was.
 */
export function keptCost(exchange: Exchange, { prices }: Runtime): KeptCost {
  const { bills, outcome, startedAt } = exchange;
  const bill = bills.findLast(
    ({ forCache, tokens, rung }) => !forCache && tokens !== undefined && rung.target.id === outcome.target,
  );
  const tokens: ReportedTokens | undefined = bill?.tokens;
  if (bill === undefined || tokens === undefined)
    return { cost: undefined, inputTokens: 0, cachedTokens: 0, outputTokens: 0 };
  const { provider, target } = bill.rung;
  const price = prices.loaded ? prices.price(provider, target, startedAt) : undefined;
  const cachedTokens = mostCached(provider.family, tokens);
  return {
    cost: price && leastRepeat(price, tokens, cachedTokens),
    inputTokens: tokens.promptTokens,
    cachedTokens,
    outputTokens: tokens.completionTokens,
  };
}
