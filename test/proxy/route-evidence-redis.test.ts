import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { type OwnRedis, redisServerCommand, skipWithout, startRedis } from '../state/redis-server.ts';
import { type EvidenceRig, evidenceRig, KEY, TENANTS } from './evidence-rig.ts';

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

  test('learns how work went whichever replica served it, and whichever is told', async (t) => {
    const shared = state(newPrefix());
    const one = await evidenceRig(t, { state: shared, more: TENANTS });
    const other = await evidenceRig(t, { state: shared, more: TENANTS });
    const authorization = `Bearer ${KEY}`;
    const asked = (session: string) => ({ headers: { authorization, 'x-breakwater-session': session } });
    const tell = async (it: EvidenceRig, session: string) => {
      const headers = { authorization, 'content-type': 'application/json' };
      const body = JSON.stringify({ session, success: true });
      const { routes, counted } = JSON.parse(
        await (await fetch(`${it.proxy.url}/v1/outcomes`, { method: 'POST', headers, body })).text(),
      );
      return [routes, counted];
    };
    // Below that, nothing is learned.
    for (let n = 0; n < 22; n++) await one.ask(asked('before'));
    for (let n = 0; n < 3; n++) await one.ask(asked('s1'));
    await one.proxy.runtime.shadows?.evidence.flush();
    assert.deepEqual(await tell(other, 's1'), [1, 1]);
    assert.deepEqual(await tell(one, 's1'), [0, 0]);
    await other.learned();
    assert.deepEqual(
      other.reports().map(({ outcomes }) => outcomes),
      [{ cheap: 0, strong: 1 }],
    );
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
