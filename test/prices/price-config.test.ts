import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { describePrice, unknownPriceMessage } from '../../src/prices/describe-price.ts';
import { PriceBook } from '../../src/prices/price-book.ts';
import { configOf, problemsOf } from '../config/problems-of.ts';

const target = (options: string) =>
  `providers: {gw: {baseUrl: "http://127.0.0.1:1/v1"}}\nmodels: {m: {targets: [{target: gw/x, ${options}}]}}\n`;

describe('a price in the configuration', () => {
  for (const [written, pico] of [
    ['$3', 3_000_000],
    ['$0.15/M', 150_000],
    ['$0.003/K', 3_000_000],
    ['$0.000001', 1],
    ['$1000000', 1e12],
  ] as const) {
    test(`may be ${written}`, () => {
      const price = configOf(target(`price: {input: "${written}", output: "$1"}`)).models.get('m')?.targets[0]?.price;
      assert.ok(price?.kind === 'priced');
      assert.equal(price.tiers[0].input, pico);
    });
  }

  for (const [options, problem] of [
    ['price: {input: 3, output: "$15"}', /price\.input: .*needs a unit: "\$3"/],
    ['price: {input: "3", output: "$15"}', /price\.input: .*needs a unit/],
    ['price: {input: "$3/day", output: "$15"}', /price\.input: .*expected dollars/],
    ['price: {input: "-$3", output: "$15"}', /price\.input: .*expected dollars/],
    ['price: {input: "$0.0000001", output: "$15"}', /price\.input: .*more than 6 decimals/],
    ['price: {input: "$2000000", output: "$15"}', /price\.input: .*dearer/],
    ['price: {input: "$3"}', /price: needs both input and output/],
    ['price: {output: "$3"}', /price: needs both input and output/],
    ['price: {input: "$0", output: "$0"}', /price: is nothing at all/],
    ['price: {input: "$3", output: "$15"}, free: true', /price: is both free and priced/],
    ['price: {input: "$3", output: "$15", cache: "$1"}', /price\.cache: unknown option/],
  ] as const) {
    test(`may not be {${options}}`, () => {
      const problems = problemsOf(target(options));
      assert.equal(problems.length, 1, problems.join('\n'));
      assert.match(problems[0] ?? '', problem);
    });
  }

  test('of a provider’s model is reported at its place', () => {
    const problems = problemsOf('providers: {gw: {baseUrl: "http://127.0.0.1:1/v1", prices: {"a-*": {input: "$1"}}}}');
    assert.match(problems[0] ?? '', /providers\.gw\.prices\["a-\*"\]: needs both/);
  });

  test('of a pattern is taken where no name fits, the first that fits', () => {
    const config = configOf(
      'providers: {gw: {baseUrl: "http://127.0.0.1:1/v1", prices: {"a*c*e": {input: "$1", output: "$1"}, "a*": {input: "$2", output: "$2"}, abcde: {input: "$3", output: "$3"}, free-*: {free: true}}}}',
    );
    const provider = config.providers.get('gw');
    assert.ok(provider !== undefined);
    const book = new PriceBook();
    const inputs = ['abcde', 'abcdde', 'ace', 'acae', 'ae', 'a', 'b', 'free-x', 'free', 'abc'].map((model) => {
      const price = book.price(provider, { model }, 0);
      return price?.kind === 'priced' ? price.tiers[0].input / 1e6 : price?.kind;
    });
    assert.deepEqual(inputs, [3, 1, 1, 1, 2, 2, undefined, 'free', undefined, 2]);
  });
});

test('an unknown price is refused with the model and a configuration that mends it', () => {
  const message = unknownPriceMessage({ provider: 'gw', model: 'new-model' });
  assert.match(message, /"gw\/new-model"/);
  const line = /providers: (\{.*\}\}\}\});/.exec(message)?.[1];
  assert.ok(line !== undefined);
  const mended = configOf(`providers: ${line.replace('{prices', '{baseUrl: "http://127.0.0.1:1/v1", prices')}`);
  const provider = mended.providers.get('gw');
  assert.ok(provider !== undefined);
  assert.equal(new PriceBook().price(provider, { model: 'new-model' }, 0)?.kind, 'priced');
  assert.ok(unknownPriceMessage({ provider: 'gw', model: 'x'.repeat(10_000) }).length < 1000);
});

test('a price is told with its source and date', async () => {
  const book = new PriceBook();
  await book.load();
  const provider = configOf('providers: {anthropic: {apiKey: k}}').providers.get('anthropic');
  assert.ok(provider !== undefined);
  const price = book.price(provider, { model: 'claude-sonnet-4-6' }, Date.parse('2026-11-22'));
  assert.match(
    describePrice(price, book.version),
    /^\$3 in, \$0\.3 cached, \$3\.75 cache write, \$6 for an hour, \$15 out per million tokens; genai-prices \d+\.\d+\.\d+, since 2026-03-13$/,
  );
  assert.equal(describePrice(undefined, book.version), 'price unknown');
});

test('the example in docs/prices.md is a configuration, of which every model named has a price', async () => {
  const text = readFileSync(new URL('../../docs/prices.md', import.meta.url), 'utf8');
  const [, block = ''] = /```yaml\n(.*?)```/s.exec(text) ?? [];
  const env = { OPENAI_API_KEY: 'a', GATEWAY_KEY: 'b', OPENAI_EU_KEY: 'c' };
  const config = configOf(block, env);
  const book = new PriceBook();
  await book.load();
  for (const [name, model] of [
    ['openai', 'gpt-4o'],
    ['vllm', 'x'],
    ['gateway', 'llama-4'],
    ['openai-eu', 'gpt-4o'],
  ] as const) {
    const provider = config.providers.get(name);
    assert.ok(provider !== undefined);
    assert.ok(book.price(provider, { model }, Date.parse('2026-11-22')) !== undefined, name);
  }
});
