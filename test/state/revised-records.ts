import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import type { RedisTopology } from '../../src/config/state-config.ts';
import type { RedisLink } from '../../src/state/redis/link.ts';
import { openRedisState } from '../../src/state/redis/open-redis.ts';
import {
  type OwnRedis,
  placeFrom,
  type RedisPlace,
  redisServerCommand,
  skipWithout,
  startRedis,
} from './redis-server.ts';

/** A store of records that several processes may replace: certificates of the cache, evidence of routing. */
interface RevisedRecords<Key> {
  load(key: Key): Promise<{ readonly record: string; readonly revision: number } | undefined>;
  /** Undefined: somebody else has saved since that revision. */
  save(key: Key, record: string, expected: number): Promise<number | undefined>;
}

export interface OpenedRecords<Key> {
  readonly store: RevisedRecords<Key>;
  close(): void | Promise<void>;
}

export interface RecordsCase<Key> {
  readonly what: string;
  readonly key: Key;
  /** Keys that must not be taken for it, or for one another. */
  readonly others: readonly Key[];
  readonly inMemory: () => OpenedRecords<Key>;
  readonly inFile: () => OpenedRecords<Key>;
  readonly inRedis: (link: RedisLink, keyPrefix: string) => RevisedRecords<Key>;
}

const server = placeFrom('BREAKWATER_TEST_REDIS');
const cluster = placeFrom('BREAKWATER_TEST_REDIS_CLUSTER');
const noCluster = skipWithout(cluster, 'no BREAKWATER_TEST_REDIS_CLUSTER');
/** Why tests of records in Redis are left out; false: they are not. */
export const noServer = skipWithout(
  server ?? redisServerCommand(),
  'neither BREAKWATER_TEST_REDIS nor a redis-server of 7.2 or newer on PATH',
);

/** What every such store promises, in memory, in a file, in Redis and in a Cluster. @returns opens a link to that Redis, with a prefix of its own */
export function keepsRevisions<Key>(records: RecordsCase<Key>): () => Promise<OpenedLink> {
  let own: OwnRedis | undefined;
  before(async () => {
    if (server === undefined && noServer === false) own = await startRedis();
  });
  after(() => own?.kill());
  const open = async (place: RedisPlace | undefined, topology: RedisTopology): Promise<OpenedRecords<Key>> => {
    const { link, keyPrefix, close } = await openLink(place, topology);
    return { store: records.inRedis(link, keyPrefix), close };
  };
  conforms('in memory', false, records, records.inMemory);
  conforms('in a file', false, records, records.inFile);
  conforms('in Redis', noServer, records, () => open(server ?? own, { kind: 'standalone' }));
  conforms('in a Cluster', noCluster, records, () => open(cluster, { kind: 'cluster' }));
  return () => openLink(server ?? own, { kind: 'standalone' });
}

interface OpenedLink {
  readonly link: RedisLink;
  readonly keyPrefix: string;
  close(): Promise<void>;
}

async function openLink(place: RedisPlace | undefined, topology: RedisTopology): Promise<OpenedLink> {
  assert.ok(place !== undefined);
  const keyPrefix = `test-${randomBytes(6).toString('hex')}`;
  const urls = [`redis://${place.host}:${place.port}`];
  const state = await openRedisState({ urls, topology, timeout: 30_000, keyPrefix });
  return { link: state.link, keyPrefix, close: async () => state.close() };
}

function conforms<Key>(
  where: string,
  skip: string | false,
  { what, key, others }: RecordsCase<Key>,
  open: () => OpenedRecords<Key> | Promise<OpenedRecords<Key>>,
): void {
  describe(`${what} ${where}`, { skip }, () => {
    test('are found as they were stored, each under its own key', async () => {
      const { store, close } = await open();
      assert.equal(await store.load(key), undefined);
      assert.equal(await store.save(key, '{"a":"ä"}', 0), 1);
      assert.deepEqual(await store.load(key), { record: '{"a":"ä"}', revision: 1 });
      for (const [at, other] of others.entries()) {
        assert.equal(await store.load(other), undefined);
        assert.equal(await store.save(other, String(at), 0), 1);
      }
      for (const [at, other] of others.entries())
        assert.deepEqual(await store.load(other), { record: String(at), revision: 1 });
      assert.equal((await store.load(key))?.record, '{"a":"ä"}');
      await close();
    });

    test('are replaced by who has seen the latest, and by nobody else', async () => {
      const { store, close } = await open();
      assert.equal(await store.save(key, '1', 0), 1);
      assert.equal(await store.save(key, 'again', 0), undefined);
      assert.equal(await store.save(key, '2', 1), 2);
      assert.equal(await store.save(key, 'late', 1), undefined);
      assert.equal(await store.save(key, 'early', 3), undefined);
      assert.deepEqual(await store.load(key), { record: '2', revision: 2 });
      await close();
    });

    test('of many who save at once one wins each time', async () => {
      const { store, close } = await open();
      for (let revision = 0; revision < 3; revision++) {
        const saved = await Promise.all(Array.from({ length: 20 }, (_, at) => store.save(key, String(at), revision)));
        assert.equal(saved.filter((one) => one === revision + 1).length, 1);
        assert.equal(saved.filter((one) => one === undefined).length, 19);
      }
      await close();
    });
  });
}
