import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { type OwnRedis, redisServerCommand, skipWithout, startRedis } from '../state/redis-server.ts';
import { type EvidenceRig, evidenceRig } from './evidence-rig.ts';

const noServer = skipWithout(redisServerCommand(), 'no redis-server of 7.2 or newer on PATH');

async function untilAdmitted(it: EvidenceRig): Promise<void> {
  for (let n = 0; n < 300; n++) {
    await it.ask();
    if (it.reports().some(({ state }) => state === 'admitted')) return;
  }
  assert.fail(JSON.stringify(it.reports()));
}

describe('evidence of replicas', { skip: noServer }, () => {
  let redis: OwnRedis;
  const state = (prefix: string) =>
    `{redis: "redis://${redis.host}:${redis.port}", keyPrefix: ${prefix}, timeout: 20s}`;
  const newPrefix = () => `test-${randomBytes(6).toString('hex')}`;
  before(async () => {
    redis = await startRedis();
  });
  after(() => redis.end());

  test('is shared by way of Redis', async (t) => {
    const prefix = newPrefix();
    const one = await evidenceRig(t, { state: state(prefix) });
    await untilAdmitted(one);
    const two = await evidenceRig(t, { state: state(prefix) });
    // The first is served before what is known is read.
    await two.ask();
    assert.equal((await two.ask()).model, 'cheap');
  });

  test('is served from memory while Redis is silent, and no request waits', async (t) => {
    const it = await evidenceRig(t, { state: state(newPrefix()) });
    await untilAdmitted(it);
    redis.process.kill('SIGSTOP');
    try {
      for (let n = 0; n < 5; n++) {
        const { status, model } = await it.ask({ leave: true });
        assert.deepEqual([status, model], [200, 'cheap']);
      }
      const other = await it.ask({ leave: true, headers: { 'x-breakwater-route': 'never-seen' } });
      assert.deepEqual([other.status, other.model], [200, 'smart']);
    } finally {
      redis.process.kill('SIGCONT');
    }
    await it.learned();
  });
});
