import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { FakeClock } from '../breakers/fake-clock.ts';
import { ask, charge, levelOf, request, settlement } from './asks.ts';
import { type OwnRedis, redisServerCommand, skipWithout, startRedis } from './redis-server.ts';
import { openOn, type RedisStand } from './redis-stand.ts';

const skip = skipWithout(redisServerCommand(), 'no redis-server of 7.2 or newer on PATH');

describe('two replicas on one Redis', { skip }, () => {
  let redis: OwnRedis;
  let one: RedisStand;
  let two: RedisStand;
  let storeClock: FakeClock;
  before(async () => {
    redis = await startRedis();
  });
  beforeEach(async () => {
    await one?.close();
    await two?.close();
    await redis.command('flushall');
    storeClock = new FakeClock();
    [one, two] = [await openOn(redis, { storeClock }), await openOn(redis, { storeClock })];
  });
  after(async () => {
    await one.close();
    await two.close();
    await redis.end();
  });

  it('let exactly ten of 200 pass that come at once to both on a budget for ten', async () => {
    const replies = await Promise.all(
      Array.from({ length: 200 }, (_, n) =>
        (n % 2 === 0 ? one : two).budgets.reserve(request('acme', `r${n}`, { counters: [ask('usd', 1_000, 100)] })),
      ),
    );
    assert.equal(replies.filter(({ kind }) => kind === 'held').length, 10);
    assert.deepEqual(await levelOf(two.budgets, 'acme', 'usd'), { spent: 0, held: 1_000 });
  });

  it('free after the lease what one of them held when it died', async () => {
    for (let n = 0; n < 5; n++) {
      await one.budgets.reserve(request('acme', `r${n}`, { leaseMs: 5_000, counters: [ask('usd', 1_000, 100)] }));
    }
    one.link.close();
    storeClock.advance(5_001);
    assert.equal(await two.budgets.reap(), 5);
    assert.deepEqual(await levelOf(two.budgets, 'acme', 'usd'), { spent: 0, held: 0 });
  });

  it('settle what the other one has reserved, once', async () => {
    await one.budgets.reserve(request('acme', 'a', { counters: [ask('usd', 1_000, 100)] }));
    const replies = await Promise.all(
      [one, two].map((stand) => stand.budgets.settle(settlement('acme', 'a', [charge('usd', 7)]))),
    );
    assert.equal(replies.filter(({ settled }) => settled).length, 1);
    assert.deepEqual(await levelOf(one.budgets, 'acme', 'usd'), { spent: 7, held: 0 });
  });

  it('see each other’s keys', async () => {
    const before = await two.keys.revision();
    await one.keys.add({
      id: 'key_abcdefghijkl',
      hash: 'ab',
      hint: 'wxyz',
      tenant: 'acme',
      agent: undefined,
      label: undefined,
      createdAt: 1,
      expiresAt: undefined,
      revokedAt: undefined,
    });
    assert.notEqual(await two.keys.revision(), before);
    await two.keys.revoke('key_abcdefghijkl', 5);
    assert.deepEqual(
      (await one.keys.list()).map(({ revokedAt }) => revokedAt),
      [5],
    );
  });
});
