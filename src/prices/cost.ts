import type { ReportedTokens } from '../dialects/reported-tokens.ts';
import type { Price, Tier, TokenPrice } from './price.ts';

const PICO_IN_NANO = 1000;

/**
 * What the tokens cost, in nano-dollars (1e-9 USD), rounded up once; at most `Number.MAX_SAFE_INTEGER`. Counts that contradict each
 * other (more cached than there was input) are each charged: never less than was reported.
 *
 * Of tokens that are both cached and audio no provider of chat completions says how many: they are charged as audio.
 */
export function costOf(price: Price, tokens: ReportedTokens): number {
  if (price.kind === 'free') return 0;
  const { promptTokens, cachedTokens, audioInputTokens: audioIn, cacheWrite1hTokens: writtenHour } = tokens;
  const writes = Math.max(tokens.cacheWriteTokens, writtenHour);
  const agree = cachedTokens + writes <= promptTokens;
  const cached = agree ? Math.min(cachedTokens, Math.max(0, promptTokens - audioIn - writes)) : cachedTokens;
  const plain = Math.max(0, promptTokens - cached - writes - audioIn);
  const audioOut = tokens.audioOutputTokens;
  const reasoning = tokens.reasoningTokens;
  const said = Math.max(0, tokens.completionTokens - reasoning - audioOut);
  const rates = tierOf(price, Math.max(promptTokens, cached + writes));
  return sum([
    [plain, rates.input],
    [cached, rates.cacheRead],
    [writes - writtenHour, rates.cacheWrite5m],
    [writtenHour, rates.cacheWrite1h],
    [audioIn, rates.audioInput],
    [said, rates.output],
    [reasoning, rates.reasoning],
    [audioOut, rates.audioOutput],
  ]);
}

/**
 * The most a call can cost, in nano-dollars: all input at its dearest (fresh, audio or written to the cache for an hour) and all output
 * at its dearest, in the dearest tier up to that many input tokens.
 *
 * @param most upper bounds of both counts
 */
export function worstCase(price: Price, most: { readonly inputTokens: number; readonly outputTokens: number }): number {
  if (price.kind === 'free') return 0;
  let dearest = 0;
  for (const tier of price.tiers) {
    if (tier.above >= most.inputTokens) break;
    const input = Math.max(tier.input, tier.cacheRead, tier.cacheWrite5m, tier.cacheWrite1h, tier.audioInput);
    const output = Math.max(tier.output, tier.reasoning, tier.audioOutput);
    dearest = Math.max(
      dearest,
      sum([
        [most.inputTokens, input],
        [most.outputTokens, output],
      ]),
    );
  }
  return dearest;
}

/** The most output tokens with which {@link worstCase} stays within `nanoDollars`; 0 where not even the input does. Infinite where it is free. */
export function affordableOutput(price: Price, inputTokens: number, nanoDollars: number): number {
  const fits = (outputTokens: number): boolean => worstCase(price, { inputTokens, outputTokens }) <= nanoDollars;
  if (!fits(1)) return 0;
  // Doubling and halving: some 60 steps of a few multiplications, and only where a budget nears its end.
  let least = 1;
  while (least < Number.MAX_SAFE_INTEGER / 2 && fits(least * 2)) least *= 2;
  if (least >= Number.MAX_SAFE_INTEGER / 2) return Number.POSITIVE_INFINITY;
  for (let step = least / 2; step >= 1; step /= 2) if (fits(least + step)) least += step;
  return least;
}

function tierOf(price: TokenPrice, inputTokens: number): Tier {
  let [tier] = price.tiers;
  for (const next of price.tiers) if (inputTokens > next.above) tier = next;
  return tier;
}

/** Sum of counts times pico-dollars, in whole nano-dollars, rounded up. */
function sum(items: readonly (readonly [count: number, rate: number])[]): number {
  let pico = 0;
  for (const [count, rate] of items) pico += count * rate;
  // Every step on the way was smaller and so exact as well.
  if (pico <= Number.MAX_SAFE_INTEGER) return Math.ceil(pico / PICO_IN_NANO);
  if (!Number.isFinite(pico)) return Number.MAX_SAFE_INTEGER;
  let exact = 0n;
  for (const [count, rate] of items) exact += BigInt(Math.ceil(count)) * BigInt(rate);
  const nano = (exact + BigInt(PICO_IN_NANO - 1)) / BigInt(PICO_IN_NANO);
  return nano > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(nano);
}
