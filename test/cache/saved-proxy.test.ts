import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ALL_ENDPOINTS, type CacheRig, cacheRig } from './rig.ts';

const KEY = 'acme-key-of-twenty-chars';
const HEADERS = { authorization: `Bearer ${KEY}` };
const TENANT = `tenants: {acme: {keys: [${KEY}]}}`;
/** Nano-dollars a token: 3000 of input, 300 where it is cached, 3750 where it is written, 15000 of output. */
const PRICES = 'prices: {"*": {input: $3, cachedInput: $0.3, cacheWrite: $3.75, output: $15}}';
const OUTPUT = 10 * 15_000;

const chat = (more: object = {}) => ({ model: 'm', messages: [{ role: 'user', content: 'Who was it?' }], ...more });

async function opened(t: Parameters<typeof cacheRig>[0], model: string, provider = ALL_ENDPOINTS, route = '') {
  return cacheRig(t, {
    models: `{m: {targets: [a/${model}]${route}, cache: {exact: on}}}`,
    more: TENANT,
    providers: `providers:\n  a: {baseUrl: "up(a)", apiKey: k, ${provider}, ${PRICES}}`,
  });
}

async function linesOf(rig: CacheRig) {
  const lines = (await rig.proxy.runtime.tenancy?.budgets.ledger('acme', { limit: 10 })) ?? [];
  return lines.map(({ cost, saved }) => [cost, saved]);
}

describe('what a hit saved is the least that a call would have cost', () => {
  const cases = [
    ['a prompt too short for a provider’s cache at its full price', 'sim-usage-1000-10', 1_000 * 3_000, 1_000 * 3_000],
    ['a longer one as if all of it were cached', 'sim-usage-2000-10', 2_000 * 3_000, 2_000 * 300],
    [
      'one that was cached in part as if all of it were',
      'sim-usage-2000-10-cached-1024',
      976 * 3_000 + 1_024 * 300,
      2_000 * 300,
    ],
  ] as const;
  for (const [what, model, cost, saved] of cases)
    test(what, async (t) => {
      const rig = await opened(t, model);
      for (let time = 0; time < 2; time++) await rig.ask(chat(), { headers: HEADERS });
      assert.deepEqual(await linesOf(rig), [
        [cost + OUTPUT, 0],
        [0, saved + OUTPUT],
      ]);
      const metrics = await rig.proxy.runtime.telemetry.metrics.text();
      assert.ok(metrics.includes(`breakwater_cache_saved_usd_total{by="exact"} ${(saved + OUTPUT) / 1e9}`));
    });

  test('of Anthropic, what was marked and no more: here nothing', async (t) => {
    const rig = await opened(t, 'sim-usage-2000-10', 'dialect: anthropic');
    const body = { ...chat(), max_tokens: 1_000 };
    for (let time = 0; time < 2; time++) await rig.ask(body, { path: '/v1/messages', headers: HEADERS });
    const cost = 2_000 * 3_000 + OUTPUT;
    assert.deepEqual(await linesOf(rig), [
      [cost, 0],
      [0, cost],
    ]);
  });
});

test('a try that broke off before the answer is no part of it', async (t) => {
  const route = ', retries: {max: 1}, stream: {commit: complete}';
  const rig = await opened(t, 'sim-usage-1000-10-long-30-once-cut-at-5', ALL_ENDPOINTS, route);
  const once = chat({ stream: true });
  for (const wish of ['', '', 'no-cache']) await rig.ask(once, { headers: { ...HEADERS, 'cache-control': wish } });
  const [broken, hit, whole] = await linesOf(rig);
  assert.ok((broken?.[0] ?? 0) > (whole?.[0] ?? 0), 'both tries are paid');
  assert.deepEqual(hit, [0, whole?.[0]]);
});

test('an answer that stands in for targets that failed saved nothing: none of them would have been paid', async (t) => {
  const rig = await cacheRig(t, {
    models:
      '{m: {targets: [a/sim-usage-1000-10], retries: {max: 0}, fallback: {cache: 24h}, cache: {exact: {ttl: 1ms}}}}',
    more: TENANT,
    providers: `providers:\n  a: {baseUrl: "up(a)", apiKey: k, ${ALL_ENDPOINTS}, ${PRICES}}`,
  });
  await rig.ask(chat(), { headers: HEADERS });
  rig.upstreams[0]?.outage('500');
  assert.match((await rig.ask(chat(), { headers: HEADERS })).cache ?? '', /^exact; stale/);
  assert.deepEqual(await linesOf(rig), [
    [1_000 * 3_000 + OUTPUT, 0],
    [0, 0],
  ]);
});
