import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { MOST_TOKENS, NO_TOKENS, type ReportedTokens } from '../../src/dialects/reported-tokens.ts';
import { affordableOutput, costOf, worstCase } from '../../src/prices/cost.ts';
import {
  CONFIGURED_FREE,
  completeRates,
  DEAREST_RATE,
  type GivenRates,
  type TokenPrice,
} from '../../src/prices/price.ts';

function priceOf(given: GivenRates, ...tiers: readonly (readonly [above: number, given: GivenRates])[]): TokenPrice {
  const rates = completeRates(given);
  assert.ok(rates !== undefined);
  const more = tiers.map(([above, dearer]) => {
    const complete = completeRates(dearer);
    assert.ok(complete !== undefined);
    return { above, ...complete };
  });
  return { kind: 'priced', source: 'config', since: undefined, tiers: [{ above: -1, ...rates }, ...more] };
}

const CLAUDE = priceOf({
  input: 3_000_000,
  cacheRead: 300_000,
  cacheWrite5m: 3_750_000,
  cacheWrite1h: 6_000_000,
  output: 15_000_000,
});
const TIERED = priceOf({ input: 1_000_000, output: 2_000_000 }, [200_000, { input: 2_000_000, output: 3_000_000 }]);

describe('the cost', () => {
  const cases: readonly (readonly [name: string, price: TokenPrice, tokens: Partial<ReportedTokens>, nano: number])[] =
    [
      ['of input and output', CLAUDE, { promptTokens: 1000, completionTokens: 100 }, 3_000_000 + 1_500_000],
      [
        'of what was read from the cache and written to it',
        CLAUDE,
        { promptTokens: 1000, cachedTokens: 600, cacheWriteTokens: 300, cacheWrite1hTokens: 100 },
        100 * 3000 + 600 * 300 + 200 * 3750 + 100 * 6000,
      ],
      ['of more cached than there was input', CLAUDE, { promptTokens: 10, cachedTokens: 1000 }, 300_000],
      ['of more reasoning than there was output', CLAUDE, { completionTokens: 5, reasoningTokens: 10 }, 150_000],
      ['up to the start of a tier', TIERED, { promptTokens: 200_000, completionTokens: 10 }, 200_020_000],
      ['past it, of all tokens', TIERED, { promptTokens: 200_001, completionTokens: 10 }, 400_032_000],
      ['is rounded up, once', priceOf({ input: 1, output: 1 }), { promptTokens: 1, completionTokens: 1 }, 1],
      ['of no tokens', CLAUDE, {}, 0],
      [
        'of sound, of which some came of the cache',
        priceOf({ input: 1000, cacheRead: 100, audioInput: 10_000, output: 2000, audioOutput: 20_000 }),
        { promptTokens: 100, audioInputTokens: 60, cachedTokens: 80, completionTokens: 10, audioOutputTokens: 4 },
        60 * 10 + 40 * 0.1 + 6 * 2 + 4 * 20,
      ],
    ];
  for (const [name, price, tokens, nano] of cases) {
    test(name, () => assert.equal(costOf(price, { ...NO_TOKENS, ...tokens }), nano));
  }

  test('of what is free is nothing', () => {
    assert.equal(costOf(CONFIGURED_FREE, { ...NO_TOKENS, promptTokens: 1e9 }), 0);
    assert.equal(worstCase(CONFIGURED_FREE, { inputTokens: 1e9, outputTokens: 1e9 }), 0);
  });

  test('is exact where doubles are not, and ends at the largest whole number', () => {
    const dear = priceOf({ input: 999_999_999_999, output: 1 });
    const exact = (999_999_999n * 999_999_999_999n + 999n) / 1000n;
    const nano = costOf(dear, { ...NO_TOKENS, promptTokens: 999_999_999 });
    assert.equal(BigInt(nano), exact > BigInt(Number.MAX_SAFE_INTEGER) ? BigInt(Number.MAX_SAFE_INTEGER) : exact);
    const smaller = priceOf({ input: 1_000_000_007, output: 1 });
    assert.equal(
      costOf(smaller, { ...NO_TOKENS, promptTokens: 999_999_999 }),
      Number((999_999_999n * 1_000_000_007n + 999n) / 1000n),
    );
    assert.equal(worstCase(dear, { inputTokens: Number.POSITIVE_INFINITY, outputTokens: 0 }), Number.MAX_SAFE_INTEGER);
  });
});

const rate = fc.oneof(fc.nat({ max: 100_000_000 }), fc.constantFrom(0, DEAREST_RATE));
const rates = fc.record({
  input: rate,
  cacheRead: rate,
  cacheWrite5m: rate,
  cacheWrite1h: rate,
  audioInput: rate,
  output: rate,
  reasoning: rate,
  audioOutput: rate,
});
const price = fc
  .tuple(rates, fc.option(fc.tuple(fc.nat({ max: 300_000 }), rates), { nil: undefined }))
  .map(([base, tier]) => (tier === undefined ? priceOf(base) : priceOf(base, tier)));
/** Counts of which the parts are in their totals. */
const tokens = fc
  .tuple(
    fc.nat({ max: 400_000 }),
    fc.nat({ max: 400_000 }),
    fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 6, maxLength: 6 }),
  )
  .map(([prompt, completion, [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0]]): ReportedTokens => {
    const cached = Math.floor(prompt * a);
    const written = Math.floor((prompt - cached) * b);
    const reasoning = Math.floor(completion * c);
    return {
      promptTokens: prompt,
      cachedTokens: cached,
      cacheWriteTokens: written,
      cacheWrite1hTokens: Math.floor(written * d),
      audioInputTokens: Math.floor((prompt - written) * e),
      completionTokens: completion,
      reasoningTokens: reasoning,
      audioOutputTokens: Math.floor((completion - reasoning) * f),
    };
  });

describe('the worst case', () => {
  test('is no less than any cost within its counts', () => {
    fc.assert(
      fc.property(price, tokens, fc.nat({ max: 1000 }), (of, used, more) => {
        const most = { inputTokens: used.promptTokens + more, outputTokens: used.completionTokens + more };
        assert.ok(worstCase(of, most) >= costOf(of, used));
      }),
      { numRuns: 1000 },
    );
  });

  test('takes a tier that is cheaper further up for what it is', () => {
    const cheaper = priceOf({ input: 10, output: 10 }, [100, { input: 1, output: 1 }]);
    assert.equal(worstCase(cheaper, { inputTokens: 1000, outputTokens: 0 }), 10);
  });

  test('is always a whole number, for whatever counts', () => {
    const count = fc.oneof(fc.nat({ max: MOST_TOKENS }), fc.constant(Number.POSITIVE_INFINITY));
    fc.assert(
      fc.property(price, count, count, (of, inputTokens, outputTokens) => {
        const nano = worstCase(of, { inputTokens, outputTokens });
        assert.ok(Number.isSafeInteger(nano) && nano >= 0);
      }),
    );
  });
});

test('what a remainder buys fits in it, and one token more does not', () => {
  fc.assert(
    fc.property(price, fc.nat({ max: 300_000 }), fc.nat({ max: 1e12 }), (of, inputTokens, left) => {
      const outputTokens = affordableOutput(of, inputTokens, left);
      const cost = (output: number) => worstCase(of, { inputTokens, outputTokens: output });
      if (outputTokens === Number.POSITIVE_INFINITY) assert.ok(cost(1e15) <= left);
      else {
        assert.ok(outputTokens === 0 || cost(outputTokens) <= left);
        assert.ok(cost(outputTokens + 1) > left);
      }
    }),
    { numRuns: 500 },
  );
});
