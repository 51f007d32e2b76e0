import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type OwnRedis, redisServerCommand, skipWithout, startRedis } from '../state/redis-server.ts';
import { openOn } from '../state/redis-stand.ts';
import { stateDir } from '../state/state-dir.ts';
import { key } from '../tenants/rig.ts';
import { run } from './cli-rig.ts';

const missing = skipWithout(redisServerCommand(), 'no redis-server of 7.2 or newer on PATH');

describe('commands on a state in Redis', { skip: missing }, () => {
  let redis: OwnRedis | undefined;
  before(async () => {
    redis = await startRedis();
  });
  after(() => redis?.end());

  function file(): string {
    assert.ok(redis !== undefined);
    const path = join(stateDir(), 'breakwater.yaml');
    const state = `state: {redis: "redis://${redis.host}:${redis.port}", keyPrefix: test}`;
    const tenants = `tenants: {acme: {keys: ["${key('acme')}"], budget: {limit: $10, per: day}}}`;
    writeFileSync(path, `providers: {openai: {apiKey: k}}\n${state}\n${tenants}\n`);
    return path;
  }

  it('what is held is known, keys and pauses are the same for all', async () => {
    assert.ok(redis !== undefined);
    const config = ['--config', file()];
    const stand = await openOn(redis);
    const midnight = Math.floor(Date.now() / 86_400_000) * 86_400_000;
    const counter = { key: 'tenant/usd/day', limit: 10e9, windowStart: midnight, windowEnd: midnight + 864_000_000 };
    await stand.budgets.reserve({
      tenant: 'acme',
      id: 'r',
      leaseMs: 60_000,
      scopes: [],
      counters: [{ ...counter, amount: 3e9, forgetAfter: undefined }],
      rates: [],
    });

    const shown = await run(['budgets', ...config]);
    const made = await run(['keys', 'create', '--tenant', 'acme', ...config]);
    const paused = await run(['pause', 'tenant', '--tenant', 'acme', ...config]);

    assert.match(shown.out, /tenant +\$10\.00 per day +\$0\.00 +\$3\.00 +\$7\.00 /);
    assert.equal(shown.error, '');
    assert.equal((await stand.keys.list())[0]?.hint, made.out.trim().slice(-4));
    assert.equal(paused.status, 0);
    assert.equal((await stand.budgets.paused('acme'))[0]?.scope, 'tenant');
    await stand.close();
  });

  it('a Redis that is away is told in one line', async () => {
    const path = file();
    await redis?.kill();
    const { status, out, error } = await run(['budgets', '--config', path]);
    assert.deepEqual([status, out], [1, '']);
    assert.match(error, /breakwater budgets: .*Redis/);
    assert.ok(!/ {4}at /.test(error), 'and no stack');
  });
});
