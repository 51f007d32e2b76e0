import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { NO_TOKENS, type ReportedTokens } from '../../src/dialects/reported-tokens.ts';
import { PROVIDER_FAMILIES } from '../../src/failures/family.ts';
import { costOf } from '../../src/prices/cost.ts';
import { leastRepeat, mostCached } from '../../src/prices/least-repeat.ts';
import { CONFIGURED_FREE, completeRates, configuredPrice, type GivenRates } from '../../src/prices/price.ts';

function priceOf(given: GivenRates) {
  const rates = completeRates(given);
  assert.ok(rates !== undefined);
  return configuredPrice(rates);
}

const used = (promptTokens: number, more: Partial<ReportedTokens> = {}): ReportedTokens => ({
  ...NO_TOKENS,
  promptTokens,
  completionTokens: 10,
  ...more,
});

describe('what a provider may have kept of a prompt', () => {
  const facts = [
    ['openai', used(1_023), 0],
    ['openai', used(1_024), 1_024],
    // What it did not have a moment ago it has now.
    ['openai', used(5_000, { cachedTokens: 1_024 }), 5_000],
    ['azure', used(2_000), 2_000],
    ['gemini', used(1_000), 0],
    ['generic', used(1_023), 0],
    // It has told that it keeps short ones, too.
    ['generic', used(300, { cachedTokens: 64 }), 300],
    ['deepseek', used(100), 100],
    ['openrouter', used(100), 100],
    ['anthropic', used(50_000), 0],
    ['anthropic', used(50_000, { cacheWriteTokens: 40_000 }), 40_000],
    ['anthropic', used(50_000, { cacheWriteTokens: 10_000, cachedTokens: 30_000 }), 40_000],
  ] as const;
  for (const [family, tokens, most] of facts)
    test(`${family}: ${most} of ${tokens.promptTokens}, read ${tokens.cachedTokens}, written ${tokens.cacheWriteTokens}`, () => {
      assert.equal(mostCached(family, tokens), most);
    });
});

describe('what a repeat costs at least', () => {
  // Nano-dollars a token: 3000, 300 cached, 3750 written, 15000 of output.
  const price = priceOf({ input: 3_000_000, cacheRead: 300_000, cacheWrite5m: 3_750_000, output: 15_000_000 });

  test('is all that may be cached at the price of cached input, and nothing written', () => {
    const tokens = used(10_000, { cacheWriteTokens: 8_000 });
    assert.equal(costOf(price, tokens), 2_000 * 3_000 + 8_000 * 3_750 + 150_000);
    assert.equal(leastRepeat(price, tokens, 8_000), 2_000 * 3_000 + 8_000 * 300 + 150_000);
  });

  test('is what the call cost where cached input has no price of its own, and nothing where nothing costs', () => {
    const tokens = used(10_000);
    const flat = priceOf({ input: 3_000_000, output: 15_000_000 });
    assert.equal(leastRepeat(flat, tokens, 10_000), costOf(flat, tokens));
    assert.equal(leastRepeat(CONFIGURED_FREE, tokens, 10_000), 0);
  });

  test('is never more than the same call costs, however much of it is cached then', () => {
    const rate = fc.integer({ min: 0, max: 20_000_000 });
    const prices = fc.record({ input: rate, cacheRead: rate, cacheWrite5m: rate, output: rate });
    fc.assert(
      fc.property(
        prices,
        fc.constantFrom(...PROVIDER_FAMILIES),
        fc.nat(20_000),
        fc.nat(20_000),
        fc.nat(20_000),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (given, family, prompt, read, written, warmth) => {
          fc.pre(given.cacheRead <= given.input && given.input <= given.cacheWrite5m);
          const cachedTokens = Math.min(read, prompt);
          const first = used(prompt, { cachedTokens, cacheWriteTokens: Math.min(written, prompt - cachedTokens) });
          const most = mostCached(family, first);
          const again = used(prompt, { cachedTokens: Math.floor(most * warmth) });
          const known = priceOf(given);
          const least = leastRepeat(known, first, most);
          assert.ok(least <= costOf(known, again));
          assert.ok(least <= costOf(known, first));
        },
      ),
      { numRuns: 500 },
    );
  });
});
