import { randomBytes } from 'node:crypto';
import { after, before, describe } from 'node:test';
import { VectorSetIndex } from '../../../src/cache/vectors/redis/vector-set-index.ts';
import type { RedisTopology } from '../../../src/config/state-config.ts';
import { type OwnRedis, type RedisPlace, startRedis } from '../../state/redis-server.ts';
import { openOn } from '../../state/redis-stand.ts';
import { vectorIndexConformance } from './conformance.ts';
import { givenCluster, givenServer, noCluster, noVectorSets } from './redis-8.ts';

describe('Redis 8', { skip: noVectorSets }, () => {
  let own: OwnRedis | undefined;
  before(async () => {
    if (givenServer === undefined && noVectorSets === false) own = await startRedis();
  });
  after(() => own?.end());
  conforms('vector sets of a single Redis', { kind: 'standalone' }, () => givenServer ?? own);
});

describe('Redis 8 Cluster', { skip: noCluster }, () => {
  conforms('vector sets of a Redis Cluster', { kind: 'cluster' }, () => givenCluster);
});

function conforms(name: string, topology: RedisTopology, place: () => RedisPlace | undefined): void {
  vectorIndexConformance(name, async ({ clock, space }) => {
    const at = place();
    if (at === undefined) throw new Error('no server');
    const stores = await openOn(at, { topology });
    const keyPrefix = `test-${randomBytes(6).toString('hex')}`;
    const open = () => new VectorSetIndex({ space, clock, link: stores.link, keyPrefix, mostPerTenant: 10_000 });
    const index = open();
    await index.probe();
    return { index, reopen: async () => open(), close: () => stores.close() };
  });
}
