import type { ReportedTokens } from '../dialects/reported-tokens.ts';
import type { ProviderFamily } from '../failures/family.ts';
import { costOf } from './cost.ts';
import type { Price } from './price.ts';

/** The shortest prompt that OpenAI, Azure and Gemini say they keep, tokens. */
const LEAST_KEPT = 1_024;

/**
 * Where providers keep the beginnings of prompts by themselves, from how many tokens on. A server that nobody has described is taken to do
 * as OpenAI does; of all others nothing is documented, or a minimum of 64, so that any prompt may be kept.
 */
const KEPT_FROM: Partial<Readonly<Record<ProviderFamily, number>>> = {
  openai: LEAST_KEPT,
  azure: LEAST_KEPT,
  gemini: LEAST_KEPT,
  generic: LEAST_KEPT,
};

/**
 * How much of a call's input a repeat of it could have had from the provider's own cache of prompts, at the most. Anthropic keeps what the request
 * marks, and says what it wrote and read; the others keep what they like, and all of a prompt that is long enough is taken to be kept. How long
 * ago the call was plays no part: other requests with the same beginning, perhaps of another replica, may have kept it there.
 */
export function mostCached(family: ProviderFamily, tokens: ReportedTokens): number {
  const { promptTokens, cachedTokens, cacheWriteTokens } = tokens;
  const known = Math.min(promptTokens, cachedTokens + cacheWriteTokens);
  if (family === 'anthropic') return known;
  return known > 0 || promptTokens >= (KEPT_FROM[family] ?? 0) ? promptTokens : 0;
}

/**
 * The least that the same call would cost once more, nano-dollars: its cacheable input at the price of cached input, and nothing written.
 *
 * @param cached tokens of the input that are taken to be cached: {@link mostCached}
 */
export function leastRepeat(price: Price, tokens: ReportedTokens, cached: number): number {
  const warm = { ...tokens, cachedTokens: cached, cacheWriteTokens: 0, cacheWrite1hTokens: 0 };
  return Math.min(costOf(price, tokens), costOf(price, warm));
}
