import { NO_TOKENS } from '../../dialects/reported-tokens.ts';
import { costOf } from '../../prices/cost.ts';
import type { Price } from '../../prices/price.ts';
import type { Pin } from './session-pins.ts';

/** How long providers keep the beginning of a conversation at least, milliseconds: five minutes at Anthropic and OpenAI. */
const KEPT_MS = 300_000;
/** Nobody keeps less, tokens. */
const LEAST_KEPT = 1_024;
/** Tokens of an answer of which nothing more is known. */
const USUAL_ANSWER = 500;

/** What moving a conversation to a cheaper model would cost, nano-dollars. */
export interface MoveCost {
  /** The next answer by the model that has the conversation in its prompt cache. */
  readonly stay: number;
  /** The same by the other, which has to read all of it. */
  readonly move: number;
  /** Tokens that the first one does not read anew. */
  readonly cachedTokens: number;
}

/**
 * Compares the two, where the model that served the conversation last has it in its prompt cache and that makes a difference. Undefined: it has
 * not, or its price says nothing of a cache, or a price is not known; then there is nothing to lose.
 */
export function moveCost(
  pin: Pin,
  now: number,
  tokens: number,
  maxTokens: number | undefined,
  stayPrice: Price | undefined,
  movePrice: Price | undefined,
): MoveCost | undefined {
  if (stayPrice?.kind !== 'priced' || movePrice === undefined) return undefined;
  const cachedTokens = Math.min(pin.tokens, tokens);
  if (cachedTokens < LEAST_KEPT || now - pin.at > KEPT_MS) return undefined;
  const [first] = stayPrice.tiers;
  if (first.cacheRead >= first.input) return undefined;
  const call = {
    ...NO_TOKENS,
    promptTokens: tokens,
    completionTokens: Math.min(maxTokens ?? USUAL_ANSWER, USUAL_ANSWER),
  };
  return { stay: costOf(stayPrice, { ...call, cachedTokens }), move: costOf(movePrice, call), cachedTokens };
}
