import { randomBytes } from 'node:crypto';
import { after, before, describe } from 'node:test';
import { type Clock, systemClock } from '../../src/clock.ts';
import type { RedisTopology } from '../../src/config/state-config.ts';
import { openRedisState, type RedisStores } from '../../src/state/redis/open-redis.ts';
import { budgetStoreConformance, keyStoreConformance } from './conformance.ts';
import {
  type OwnRedis,
  placeFrom,
  type RedisPlace,
  redisServerCommand,
  skipWithout,
  startRedis,
} from './redis-server.ts';

const server = placeFrom('BREAKWATER_TEST_REDIS');
const cluster = placeFrom('BREAKWATER_TEST_REDIS_CLUSTER');
const noServer = skipWithout(
  server ?? redisServerCommand(),
  'neither BREAKWATER_TEST_REDIS nor a redis-server of 7.2 or newer on PATH',
);
const noCluster = skipWithout(cluster, 'BREAKWATER_TEST_REDIS_CLUSTER names none');

/** What is true of a store must be true at any speed of the machine, so no answer is too late here. */
const open = (place: RedisPlace, topology: RedisTopology, keyPrefix: string, storeClock = systemClock) =>
  openRedisState({
    urls: [`redis://${place.host}:${place.port}`],
    topology,
    timeout: 30_000,
    keyPrefix,
    storeClock,
  });

describe('Redis', { skip: noServer }, () => {
  let own: OwnRedis | undefined;
  before(async () => {
    if (server === undefined && noServer === false) own = await startRedis();
  });
  after(() => own?.end());
  conforms('a single Redis', { kind: 'standalone' }, () => server ?? own);
});

describe('Redis Cluster', { skip: noCluster }, () => {
  conforms('a Redis Cluster', { kind: 'cluster' }, () => cluster);
});

function conforms(name: string, topology: RedisTopology, place: () => RedisPlace | undefined): void {
  const opened = async (keyPrefix: string, storeClock?: Clock): Promise<RedisStores> => {
    const at = place();
    if (at === undefined) throw new Error('no server');
    return open(at, topology, keyPrefix, storeClock);
  };
  budgetStoreConformance(name, async ({ clock }) => {
    const keyPrefix = freshPrefix();
    let stores = await opened(keyPrefix, clock);
    return {
      budgets: stores.budgets,
      async reopen() {
        await stores.close();
        stores = await opened(keyPrefix, clock);
        return stores.budgets;
      },
      close: () => stores.close(),
    };
  });
  keyStoreConformance(name, async () => {
    const stores = await opened(freshPrefix());
    return { keys: stores.keys, close: () => stores.close() };
  });
}

/** Several runs may share one server. */
function freshPrefix(): string {
  return `test-${randomBytes(6).toString('hex')}`;
}
