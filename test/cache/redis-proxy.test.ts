import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { until as holds, type OwnRedis, redisServerCommand, skipWithout, startRedis } from '../state/redis-server.ts';
import { cacheRig, QUESTION } from './rig.ts';

const noServer = skipWithout(redisServerCommand(), 'no redis-server of 7.2 or newer on PATH');
const CHAT = { model: 'm', messages: QUESTION };
const MODELS = '{m: {targets: [a/gpt]}}';
const CACHE = `{exact: on, idempotency: on, encryptionKey: ${'ab'.repeat(32)}}`;

describe('a cache in Redis', { skip: noServer }, () => {
  let redis: OwnRedis | undefined;
  before(async () => {
    redis = await startRedis();
  });
  after(() => redis?.kill());

  /** At the speed of the rig's clock the usual 50 ms would be 2.5 ms. */
  const state = (prefix: string) =>
    `{redis: "redis://127.0.0.1:${redis?.port}", timeout: 20s, keyPrefix: test-${prefix}}`;

  test('is shared by replicas', async (t) => {
    const prefix = randomBytes(6).toString('hex');
    const one = await cacheRig(t, { models: MODELS, cache: CACHE, state: state(prefix) });
    const base = one.upstreams[0]?.baseUrl ?? '';
    const two = await cacheRig(t, {
      models: '{m: {targets: [a/gpt]}}',
      cache: CACHE,
      state: state(prefix),
      upstreams: [],
      providers: `providers: {a: {baseUrl: "${base}", apiKey: k}}`,
    });
    const first = await one.ask(CHAT, { headers: { 'idempotency-key': 'k' } });
    // Asked for too early, the other replica would ask by itself, and keep that.
    await holds('the answer is kept', async () => {
      const entries = await redis?.command('keys', `test-${prefix}:*:cache:e:*`);
      return Array.isArray(entries) && entries.length === 1;
    });
    assert.equal((await two.ask(CHAT)).text, first.text);
    assert.equal((await two.ask(CHAT, { headers: { 'idempotency-key': 'k' } })).idempotent, 'replayed');
    assert.equal((await two.ask({ ...CHAT, seed: 1 }, { headers: { 'idempotency-key': 'k' } })).status, 422);
    assert.equal(one.calls, 1);
  });

  test('that goes away fails no request, and is told', async (t) => {
    const own = await startRedis();
    try {
      const rig = await cacheRig(t, {
        models: MODELS,
        cache: CACHE,
        state: `{redis: "redis://127.0.0.1:${own.port}", timeout: 20s}`,
      });
      await rig.ask(CHAT);
      await until(() => rig.ask(CHAT));
      const calls = rig.calls;
      await own.kill();
      for (let time = 0; time < 3; time++) {
        const { status, cache } = await rig.ask(CHAT, { headers: { 'idempotency-key': `k${time}` } });
        assert.deepEqual([status, cache], [200, 'miss']);
      }
      assert.equal(rig.calls, calls + 3);
      assert.match(
        await rig.proxy.runtime.telemetry.metrics.text(),
        /breakwater_cache_trouble_total\{what="read"\} [1-9]/,
      );
    } finally {
      await own.kill();
    }
  });
});

/** An answer is on its way to Redis when the client has it: a moment later it is there. */
async function until<T extends { readonly cache: string | null }>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 0; tries < 500; tries++) {
    const told = await ask();
    if (told.cache?.startsWith('exact') === true) return told;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('not kept within 5 s');
}
