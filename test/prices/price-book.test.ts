import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { calcPrice, findProvider, type Usage as ListUsage, type MatchLogic } from '@pydantic/genai-prices';
import fc from 'fast-check';
import type { Config, Provider } from '../../src/config/config.ts';
import { NO_TOKENS, type ReportedTokens } from '../../src/dialects/reported-tokens.ts';
import { costOf } from '../../src/prices/cost.ts';
import { PriceBook } from '../../src/prices/price-book.ts';
import { configOf } from '../config/problems-of.ts';

const NOW = Date.parse('2026-11-22T12:00:00Z');
const book = new PriceBook();
before(() => book.load());

function provider(config: Config, name: string): Provider {
  const found = config.providers.get(name);
  assert.ok(found !== undefined);
  return found;
}

const config = configOf(`
providers:
  openai: {apiKey: k}
  anthropic: {apiKey: k}
  gemini: {apiKey: k}
  mistral: {apiKey: k}
  groq: {apiKey: k}
  openrouter: {apiKey: k}
  together: {apiKey: k}
  fireworks: {apiKey: k}
  deepseek: {apiKey: k}
  xai: {apiKey: k}
  cerebras: {apiKey: k}
  bedrock: {apiKey: k, region: eu-central-1}
  azure: {apiKey: k, baseUrl: "https://me.openai.azure.com"}
  ollama: {}
  mine: {baseUrl: "https://api.openai.com/v1", apiKey: k}
  evil: {baseUrl: "https://api.openai.com.example/v1", apiKey: k}
  gateway: {preset: openai, baseUrl: "http://127.0.0.1:4000/v1", apiKey: k}
  resold: {preset: openai, baseUrl: "http://127.0.0.1:4001/v1", apiKey: k, pricesLike: openai}
  local: {baseUrl: "http://127.0.0.1:8000/v1", free: true, prices: {"big-*": {input: "$1", output: "$2"}, big-one: {input: "$3/M", output: "$0.006/K", cachedInput: "$0.3"}}}
`);

/** Our name of a provider, and the list's. */
const LISTS = [
  ['openai', 'openai'],
  ['anthropic', 'anthropic'],
  ['gemini', 'google'],
  ['mistral', 'mistral'],
  ['groq', 'groq'],
  ['openrouter', 'openrouter'],
  ['together', 'together'],
  ['fireworks', 'fireworks'],
  ['deepseek', 'deepseek'],
  ['xai', 'x-ai'],
  ['cerebras', 'cerebras'],
  ['bedrock', 'aws'],
  ['azure', 'azure'],
] as const;

describe('a price', () => {
  const known = [
    ['openai', 'gpt-4o', 2_500_000],
    ['mine', 'gpt-4o', 2_500_000],
    ['resold', 'gpt-4o', 2_500_000],
    ['anthropic', 'claude-sonnet-4-6', 3_000_000],
    ['gemini', 'models/gemini-2.5-flash', 300_000],
    ['bedrock', 'eu.anthropic.claude-sonnet-4-6', 3_300_000],
    ['azure', 'gpt-4o', 2_500_000],
    ['local', 'big-two', 1_000_000],
    ['local', 'big-one', 3_000_000],
  ] as const;
  for (const [name, model, input] of known) {
    test(`${name}/${model} is known`, () => {
      const price = book.price(provider(config, name), { model }, NOW);
      assert.ok(price?.kind === 'priced');
      assert.equal(price.tiers[0].input, input);
    });
  }

  for (const [name, model] of [
    ['openai', 'gpt-99'],
    ['ollama', 'llama3'],
    ['evil', 'gpt-4o'],
    ['gateway', 'gpt-4o'],
    ['openai', 'whisper-1'],
    ['cerebras', 'qwen-3-coder-480b'],
    ['openrouter', 'openrouter/auto'],
  ] as const) {
    test(`${name}/${model} is unknown, not free`, () => {
      const target = { model };
      assert.equal(book.price(provider(config, name), target, NOW), undefined);
      // Remembered, and still the same.
      assert.equal(book.price(provider(config, name), target, NOW), undefined);
    });
  }

  test('free is what is called so', () => {
    assert.equal(book.price(provider(config, 'local'), { model: 'small' }, NOW)?.kind, 'free');
    assert.equal(book.price(provider(config, 'openrouter'), { model: 'deepseek/deepseek-r1:free' }, NOW)?.kind, 'free');
  });

  test('the target’s word counts before the provider’s and the list’s', () => {
    const own = configOf(`
providers: {openai: {apiKey: k, prices: {gpt-4o: {input: "$7", output: "$8"}}}}
models: {a: {targets: [{target: openai/gpt-4o, price: {input: "$1", output: "$2"}}]}, b: {targets: [{target: openai/gpt-4o, free: true}]}, c: {targets: [openai/gpt-4o]}}
`);
    const inputs = ['a', 'b', 'c'].map((name) => {
      const target = own.models.get(name)?.targets[0];
      assert.ok(target !== undefined);
      const price = book.price(provider(own, 'openai'), target, NOW);
      return price?.kind === 'priced' ? price.tiers[0].input : price?.kind;
    });
    assert.deepEqual(inputs, [1_000_000, 'free', 7_000_000]);
  });

  test('before the list is loaded only what is configured has one', async () => {
    const fresh = new PriceBook();
    assert.equal(fresh.loaded, false);
    assert.equal(fresh.price(provider(config, 'openai'), { model: 'gpt-4o' }, NOW), undefined);
    assert.equal(fresh.price(provider(config, 'local'), { model: 'big-one' }, NOW)?.kind, 'priced');
    await Promise.all([fresh.load(), fresh.load()]);
    assert.match(fresh.version ?? '', /^\d+\.\d+\.\d+$/);
    assert.equal(fresh.price(provider(config, 'openai'), { model: 'gpt-4o' }, NOW)?.kind, 'priced');
  });

  test('a dated price begins on its day', () => {
    const inputAt = (time: string): number => {
      const price = book.price(provider(config, 'openai'), { model: 'gpt-5.6-luna' }, Date.parse(time));
      assert.ok(price?.kind === 'priced');
      return price.tiers[0].input;
    };
    assert.equal(inputAt('2026-07-29T23:59:59.999Z'), 1_000_000);
    assert.equal(inputAt('2026-07-30T00:00:00.000Z'), 200_000);
  });

  test('the context window comes of the list', () => {
    assert.equal(book.contextWindow(provider(config, 'openai'), 'gpt-4o'), 128_000);
    assert.equal(book.contextWindow(provider(config, 'ollama'), 'llama3'), undefined);
  });
});

/** The package's own sum, dollars; undefined where it has no price, or none a token. */
function theirs(listed: string, model: string, tokens: ReportedTokens, at: number): number | undefined {
  const usage: ListUsage = {
    input_tokens: tokens.promptTokens,
    cache_read_tokens: tokens.cachedTokens,
    cache_write_tokens: tokens.cacheWriteTokens,
    cache_write_1h_tokens: tokens.cacheWrite1hTokens,
    output_tokens: tokens.completionTokens,
    output_reasoning_tokens: tokens.reasoningTokens,
    ...(tokens.audioInputTokens > 0 ? { input_audio_tokens: tokens.audioInputTokens } : {}),
    ...(tokens.audioOutputTokens > 0 ? { output_audio_tokens: tokens.audioOutputTokens } : {}),
  };
  return calcPrice(usage, model, { providerId: listed, timestamp: new Date(at) })?.total_price;
}

/** Names of which the entry says that they are its own. */
function exactNames(match: MatchLogic): string[] {
  if ('or' in match) return match.or.flatMap(exactNames);
  return 'equals' in match ? [match.equals] : [];
}

interface Counts {
  readonly total: number;
  readonly output: number;
  readonly shares: readonly [number, number, number, number];
  readonly audio: boolean;
}

const counts: fc.Arbitrary<Counts> = fc.record({
  // Around the starts of tiers, too.
  total: fc.oneof(
    fc.nat({ max: 2_000_000 }),
    fc.constantFrom(128_000, 128_001, 199_999, 200_000, 200_001, 271_999, 272_000, 272_001),
  ),
  output: fc.nat({ max: 200_000 }),
  shares: fc.tuple(fc.nat({ max: 30 }), fc.nat({ max: 30 }), fc.nat({ max: 100 }), fc.nat({ max: 50 })),
  audio: fc.boolean(),
});

function tokensOf({ total, output, shares, audio }: Counts, outputPriced: boolean): ReportedTokens {
  const part = (of: number, percent: number): number => Math.floor((of * percent) / 100);
  const written = part(total, shares[1]);
  // Audio that is also cached has a price of its own in the list; no answer says how much of it there was.
  const plain = outputPriced ? output : 0;
  return {
    ...NO_TOKENS,
    promptTokens: total,
    cachedTokens: audio ? 0 : part(total, shares[0]),
    cacheWriteTokens: audio ? 0 : written,
    cacheWrite1hTokens: audio ? 0 : part(written, shares[2]),
    completionTokens: plain,
    reasoningTokens: audio ? 0 : part(plain, shares[3]),
    audioInputTokens: audio ? part(total, shares[0]) : 0,
    audioOutputTokens: audio ? part(plain, shares[3]) : 0,
  };
}

describe('our cost is the package’s own, rounded up to a nano-dollar, for every model of', () => {
  for (const [ours, listed] of LISTS) {
    test(listed, () => {
      const models = findProvider({ providerId: listed })?.models ?? [];
      assert.ok(models.length > 0);
      const upstream = provider(config, ours);
      let tested = 0;
      for (const { id: entryId, match, prices } of models) {
        const entries = Array.isArray(prices) ? prices.map((entry) => entry.prices) : [prices];
        // Pictures and films among the output are charged as such, as nobody says how many there were.
        if (entries.some((entry) => 'output_image_mtok' in entry || 'output_video_mtok' in entry)) continue;
        const id = [entryId, ...exactNames(match)].find(
          (name) => calcPrice({}, name, { providerId: listed })?.model.id === entryId,
        );
        if (id === undefined) continue;
        tested++;
        const outputPriced = entries.every((entry) => 'output_mtok' in entry);
        const audioPriced = entries.every((entry) => 'input_audio_mtok' in entry && 'output_audio_mtok' in entry);
        fc.assert(
          fc.property(counts, fc.nat({ max: 400 * 86_400_000 }), (given, ago) => {
            const at = Date.parse('2027-01-10T00:00:00Z') - ago;
            const tokens = tokensOf({ ...given, audio: given.audio && audioPriced }, outputPriced);
            const price = book.price(upstream, { model: id }, at);
            const expected = theirs(listed, id, tokens, at);
            if (price?.kind !== 'priced') {
              assert.equal(expected, 0);
              return;
            }
            assert.ok(expected !== undefined);
            const nano = costOf(price, tokens);
            // Theirs is a sum of doubles; and a price finer than a pico-dollar is rounded up a token.
            const exact = expected * 1e9;
            assert.ok(nano >= Math.floor(exact - exact * 1e-12), `${id}: ${nano} < ${exact}`);
            assert.ok(nano <= Math.ceil(exact + exact * 1e-5), `${id}: ${nano} > ${exact}`);
          }),
          { numRuns: 8 },
        );
      }
      assert.ok(tested > models.length / 2, `only ${tested} of ${models.length} were found`);
    });
  }
});
