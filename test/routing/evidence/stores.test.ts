import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { RedisTopology } from '../../../src/config/state-config.ts';
import type { EvidenceKey } from '../../../src/routing/evidence/evidence-key.ts';
import {
  type EvidenceStore,
  KEPT_MS,
  MemoryEvidenceStore,
} from '../../../src/routing/evidence/store/evidence-store.ts';
import { RedisEvidenceStore } from '../../../src/routing/evidence/store/redis-evidence.ts';
import { SqliteEvidenceStore } from '../../../src/routing/evidence/store/sqlite-evidence.ts';
import { openRedisState } from '../../../src/state/redis/open-redis.ts';
import { FakeClock } from '../../breakers/fake-clock.ts';
import { type OwnRedis, placeFrom, redisServerCommand, skipWithout, startRedis } from '../../state/redis-server.ts';
import { stateDir } from '../../state/state-dir.ts';

const KEY: EvidenceKey = { tenant: 'acme', key: 'k1', pair: { cheap: 'small', strong: 'smart' } };
const OTHERS: readonly EvidenceKey[] = [
  { ...KEY, tenant: 'beta' },
  { ...KEY, tenant: '' },
  { ...KEY, key: 'k2' },
  { ...KEY, pair: { cheap: 'smart', strong: 'small' } },
  // Parts that look like one another's ends.
  { tenant: 'acme', key: 'k1","small', pair: { cheap: 'smart', strong: '' } },
];

interface Opened {
  readonly store: EvidenceStore;
  close(): void | Promise<void>;
}

function conforms(name: string, skip: string | false, open: () => Opened | Promise<Opened>): void {
  describe(`evidence ${name}`, { skip }, () => {
    test('is found as it was stored, each under its own key', async () => {
      const { store, close } = await open();
      assert.equal(await store.load(KEY), undefined);
      assert.equal(await store.save(KEY, '{"a":"ä"}', 0), 1);
      assert.deepEqual(await store.load(KEY), { record: '{"a":"ä"}', revision: 1 });
      for (const [at, other] of OTHERS.entries()) {
        assert.equal(await store.load(other), undefined);
        assert.equal(await store.save(other, String(at), 0), 1);
      }
      for (const [at, other] of OTHERS.entries())
        assert.deepEqual(await store.load(other), { record: String(at), revision: 1 });
      assert.equal((await store.load(KEY))?.record, '{"a":"ä"}');
      await close();
    });

    test('is replaced by who has seen the latest, and by nobody else', async () => {
      const { store, close } = await open();
      assert.equal(await store.save(KEY, '1', 0), 1);
      assert.equal(await store.save(KEY, 'again', 0), undefined);
      assert.equal(await store.save(KEY, '2', 1), 2);
      assert.equal(await store.save(KEY, 'late', 1), undefined);
      assert.equal(await store.save(KEY, 'early', 3), undefined);
      assert.deepEqual(await store.load(KEY), { record: '2', revision: 2 });
      await close();
    });

    test('of many who save at once one wins each time', async () => {
      const { store, close } = await open();
      for (let revision = 0; revision < 3; revision++) {
        const saved = await Promise.all(Array.from({ length: 20 }, (_, at) => store.save(KEY, String(at), revision)));
        assert.equal(saved.filter((one) => one === revision + 1).length, 1);
        assert.equal(saved.filter((one) => one === undefined).length, 19);
      }
      await close();
    });
  });
}

conforms('in memory', false, () => {
  const store = new MemoryEvidenceStore();
  return { store, close: () => store.close() };
});

conforms('in a file', false, () => {
  const store = new SqliteEvidenceStore(join(stateDir(), 'routes.db'), new FakeClock());
  return { store, close: () => store.close() };
});

describe('a tenant with very many kinds of work', () => {
  const key = (at: number, tenant = 'acme'): EvidenceKey => ({ ...KEY, tenant, key: `k${at}` });
  for (const [name, open] of [
    ['in memory', () => new MemoryEvidenceStore(3)],
    ['in a file', () => new SqliteEvidenceStore(join(stateDir(), 'routes.db'), new FakeClock(), 3)],
  ] as const)
    test(`loses its oldest ${name}, and nobody else does`, async () => {
      const store = open();
      await store.save(key(0, 'beta'), 'b', 0);
      for (let at = 0; at < 5; at++) await store.save(key(at), String(at), 0);
      const left = await Promise.all([0, 1, 2, 3, 4].map((at) => store.load(key(at))));
      assert.deepEqual(
        left.map((one) => one?.record),
        [undefined, undefined, '2', '3', '4'],
      );
      assert.equal((await store.load(key(0, 'beta')))?.record, 'b');
      store.close();
    });
});

describe('a file of evidence', () => {
  test('has after a restart what it had, and forgets what nobody asked for in months', async () => {
    const file = join(stateDir(), 'deep', 'routes.db');
    const clock = new FakeClock();
    const other = { ...KEY, key: 'k2' };
    const first = new SqliteEvidenceStore(file, clock);
    await first.save(KEY, '1', 0);
    clock.advance(KEPT_MS - 10);
    await first.save(other, '1', 0);
    first.close();
    clock.advance(20);
    const second = new SqliteEvidenceStore(file, clock);
    assert.equal(await second.load(KEY), undefined);
    assert.deepEqual(await second.load(other), { record: '1', revision: 1 });
    second.close();
    assert.equal(statSync(file).mode & 0o777, 0o600);
  });

  test('can be had by two processes, of which each sees what the other saved', async () => {
    const file = join(stateDir(), 'routes.db');
    const [one, two] = [new SqliteEvidenceStore(file, new FakeClock()), new SqliteEvidenceStore(file, new FakeClock())];
    assert.equal(await one.save(KEY, '1', 0), 1);
    assert.equal(await two.save(KEY, 'late', 0), undefined);
    assert.equal(await two.save(KEY, '2', 1), 2);
    assert.equal((await one.load(KEY))?.record, '2');
    one.close();
    two.close();
  });
});

const server = placeFrom('BREAKWATER_TEST_REDIS');
const noServer = skipWithout(
  server ?? redisServerCommand(),
  'neither BREAKWATER_TEST_REDIS nor a redis-server of 7.2 or newer on PATH',
);
const cluster = placeFrom('BREAKWATER_TEST_REDIS_CLUSTER');
const noCluster = skipWithout(cluster, 'no BREAKWATER_TEST_REDIS_CLUSTER');
let own: OwnRedis | undefined;
before(async () => {
  if (server === undefined && noServer === false) own = await startRedis();
});
after(() => own?.kill());

async function redis(place: { readonly host: string; readonly port: number } | undefined, topology: RedisTopology) {
  assert.ok(place !== undefined);
  const keyPrefix = `test-${randomBytes(6).toString('hex')}`;
  const state = await openRedisState({
    urls: [`redis://${place.host}:${place.port}`],
    topology,
    timeout: 30_000,
    keyPrefix,
  });
  return {
    store: new RedisEvidenceStore(state.link, keyPrefix),
    close: () => state.close(),
    link: state.link,
    keyPrefix,
  };
}

conforms('in Redis', noServer, () => redis(server ?? own, { kind: 'standalone' }));
conforms('in a Cluster', noCluster, () => redis(cluster, { kind: 'cluster' }));

test('evidence in Redis goes by itself when nobody asks for it any more', { skip: noServer }, async () => {
  const { store, close, link, keyPrefix } = await redis(server ?? own, { kind: 'standalone' });
  await store.save(KEY, '1', 0);
  const [, keys]: unknown[] = [
    ...((await link.call('scan', '0', 'match', `${keyPrefix}:{acme}:route:*`, 'count', 10_000)) as unknown[]),
  ];
  assert.ok(Array.isArray(keys) && keys.length <= 1);
  if (keys.length === 1) assert.ok(Number(await link.call('pttl', String(keys[0]))) > KEPT_MS / 2);
  await close();
});
