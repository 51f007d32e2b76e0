import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { CacheLimits, CacheTrouble } from '../../src/cache/store/cache-store.ts';
import { MemoryCacheStore } from '../../src/cache/store/memory-store.ts';
import { RedisCacheStore } from '../../src/cache/store/redis-store.ts';
import { Seal } from '../../src/cache/store/seal.ts';
import { openCacheFile } from '../../src/cache/store/sqlite-file.ts';
import { SqliteCacheStore } from '../../src/cache/store/sqlite-store.ts';
import { systemClock } from '../../src/clock.ts';
import type { RedisTopology } from '../../src/config/state-config.ts';
import { openRedisState } from '../../src/state/redis/open-redis.ts';
import { FakeClock } from '../breakers/fake-clock.ts';
import {
  type OwnRedis,
  placeFrom,
  type RedisPlace,
  redisServerCommand,
  skipWithout,
  startRedis,
} from '../state/redis-server.ts';
import { stateDir } from '../state/state-dir.ts';
import { entryOf } from './entries.ts';
import { type StoreUnderTest, storeConformance } from './store-conformance.ts';

const KEY = '0123456789abcdef'.repeat(4);
const SECRET = Buffer.alloc(32, 1);
const LIMITS: CacheLimits = { maxBytes: 1e6, perTenant: 1e6 };

storeConformance({ name: 'in memory', remembersUse: true, boundsAll: true }, false, async (limits) => {
  const clock = new FakeClock();
  const store = new MemoryCacheStore({ clock, limits });
  return { store, now: clock.now, advance: (ms) => clock.advance(ms), close: () => store.close() };
});

for (const key of [undefined, KEY]) {
  const name = key === undefined ? 'in a file' : 'in an encrypted file';
  storeConformance({ name, remembersUse: true, boundsAll: true }, false, async (limits) => {
    const clock = new FakeClock();
    const { store, close } = openFile(join(stateDir(), 'cache.db'), clock, limits, key);
    return { store, now: clock.now, advance: (ms) => clock.advance(ms), close };
  });
}

function openFile(path: string, clock: FakeClock, limits = LIMITS, key?: string) {
  const troubles: CacheTrouble[] = [];
  const file = openCacheFile(path, (opened) => opened);
  const onTrouble = (trouble: CacheTrouble) => void troubles.push(trouble);
  const store = new SqliteCacheStore({
    file,
    table: 'entries',
    clock,
    limits,
    seal: new Seal(key),
    secret: file.secret,
    onTrouble,
  });
  const close = () => {
    store.close();
    file.db.close();
  };
  return { store, file, troubles, close };
}

describe('a file', () => {
  test('has after a restart what it had, in the order of its making, and its secret', () => {
    const clock = new FakeClock();
    const path = join(stateDir(), 'cache.db');
    const first = openFile(path, clock);
    const entries = ['a', 'b', 'c'].map((key) => entryOf(key, { createdAt: clock.now() }));
    for (const entry of entries) first.store.put(entry);
    first.store.purge({ key: entryOf('b').key });
    first.close();
    const second = openFile(path, clock);
    assert.deepEqual(second.store.get('acme', entryOf('a').key), entries[0]);
    assert.equal(second.store.get('acme', entryOf('b').key), undefined);
    assert.equal(second.store.stats().entries, 2);
    assert.deepEqual(second.store.secret, first.store.secret);
    second.close();
    clock.advance(60_000);
    const third = openFile(path, clock);
    assert.equal(third.store.stats().entries, 0);
    third.close();
  });

  test('is written a little later, and nothing waits for it', () => {
    const clock = new FakeClock();
    const path = join(stateDir(), 'cache.db');
    const { store, file, close } = openFile(path, clock);
    const rows = () => Number(file.db.prepare('SELECT count(*) AS n FROM entries').get()?.n);
    for (let key = 0; key < 150; key++) store.put(entryOf(`k${key}`, { createdAt: clock.now() }));
    assert.equal(rows(), 0);
    clock.advance(200);
    assert.equal(rows(), 150);
    close();
  });

  test('within smaller limits takes up the latest', () => {
    const clock = new FakeClock();
    const path = join(stateDir(), 'cache.db');
    const first = openFile(path, clock);
    for (const key of ['a', 'b', 'c']) first.store.put(entryOf(key, { createdAt: clock.now() }));
    first.close();
    const second = openFile(path, clock, { maxBytes: 1_700, perTenant: 1_700 });
    assert.equal(second.store.get('acme', entryOf('a').key), undefined);
    assert.ok(second.store.get('acme', entryOf('c').key));
    second.close();
  });

  test('that is damaged is begun anew', () => {
    const path = join(stateDir(), 'cache.db');
    writeFileSync(path, 'this is no database, but it is long enough to be looked at as one'.repeat(100));
    const file = openCacheFile(path, (opened) => opened);
    assert.equal(file.startedAnew, true);
    file.db.close();
  });

  test('belongs to one process', () => {
    const path = join(stateDir(), 'cache.db');
    const file = openCacheFile(path, (opened) => opened);
    assert.throws(() => openCacheFile(path, (opened) => opened), /locked/);
    file.db.close();
  });

  test('that cannot be written says so once, and what was purged does not come back', () => {
    const clock = new FakeClock();
    const path = join(stateDir(), 'cache.db');
    const { store, file, troubles, close } = openFile(path, clock);
    store.put(entryOf('a', { createdAt: clock.now() }));
    store.flush();
    file.db.exec('PRAGMA query_only = ON');
    store.put(entryOf('b', { createdAt: clock.now() }));
    assert.equal(store.purge({ key: entryOf('a').key }), 1);
    clock.advance(30_000);
    assert.deepEqual(
      troubles.map(({ what }) => what),
      ['write'],
    );
    assert.ok(store.get('acme', entryOf('b').key), 'memory goes on');
    file.db.exec('PRAGMA query_only = OFF');
    clock.advance(5_000);
    const { n } = file.db.prepare('SELECT count(*) AS n FROM entries').get() ?? {};
    assert.equal(n, 0);
    close();
  });

  test('shows no answer where there is a key, and another key opens nothing', () => {
    const clock = new FakeClock();
    const path = join(stateDir(), 'cache.db');
    const first = openFile(path, clock, LIMITS, KEY);
    first.store.put(entryOf('a', { createdAt: clock.now(), tags: ['secret-tag'], body: Buffer.from('secret-answer') }));
    first.store.flush();
    const written = ['', '-wal'].map((suffix) => readFileSync(path + suffix).toString('latin1')).join('');
    assert.doesNotMatch(written, /secret-answer|secret-tag|acme/);
    first.close();
    for (const key of ['f'.repeat(64), undefined]) {
      const other = openFile(path, clock, LIMITS, key);
      assert.equal(other.store.stats().entries, 0);
      assert.deepEqual(
        other.troubles.map(({ what }) => what),
        key === undefined ? [] : ['decrypt'],
      );
      other.close();
    }
  });
});

describe('a seal', () => {
  const sealed = new Seal(KEY);
  const payload = Buffer.from('the answer');

  test('opens what it closed, and is never the same twice', () => {
    const one = sealed.close(payload, 'k');
    assert.deepEqual(sealed.open(one, 'k'), payload);
    assert.notDeepEqual(sealed.close(payload, 'k'), one);
  });

  test('refuses another key, another place, any change, and what is not encrypted', () => {
    const one = sealed.close(payload, 'k');
    assert.throws(() => new Seal('f'.repeat(64)).open(one, 'k'), /another key/);
    assert.throws(() => new Seal(undefined).open(one, 'k'), /another key/);
    assert.throws(() => sealed.open(one, 'l'), /was changed/);
    for (let at = 5; at < one.length; at++) {
      const changed = Buffer.from(one);
      changed[at] = (changed[at] ?? 0) ^ 1;
      assert.throws(() => sealed.open(changed, 'k'), /was changed/, `byte ${at}`);
    }
    assert.throws(() => sealed.open(one.subarray(0, 20), 'k'), /no known form/);
    assert.throws(() => sealed.open(Buffer.alloc(0), 'k'), /no known form/);
    assert.throws(() => sealed.open(new Seal(undefined).close(payload, 'k'), 'k'), /not encrypted/);
  });
});

const server = placeFrom('BREAKWATER_TEST_REDIS');
const cluster = placeFrom('BREAKWATER_TEST_REDIS_CLUSTER');
const noServer = skipWithout(
  server ?? redisServerCommand(),
  'neither BREAKWATER_TEST_REDIS nor a redis-server of 7.2 or newer on PATH',
);
const noCluster = skipWithout(cluster, 'BREAKWATER_TEST_REDIS_CLUSTER names none');
let own: OwnRedis | undefined;
before(async () => {
  if (server === undefined && noServer === false) own = await startRedis();
});
after(() => own?.kill());

redisConforms('in Redis', { kind: 'standalone' }, noServer, () => server ?? own);
redisConforms('in a Redis Cluster', { kind: 'cluster' }, noCluster, () => cluster);

function redisConforms(
  name: string,
  topology: RedisTopology,
  skip: string | false,
  place: () => RedisPlace | undefined,
): void {
  storeConformance({ name, remembersUse: false, boundsAll: false }, skip, async (limits): Promise<StoreUnderTest> => {
    const { store, close } = await openRedisStore(place(), topology, limits);
    return { store, now: () => systemClock.now(), close };
  });
}

async function openRedisStore(
  place: RedisPlace | undefined,
  topology: RedisTopology,
  limits: CacheLimits,
  timeout = 30_000,
  prefix = `test-${randomBytes(6).toString('hex')}`,
) {
  if (place === undefined) throw new Error('no server');
  const state = await openRedisState({
    urls: [`redis://${place.host}:${place.port}`],
    topology,
    timeout,
    keyPrefix: prefix,
  });
  const troubles: CacheTrouble[] = [];
  const { link } = state;
  const store = new RedisCacheStore({
    link,
    prefix,
    clock: systemClock,
    limits,
    seal: new Seal(KEY),
    secret: SECRET,
    onTrouble: (trouble) => void troubles.push(trouble),
  });
  const close = async () => {
    await store.close();
    await state.close();
  };
  return { store, link, prefix, troubles, close };
}

describe('Redis', { skip: noServer }, () => {
  test('holds every key for no longer than its entry', async () => {
    const { store, link, prefix, close } = await openRedisStore(server ?? own, { kind: 'standalone' }, LIMITS);
    const now = systemClock.now();
    store.put(entryOf('a', { createdAt: now, keepUntil: now + 5_000 }));
    await store.flush();
    const keys = [
      `${prefix}:{acme}:cache:e:${entryOf('a').key}`,
      `${prefix}:{acme}:cache`,
      `${prefix}:{acme}:cache:ends`,
    ];
    for (const key of keys) {
      const left = Number(await link.call('pttl', key));
      assert.ok(left > 0 && left <= 5_000, `${key}: ${left}`);
    }
    await close();
  });

  test('shows neither answers nor names of models, users and tags', async () => {
    const { store, link, prefix, close } = await openRedisStore(server ?? own, { kind: 'standalone' }, LIMITS);
    store.put(
      entryOf('a', {
        createdAt: systemClock.now(),
        user: 'secret-user',
        tags: ['secret-tag'],
        model: 'secret-model',
        body: Buffer.from('secret-answer'),
      }),
    );
    await store.flush();
    const shown = [
      await link.call('get', `${prefix}:{acme}:cache:e:${entryOf('a').key}`),
      JSON.stringify(await link.call('hgetall', `${prefix}:{acme}:cache`)),
    ];
    assert.doesNotMatch(
      `${shown} ${shown.map((text) => Buffer.from(String(text), 'base64').toString('latin1'))}`,
      /secret/,
    );
    await close();
  });

  test('with an answer somebody else has put there is a miss, and told', async () => {
    const { store, link, prefix, troubles, close } = await openRedisStore(
      server ?? own,
      { kind: 'standalone' },
      LIMITS,
    );
    const { key } = entryOf('a');
    await link.call('set', `${prefix}:{acme}:cache:e:${key}`, Buffer.from('\0forged').toString('base64'));
    await link.call('hset', `${prefix}:{acme}:cache`, key, '7||||,');
    assert.equal(await store.get('acme', key), undefined);
    assert.deepEqual(
      troubles.map(({ what }) => what),
      ['decrypt'],
    );
    await close();
  });

  const losses: readonly (readonly [string, (prefix: string) => readonly string[]])[] = [
    ['the list of tenants', (prefix) => [`${prefix}:cache-tenants`]],
    ['a tenant’s index', (prefix) => [`${prefix}:{acme}:cache`]],
    ['the order in which they end', (prefix) => [`${prefix}:{acme}:cache:ends`]],
    [
      'all but the answers',
      (prefix) => ['cache-tenants', '{acme}:cache', '{acme}:cache:ends'].map((key) => `${prefix}:${key}`),
    ],
  ];
  for (const [what, keys] of losses) {
    test(`that was full and threw away ${what} gives nothing that a purge was to take away`, async (t) => {
      const place = server ?? own;
      const one = await openRedisStore(place, { kind: 'standalone' }, { ...LIMITS, tenants: ['acme'] });
      t.after(one.close);
      const { store, link, prefix } = one;
      const other = await openRedisStore(
        place,
        { kind: 'standalone' },
        { ...LIMITS, tenants: ['acme'] },
        30_000,
        prefix,
      );
      t.after(other.close);
      const entry = entryOf('a', { createdAt: systemClock.now() });
      store.put(entry);
      await store.flush();
      assert.ok(await store.get('acme', entry.key));
      for (const key of keys(prefix)) await link.call('del', key);
      await other.store.purge({ model: 'smart' });
      assert.equal(await store.get('acme', entry.key), undefined);
      store.put(entry);
      await store.flush();
      assert.ok(await other.store.get('acme', entry.key), 'and it is kept again');
      assert.equal(await other.store.purge({ key: entry.key }), 1);
    });
  }
});
