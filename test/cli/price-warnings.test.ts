import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { priceWarnings } from '../../src/commands/price-warnings.ts';
import { parseConfig } from '../../src/config/load.ts';
import { PriceBook } from '../../src/prices/price-book.ts';

const KEY = 'k'.repeat(20);

async function warned(yaml: string, env: Record<string, string> = {}): Promise<string[]> {
  const prices = new PriceBook();
  await prices.load();
  return priceWarnings(parseConfig('b.yaml', yaml, env), prices);
}

const file = (provider: string, tenants: string) =>
  `providers: {local: {baseUrl: "http://127.0.0.1:1/v1"${provider}}}\nmodels: {m: {targets: [local/qwen3]}}\n${tenants}`;
const MONEY = `tenants: {acme: {keys: [${KEY}], agents: {coder: {budget: {limit: $5, per: day}}}}}`;

test('check warns of a model that a budget in money would refuse, and only where there is such a budget', async () => {
  const [warning, ...others] = await warned(file('', MONEY));
  assert.match(warning ?? '', /^models\.m: no price is known of local\/qwen3, .*price_unknown/);
  assert.deepEqual(others, []);
  assert.deepEqual(await warned(file(', free: true', MONEY)), []);
  assert.deepEqual(await warned(file('', '')), []);
  assert.deepEqual(await warned(file('', MONEY.replace('$5', '1M tokens'))), []);
});

test('the files of the README, put together as it says, serve those under a budget', async () => {
  const readme = readFileSync(fileURLToPath(new URL('../../README.md', import.meta.url)), 'utf8');
  const blocks = [...readme.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text = '']) => text);
  const [chain = '', budget = ''] = blocks;
  assert.match(chain, /^# breakwater\.yaml/);
  assert.match(budget, /^# added to the file above/);
  const env = { OPENAI_KEY_A: 'a', OPENAI_KEY_B: 'b', ANTHROPIC_API_KEY: 'c', ACME_KEY: KEY };
  assert.deepEqual(await warned(chain + budget, env), []);
});
