/** What is simulated. Everything but the times is the same for the same options. */
export interface ContextOptions {
  readonly turns: number;
  /** Words of a tool's result, on average. */
  readonly words: number;
  /** `maxInputTokens` of the agent. */
  readonly cap: number;
  readonly seed: number;
  /** Milliseconds that the provider takes for a thousand tokens that it has not cached; a tenth of it for those it has. */
  readonly prefillMs: number;
}

export const USUAL: ContextOptions = { turns: 200, words: 630, cap: 40_000, seed: 7, prefillMs: 20 };

/** Dollars a million tokens: a strong model and a small one, with an automatic cache that costs nothing to write. */
export const PRICES = { input: 3, cached: 0.3, output: 15, summarizer: { input: 1, output: 5 } };

/** Tokens of each answer, and of each summary. */
export const ANSWER_TOKENS = 60;
export const SUMMARY_TOKENS = 600;
