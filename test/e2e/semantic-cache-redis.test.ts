import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, type TestContext, test } from 'node:test';
import { Simulator } from '../../src/simulator/simulator.ts';
import { embeddingServer } from '../cache/semantic/embedding-server.ts';
import { LIVE, type SemanticRig, semanticRig, topic } from '../cache/semantic/rig.ts';
import { givenCluster, noCluster, noVectorSets } from '../cache/vectors/redis-8.ts';
import { type OwnRedis, placeFrom, startRedis, until, withClient } from '../state/redis-server.ts';

const FRANCE = 'What is the capital of France?';
const FRANCE_TOO = "What's the capital of France?";
const KEYS = ['acme-key-of-twenty-chars', 'umbrella-key-of-twenty-c'] as const;
const TENANTS = `tenants: {acme: {keys: [${KEYS[0]}]}, umbrella: {keys: [${KEYS[1]}]}}`;
const as = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });
const searchServer = placeFrom('BREAKWATER_TEST_REDIS_SEARCH');
const newPrefix = () => `test-${randomBytes(6).toString('hex')}`;

/** The options of proxies that share one state. */
interface Shared {
  readonly state: string;
  readonly semantic: string;
}

describe('a semantic cache in Redis', { skip: noVectorSets }, () => {
  let redis: OwnRedis;
  before(async () => {
    redis = await startRedis();
  });
  after(() => redis.end());
  holds((prefix) => ({
    state: `{redis: "redis://${redis.host}:${redis.port}", keyPrefix: ${prefix}, timeout: 20s}`,
    semantic: LIVE.replace('}', ', index: redis-vectorset}'),
  }));
});

describe('a Redis in trouble fails no request', { skip: noVectorSets }, () => {
  let redis: OwnRedis;
  const options = (): Shared => ({
    state: `{redis: "redis://${redis.host}:${redis.port}", keyPrefix: ${newPrefix()}, timeout: 4s}`,
    semantic: LIVE.replace('}', ', index: redis-vectorset}'),
  });
  /** A near question is answered live, as if nothing were kept. */
  async function servesLive(rig: SemanticRig, question: string): Promise<string | null> {
    const calls = rig.calls;
    const { status, cache } = await rig.ask(question);
    assert.equal(status, 200);
    assert.equal(rig.calls, calls + 1);
    return cache;
  }
  before(async () => {
    redis = await startRedis();
  });
  after(() => redis.end());

  test('that says nothing: the lookup ends within its time, and the metric tells', async (t) => {
    const rig = await semanticRig(t, options());
    await rig.ask(FRANCE);
    await kept([rig], 1);
    redis.process.kill('SIGSTOP');
    const before = rig.clock.now();
    try {
      assert.equal(await servesLive(rig, FRANCE_TOO), 'miss; reason=index');
    } finally {
      redis.process.kill('SIGCONT');
    }
    assert.ok(rig.clock.now() - before < 60_000, 'the embedder had 60 s');
    const troubles = [
      ...(await rig.metrics('breakwater_semantic_trouble_total{')),
      ...(await rig.metrics('breakwater_cache_trouble_total{')),
    ];
    assert.ok(
      troubles.some((line) => / [1-9]/.test(line)),
      troubles.join('\n'),
    );
    await until('it is asked again', async () => /^semantic/.test((await rig.ask(FRANCE_TOO)).cache ?? ''));
  });

  const spoilt: readonly (readonly [string, (numbers: Int16Array) => Buffer | string])[] = [
    ['of zeros, which has no direction', (numbers) => Buffer.alloc(numbers.byteLength)],
    ['of another dimension', (numbers) => Buffer.alloc(numbers.byteLength / 2, 1)],
    ['that is text', () => 'NaN'],
  ];
  for (const [what, spoil] of spoilt)
    test(`that gives a vector ${what}`, async (t) => {
      const rig = await semanticRig(t, options());
      await rig.ask(FRANCE);
      await kept([rig], 1);
      await withClient(redis, async (client) => {
        for (const key of await client.keys('*:entry:*')) {
          const before = await client.hgetBuffer(key, 'vector');
          assert.ok(before !== null);
          await client.hset(key, 'vector', spoil(new Int16Array(new Uint8Array(before).buffer)));
        }
      });
      assert.equal(await servesLive(rig, FRANCE_TOO), 'miss; reason=not-found');
    });

  test('whose set is of another dimension', async (t) => {
    const rig = await semanticRig(t, options());
    await rig.ask(FRANCE);
    await kept([rig], 1);
    await withClient(redis, async (client) => {
      for (const key of await client.keys('*:codes:*')) {
        await client.del(key);
        await client.call('VADD', key, 'VALUES', 2, 1, 1, 'other');
      }
    });
    assert.equal(await servesLive(rig, FRANCE_TOO), 'miss; reason=index');
    assert.equal((await rig.metrics('breakwater_semantic_trouble_total{what="index"}')).length, 1);
  });

  test('that has lost the answers: vectors alone serve nothing, and go', async (t) => {
    const rig = await semanticRig(t, options());
    await rig.ask(FRANCE);
    await kept([rig], 1);
    const before = await rig.proxy.runtime.semantic?.report();
    await withClient(redis, async (client) => {
      const others = (await client.keys('*')).filter((key) => !key.includes(':vset:'));
      await client.del(...others);
    });
    assert.equal(before?.indexes[0]?.size, 1);
    assert.equal(await servesLive(rig, FRANCE_TOO), 'miss; reason=not-found');
  });

  test('that goes away', async (t) => {
    const rig = await semanticRig(t, options());
    await rig.ask(FRANCE);
    await kept([rig], 1);
    await redis.kill();
    for (const question of [FRANCE_TOO, 'Which city is the capital of France?']) await servesLive(rig, question);
    await rig.proxy.runtime.semantic?.settled();
    assert.ok((await rig.metrics('breakwater_semantic_trouble_total{what="index"}')).length > 0);
  });
});

describe('a semantic cache in a Redis Cluster', { skip: noCluster }, () => {
  holds((prefix) => ({
    state: `{redis: "redis://${givenCluster?.host}:${givenCluster?.port}", cluster: true, keyPrefix: ${prefix}, timeout: 20s}`,
    semantic: LIVE.replace('}', ', index: redis-vectorset}'),
  }));
});

describe('a semantic cache in a Redis with search', {
  skip: searchServer === undefined && 'BREAKWATER_TEST_REDIS_SEARCH names none',
}, () => {
  holds((prefix) => ({
    state: `{redis: "redis://${searchServer?.host}:${searchServer?.port}", keyPrefix: ${prefix}, timeout: 20s}`,
    semantic: LIVE.replace('}', ', index: redis-search}'),
  }));
});

/** What holds wherever it is kept. */
function holds(options: (prefix: string) => Shared): void {
  test('gives a near question the kept answer, and forgets what is purged', async (t) => {
    const rig = await semanticRig(t, options(newPrefix()));
    await rig.ask(FRANCE, { headers: { 'x-breakwater-cache-tag': 'geo' } });
    await kept([rig], 1);
    assert.match((await rig.ask(FRANCE_TOO)).cache ?? '', /^semantic; sim=0\.8/);
    assert.equal((await rig.ask('What is the capital of Spain?')).cache, 'miss; reason=vetoed');
    assert.equal(await rig.proxy.runtime.cache?.purge({ tag: 'geo' }), 1);
    assert.doesNotMatch((await rig.ask("What's the capital of France??")).cache ?? '', /^semantic/);
  });

  test('purges a scope by its name', async (t) => {
    const rig = await semanticRig(t, options(newPrefix()));
    const { cache } = rig.proxy.runtime;
    const first = await rig.ask(FRANCE);
    await kept([rig], 1);
    const id = (await rig.ask(FRANCE)).cache?.split('id=')[1] ?? '';
    const scope = (await cache?.find('', id))?.near?.scope ?? '';
    assert.notEqual(scope, '');
    assert.equal(await cache?.purge({ tenant: '', scope: 'another' }), 0);
    assert.equal(await cache?.purge({ tenant: '', scope }), 1);
    assert.equal(first.status, 200);
  });

  test('is one cache to several proxies: what one has kept, and what one purges', async (t) => {
    const rigs = await replicas(t, { ...options(newPrefix()), more: TENANTS }, 3);
    const [one, two] = rigs;
    const acme = as(KEYS[0]);
    await Promise.all(rigs.map((rig, at) => rig.ask(topic('How do', at), acme)));
    await kept(rigs, 3);
    for (const [at, rig] of rigs.entries()) {
      const asked = await rig.ask(topic('How can', (at + 1) % rigs.length), acme);
      assert.match(asked.cache ?? '', /^semantic; /, `proxy ${at}`);
    }
    assert.equal(one?.calls, 3);
    assert.equal((await two?.ask(topic('How can', 0), as(KEYS[1])))?.cache, 'miss; reason=not-found');
    await two?.proxy.runtime.cache?.purge({ tenant: 'acme' });
    await two?.proxy.runtime.semantic?.purge({ tenant: 'acme' });
    // Each of another thing: what one asks anew is kept for the others.
    for (const [at, rig] of rigs.entries())
      assert.doesNotMatch((await rig.ask(topic('How can', at), acme)).cache ?? '', /^semantic/, 'after the purge');
  });

  test('keeps tenants apart that ask the same at the same time, on several proxies', async (t) => {
    const rigs = await replicas(t, { ...options(newPrefix()), more: TENANTS }, 2);
    await Promise.all(
      KEYS.flatMap((key, tenant) =>
        [0, 1, 2, 3].map((at) => rigs[(at + tenant) % 2]?.ask(topic('How do', at * 3), as(key))),
      ),
    );
    await kept(rigs, 8);
    const told = await Promise.all(
      KEYS.flatMap((key) => [0, 1, 2, 3].map((at) => rigs[at % 2]?.ask(topic('How can', at * 3), as(key)))),
    );
    for (const answer of told) assert.match(answer?.cache ?? '', /^semantic; /);
    const answers = await Promise.all(
      told.map(async (answer, at) => {
        const id = answer?.cache?.split('id=')[1] ?? '';
        const found = await rigs[0]?.proxy.runtime.cache?.find(at < 4 ? 'acme' : 'umbrella', id);
        return found?.tenant;
      }),
    );
    assert.deepEqual(answers, [...Array(4).fill('acme'), ...Array(4).fill('umbrella')]);
  });
}

async function replicas(
  t: TestContext,
  options: Shared & { readonly more: string },
  count: number,
): Promise<readonly SemanticRig[]> {
  const shared = { upstream: await Simulator.start({}), embedder: await embeddingServer(t) };
  const rigs: SemanticRig[] = [];
  while (rigs.length < count) rigs.push(await semanticRig(t, { ...options, shared }));
  t.after(() => shared.upstream.close());
  return rigs;
}

/** Until all that was asked is kept, and can be found: nobody who asked waited for it. */
async function kept(rigs: readonly SemanticRig[], entries: number): Promise<void> {
  const cache = rigs[0]?.proxy.runtime.cache;
  await until(`${entries} answers`, async () => (await cache?.stats())?.entries === entries);
  for (const { proxy } of rigs) await proxy.runtime.semantic?.settled();
}
