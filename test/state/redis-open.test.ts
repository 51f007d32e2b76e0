import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { StateUnavailable } from '../../src/state/budget-store.ts';
import { parseRedisUrl, RedisRefused } from '../../src/state/redis/redis-url.ts';
import { FakeClock } from '../breakers/fake-clock.ts';
import { request } from './asks.ts';
import { FakeRedis } from './fake-redis.ts';
import { type OwnRedis, redisServerCommand, skipWithout, startRedis } from './redis-server.ts';
import { openOn, type RedisStand } from './redis-stand.ts';

const skip = skipWithout(redisServerCommand(), 'no redis-server of 7.2 or newer on PATH');

/** Opening is refused with words that name the host, match `says` and do not hold the password. */
async function refused(opening: Promise<RedisStand>, port: number, says: RegExp): Promise<void> {
  await assert.rejects(opening, (error) => {
    assert.ok(error instanceof RedisRefused, `${error}`);
    assert.match(error.message, says);
    assert.match(error.message, new RegExp(`127\\.0\\.0\\.1:${port}`));
    assert.doesNotMatch(JSON.stringify([error.message, error, error.cause ?? '']), /s3cret/);
    return true;
  });
}

describe('opening Redis', { skip }, () => {
  let redis: OwnRedis;
  before(async () => {
    redis = await startRedis('--requirepass', 'right');
  });
  after(() => redis.end());
  const openWith = (credentials: string, database = '') =>
    openOn(redis, { urls: [`redis://${credentials}127.0.0.1:${redis.port}/${database}`] });

  it('with the right password tells the version', async () => {
    const stand = await openWith(':right@');
    assert.match(stand.version ?? '', /^\d+\.\d+/);
    await stand.close();
  });

  it('with a wrong password, or none, or a user there is not, is refused without showing it', async () => {
    await refused(openWith(':s3cret@'), redis.port, /WRONGPASS/);
    await refused(openWith('nobody:s3cret@'), redis.port, /WRONGPASS/);
    await refused(openWith(''), redis.port, /NOAUTH/);
  });

  it('with a database that there is not is refused, instead of using another one', async () => {
    await refused(openWith(':right@', '99'), redis.port, /DB index/);
  });

  it('as a Cluster where it is none is refused', async () => {
    const urls = [`redis://:right@127.0.0.1:${redis.port}`];
    await refused(openOn(redis, { urls, topology: { kind: 'cluster' } }), redis.port, /cluster/i);
  });

  it('uses the database of its address', async () => {
    const two = await openWith(':right@', '2');
    const three = await openWith(':right@', '3');
    await two.keys.add({
      id: 'key_a',
      hash: 'a',
      hint: 'a',
      tenant: 'acme',
      agent: undefined,
      label: undefined,
      createdAt: 1,
      expiresAt: undefined,
      revokedAt: undefined,
    });
    assert.equal((await two.keys.list()).length, 1);
    assert.equal((await three.keys.list()).length, 0);
    await two.close();
    await three.close();
  });
});

describe('a server that says', () => {
  for (const [what, info, says] of [
    ['that it is version 6', 'redis_version:6.2.14\r\ncluster_enabled:0\r\n', /version 6\.2\.14; 7\.0 or newer/],
    ['that it is a node of a Cluster', 'redis_version:8.0.0\r\ncluster_enabled:1\r\n', /"cluster: true"/],
  ] as const) {
    it(`${what} is refused`, async () => {
      const fake = await new FakeRedis().listen();
      fake.info = info;
      try {
        await refused(openOn(fake), fake.port, says);
      } finally {
        await fake.close();
      }
    });
  }

  for (const error of [
    'LOADING Redis is loading the dataset in memory',
    'READONLY You can’t write against a read only replica.',
    'MASTERDOWN Link with MASTER is down',
    'CLUSTERDOWN The cluster is down',
    'MOVED 3999 127.0.0.1:6381',
    'OOM command not allowed when used memory > maxmemory',
    'MISCONF Errors writing to the AOF file',
    'BUSY Redis is busy running a script',
    'NOAUTH Authentication required.',
  ]) {
    it(`"${error.split(' ', 1)[0]}" is not available, and soon not asked any more`, async () => {
      const fake = await new FakeRedis().listen();
      const stand = await openOn(fake, { clock: new FakeClock() });
      try {
        fake.answer = () => `-${error}`;
        for (let n = 0; n < 20; n++) {
          await assert.rejects(stand.budgets.reserve(request('acme', `r${n}`)), StateUnavailable);
        }
        assert.ok(fake.commands.filter((command) => command === 'evalsha').length <= 3);
        assert.deepEqual(
          stand.troubles.flatMap(({ kind, reason = '' }) => (kind === 'unavailable' ? [reason] : [])),
          [error],
        );
      } finally {
        await stand.close();
        await fake.close();
      }
    });
  }

  it('that a script is wrong is told each time, and asked on: no waiting mends it', async () => {
    const fake = await new FakeRedis().listen();
    const stand = await openOn(fake, { clock: new FakeClock() });
    try {
      fake.answer = () => '-NOPERM User default has no permissions to run the evalsha command';
      for (let n = 0; n < 5; n++) {
        await assert.rejects(stand.budgets.reserve(request('acme', `r${n}`)), StateUnavailable);
      }
      assert.equal(fake.commands.filter((command) => command === 'evalsha').length, 5);
      assert.ok(stand.troubles.length >= 5 && stand.troubles.every(({ kind }) => kind === 'script'));
    } finally {
      await stand.close();
      await fake.close();
    }
  });
});

describe('the address of a Redis', () => {
  it('is read whole', () => {
    assert.deepEqual(parseRedisUrl('rediss://me:p%40ss@[::1]:7000/3?sentinelPassword=x'), {
      host: '::1',
      port: 7000,
      tls: true,
      username: 'me',
      password: 'p@ss',
      db: 3,
      sentinelUsername: undefined,
      sentinelPassword: 'x',
    });
    assert.equal(parseRedisUrl('redis://host').port, 6379);
    assert.equal(parseRedisUrl('redis://host', 26379).port, 26379);
  });

  for (const wrong of ['host:6379', 'http://:s3cret@host', 'redis://', 'redis://:s3cret@host/zero']) {
    it(`${JSON.stringify(wrong)} is refused without showing a password`, () => {
      assert.throws(
        () => parseRedisUrl(wrong),
        (error) => error instanceof RedisRefused && !error.message.includes('s3cret'),
      );
    });
  }
});
