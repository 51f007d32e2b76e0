/**
 * Token counts as a provider reported them, in the terms of no dialect. Every count is a whole number from 0 to
 * {@link MOST_TOKENS}; what is not said is 0. The parts (cached, written, audio, reasoning) are also in their totals.
 */
export interface ReportedTokens {
  /** All input: read from the provider's cache, written to it, or neither. 0: it did not say. */
  readonly promptTokens: number;
  /** Input read from the provider's cache. */
  readonly cachedTokens: number;
  /** Input written to the provider's cache, for whatever time. */
  readonly cacheWriteTokens: number;
  /** Of {@link cacheWriteTokens}, what is kept for an hour: Anthropic charges more for it. */
  readonly cacheWrite1hTokens: number;
  /** Audio among the input. */
  readonly audioInputTokens: number;
  /** All output, hidden reasoning included, whether or not the provider includes it in its own count. */
  readonly completionTokens: number;
  /** Output that was reasoning. */
  readonly reasoningTokens: number;
  /** Audio among the output. */
  readonly audioOutputTokens: number;
}

export const NO_TOKENS: ReportedTokens = Object.freeze({
  promptTokens: 0,
  cachedTokens: 0,
  cacheWriteTokens: 0,
  cacheWrite1hTokens: 0,
  audioInputTokens: 0,
  completionTokens: 0,
  reasoningTokens: 0,
  audioOutputTokens: 0,
});

/** No call uses more: a thousand times the largest context window. A larger number is a mistake or an attack on somebody's budget. */
export const MOST_TOKENS = 1_000_000_000;

/** A provider's count as far as it is one; undefined where it is negative, too large, no number or not there. */
export function tokenCount(value: unknown): number | undefined {
  if (typeof value !== 'number' || !(value >= 0 && value <= MOST_TOKENS)) return undefined;
  return Math.floor(value);
}
