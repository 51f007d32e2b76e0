import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '../../../src/clock.ts';
import type { RedisTopology } from '../../../src/config/state-config.ts';
import { PIN_KEPT_MS, type PinStore, pinName } from '../../../src/routing/policy/pins/pin-store.ts';
import { RedisPinStore } from '../../../src/routing/policy/pins/redis-pins.ts';
import { SqlitePinStore } from '../../../src/routing/policy/pins/sqlite-pins.ts';
import type { Pin } from '../../../src/routing/policy/session-pins.ts';
import { openRedisState, type RedisStores } from '../../../src/state/redis/open-redis.ts';
import { FakeClock } from '../../breakers/fake-clock.ts';
import { type OwnRedis, placeFrom, redisServerCommand, skipWithout, startRedis } from '../../state/redis-server.ts';
import { stateDir } from '../../state/state-dir.ts';

const SESSION = 'acme\np\nsystem\ns:one';
const OTHERS = ['beta\np\nsystem\ns:one', '\np\nsystem\ns:one', 'acme\nq\nsystem\ns:one', 'acme\np\nsystem\nc:one'];
const pinAt = (at: number, more: Partial<Pin> = {}): Pin => ({ model: 'cheap', at, tokens: 1_200, ...more });

interface Opened {
  readonly store: PinStore;
  readonly now: () => number;
  /** The same pins, for another process; a file's own has ended then. */
  again(): PinStore | Promise<PinStore>;
  close(): void | Promise<void>;
}

function conforms(name: string, skip: string | false, open: (most?: number) => Opened | Promise<Opened>): void {
  describe(`pins ${name}`, { skip }, () => {
    test('are found as they were kept last, each conversation’s its own', async (t) => {
      const { store, now, close } = await open();
      t.after(close);
      assert.equal(await store.find(SESSION), undefined);
      await store.keep(SESSION, pinAt(now() - 5));
      await store.keep(SESSION, pinAt(now(), { model: 'smart', tokens: 7 }));
      for (const other of OTHERS) assert.equal(await store.find(other), undefined);
      for (const [at, other] of OTHERS.entries()) await store.keep(other, pinAt(now(), { tokens: at }));
      for (const [at, other] of OTHERS.entries()) assert.equal((await store.find(other))?.tokens, at);
      const { model, tokens } = (await store.find(SESSION)) ?? {};
      assert.deepEqual([model, tokens], ['smart', 7]);
    });

    test('are known to the next process', async (t) => {
      const { store, now, again, close } = await open();
      t.after(close);
      const pin = pinAt(now());
      await store.keep(SESSION, pin);
      assert.deepEqual(await (await again()).find(SESSION), pin);
    });

    test('are forgotten when their conversation was not heard of for three days', async (t) => {
      const { store, now, again, close } = await open();
      t.after(close);
      await store.keep(SESSION, pinAt(now() - PIN_KEPT_MS - 1));
      await store.keep(OTHERS[3] ?? '', pinAt(now() - PIN_KEPT_MS + 60_000));
      const other = await again();
      assert.equal(await other.find(SESSION), undefined);
      assert.ok(await other.find(OTHERS[3] ?? ''));
    });

    test('are only so many: the ones unheard of longest go', async (t) => {
      const { store, now, again, close } = await open(10);
      t.after(close);
      const names = Array.from({ length: 30 }, (_, n) => `acme\np\n\ns:${n}`);
      const begin = now() - 1_000;
      for (const [n, session] of names.entries()) await store.keep(session, pinAt(begin + n));
      const other = await again();
      const kept: number[] = [];
      for (const [n, session] of names.entries()) if ((await other.find(session)) !== undefined) kept.push(n);
      assert.deepEqual(
        kept,
        Array.from({ length: 10 }, (_, n) => 20 + n),
      );
    });
  });
}

conforms('in SQLite', false, (most) => {
  const clock = new FakeClock(Date.UTC(2026, 10, 22));
  const file = join(stateDir(), 'pins.db');
  const open = () => new SqlitePinStore(file, clock, assert.fail, most);
  let store = open();
  return {
    store,
    now: clock.now,
    again: () => {
      store.close();
      store = open();
      return store;
    },
    close: () => {
      store.close();
      assert.equal(clock.pending, 0);
      assert.equal(statSync(file).mode & 0o777, 0o600);
    },
  };
});

test('pins in SQLite are written within a tenth of a second, and a file that fails is told and fails nobody', () => {
  const clock = new FakeClock();
  const file = join(stateDir(), 'pins.db');
  const troubles: string[] = [];
  const one = new SqlitePinStore(file, clock, (reason) => troubles.push(reason));
  const other = new SqlitePinStore(file, clock, assert.fail);
  one.keep(SESSION, pinAt(clock.now()));
  assert.equal(other.find(SESSION), undefined);
  assert.ok(one.find(SESSION));
  clock.advance(100);
  assert.ok(other.find(SESSION));
  other.close();
  one.close();
  one.keep(SESSION, pinAt(clock.now()));
  clock.advance(100);
  assert.equal(one.find(OTHERS[0] ?? ''), undefined);
  assert.equal(troubles.length, 2);
});

const server = placeFrom('BREAKWATER_TEST_REDIS');
const cluster = placeFrom('BREAKWATER_TEST_REDIS_CLUSTER');
const noServer = skipWithout(server ?? redisServerCommand(), 'no Redis');
const noCluster = skipWithout(cluster, 'BREAKWATER_TEST_REDIS_CLUSTER names none');

describe('pins', () => {
  let own: OwnRedis | undefined;
  before(async () => {
    if (server === undefined && noServer === false) own = await startRedis();
  });
  after(() => own?.end());
  const onRedis = (topology: RedisTopology, place: () => { host: string; port: number } | undefined) => {
    return async (most?: number): Promise<Opened> => {
      const at = place();
      assert.ok(at);
      const keyPrefix = `test-${randomBytes(6).toString('hex')}`;
      const opened: RedisStores[] = [];
      const open = async () => {
        const urls = [`redis://${at.host}:${at.port}`];
        const stores = await openRedisState({ urls, topology, timeout: 30_000, keyPrefix });
        opened.push(stores);
        return new RedisPinStore(stores.link, systemClock, keyPrefix, most);
      };
      return {
        store: await open(),
        now: systemClock.now,
        again: open,
        close: async () => {
          await Promise.all(opened.map((stores) => stores.close()));
        },
      };
    };
  };
  conforms(
    'in Redis',
    noServer,
    onRedis({ kind: 'standalone' }, () => server ?? own),
  );
  conforms(
    'in a Redis Cluster',
    noCluster,
    onRedis({ kind: 'cluster' }, () => cluster),
  );

  test('in Redis are hashes that end by themselves, name nobody but the tenant, and are passed over where they are none', {
    skip: noServer,
  }, async (t) => {
    const at = server ?? own;
    assert.ok(at);
    const keyPrefix = `test-${randomBytes(6).toString('hex')}`;
    const urls = [`redis://${at.host}:${at.port}`];
    const { link, close } = await openRedisState({
      urls,
      topology: { kind: 'standalone' },
      timeout: 30_000,
      keyPrefix,
    });
    t.after(close);
    const store = new RedisPinStore(link, systemClock, keyPrefix);
    await store.keep(SESSION, pinAt(systemClock.now()));
    const key = `${keyPrefix}:{acme}:pins`;
    assert.deepEqual(await link.call('hkeys', key), [pinName(SESSION)]);
    for (const one of [key, `${key}:at`]) assert.ok(Number(await link.call('pttl', one)) > PIN_KEPT_MS - 60_000);
    for (const text of ['', 'null', '{}', '[1,2,3]', '["cheap"]', '["cheap",']) {
      await link.call('hset', key, pinName(SESSION), text);
      assert.equal(await store.find(SESSION), undefined, text);
    }
  });
});
