import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { LIVE, semanticRig } from '../cache/semantic/rig.ts';
import { noVectorSets } from '../cache/vectors/redis-8.ts';
import { type OwnRedis, startRedis } from '../state/redis-server.ts';

const FRANCE = 'What is the capital of France?';
const FRANCE_TOO = "What's the capital of France?";

describe('a semantic cache in Redis', { skip: noVectorSets }, () => {
  let redis: OwnRedis;
  before(async () => {
    redis = await startRedis();
  });
  after(() => redis.end());
  const options = (prefix: string) => ({
    state: `{redis: "redis://${redis.host}:${redis.port}", keyPrefix: ${prefix}, timeout: 20s}`,
    semantic: LIVE.replace('}', ', index: redis-vectorset}'),
  });
  const newPrefix = () => `test-${randomBytes(6).toString('hex')}`;

  test('gives a near question the kept answer, and forgets what is purged', async (t) => {
    const rig = await semanticRig(t, options(newPrefix()));
    await rig.ask(FRANCE, { headers: { 'x-breakwater-cache-tag': 'geo' } });
    await rig.proxy.runtime.semantic?.settled();
    assert.match((await rig.ask(FRANCE_TOO)).cache ?? '', /^semantic; sim=0\.8/);
    assert.equal((await rig.ask('What is the capital of Spain?')).cache, 'miss; reason=vetoed');
    assert.equal(await rig.proxy.runtime.cache?.purge({ tag: 'geo' }), 1);
    assert.doesNotMatch((await rig.ask("What's the capital of France??")).cache ?? '', /^semantic/);
  });

  test('purges a scope by its name', async (t) => {
    const rig = await semanticRig(t, options(newPrefix()));
    const { cache, semantic } = rig.proxy.runtime;
    const first = await rig.ask(FRANCE);
    await semantic?.settled();
    const id = (await rig.ask(FRANCE)).cache?.split('id=')[1] ?? '';
    const scope = (await cache?.find('', id))?.near?.scope ?? '';
    assert.notEqual(scope, '');
    assert.equal(await cache?.purge({ tenant: '', scope: 'another' }), 0);
    assert.equal(await cache?.purge({ tenant: '', scope }), 1);
    assert.equal(first.status, 200);
  });

  test('that goes away fails no request', async (t) => {
    const rig = await semanticRig(t, {
      ...options(newPrefix()),
      state: options(newPrefix()).state.replace('timeout: 20s', 'timeout: 2s'),
    });
    await rig.ask(FRANCE);
    await rig.proxy.runtime.semantic?.settled();
    await redis.kill();
    for (const question of [FRANCE_TOO, 'Which city is the capital of France?'])
      assert.equal((await rig.ask(question)).status, 200);
    await rig.proxy.runtime.semantic?.settled();
  });
});
