/** What a call costs: nothing, because somebody wrote so, or so much a token. */
export type Price = FreePrice | TokenPrice;

export interface FreePrice {
  readonly kind: 'free';
  readonly source: PriceSource;
  readonly since: string | undefined;
}

export interface TokenPrice {
  readonly kind: 'priced';
  readonly source: PriceSource;
  /** The day the price began, `2026-03-13`, where that is known. */
  readonly since: string | undefined;
  /** Rising by {@link Tier.above}; the first holds from the first token on. Which one holds is decided by all input tokens of the call. */
  readonly tiers: readonly [Tier, ...Tier[]];
}

/** `config`: written by the operator. `genai-prices`: from the package, which never speaks over the configuration. */
export type PriceSource = 'config' | 'genai-prices';

/** Pico-dollars (1e-12 USD) a token: $1 a million tokens is 1,000,000. Whole numbers. */
export interface Rates {
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite5m: number;
  readonly cacheWrite1h: number;
  readonly audioInput: number;
  readonly output: number;
  readonly reasoning: number;
  readonly audioOutput: number;
}

export interface Tier extends Rates {
  /** The rates hold for calls of more input tokens than this, and then for all their tokens; -1: for any. */
  readonly above: number;
}

/** Rates as somebody gave them, pico-dollars a token. What is not given never costs nothing, see {@link completeRates}. */
export type GivenRates = { readonly [K in keyof Rates]?: number | undefined };

/** The highest price taken for one: $1,000,000 a million tokens. With 1e9 tokens a sum still fits the exact arithmetic of `costOf`. */
export const DEAREST_RATE = 1_000_000 * 1_000_000;

/**
 * Fills in what a price list leaves out: cached input costs what input costs, reasoning what output costs, and output, where only the
 * input has a price (embeddings), what input costs. Undefined where the input has none.
 */
export function completeRates(given: GivenRates): Rates | undefined {
  const { input } = given;
  if (input === undefined) return undefined;
  const output = given.output ?? input;
  const cacheWrite5m = given.cacheWrite5m ?? input;
  return {
    input,
    cacheRead: given.cacheRead ?? input,
    cacheWrite5m,
    cacheWrite1h: given.cacheWrite1h ?? cacheWrite5m,
    audioInput: given.audioInput ?? input,
    output,
    reasoning: given.reasoning ?? output,
    audioOutput: given.audioOutput ?? output,
  };
}

/** The operator's word: one tier, no date. */
export function configuredPrice(rates: Rates): TokenPrice {
  return { kind: 'priced', source: 'config', since: undefined, tiers: [{ above: -1, ...rates }] };
}

export const CONFIGURED_FREE: FreePrice = Object.freeze({ kind: 'free', source: 'config', since: undefined });
