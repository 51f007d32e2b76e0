import { openRedisState, type RedisStateOptions, type RedisStores } from '../../src/state/redis/open-redis.ts';
import type { RedisRecovery, RedisTrouble } from '../../src/state/redis/trouble.ts';
import type { RedisPlace } from './redis-server.ts';

/** Stores in some Redis, with what they told of it. */
export interface RedisStand extends RedisStores {
  readonly troubles: RedisTrouble[];
  readonly recoveries: RedisRecovery[];
}

/** Opens stores on one server; `over` wins. No answer is too late for them, unless a test says so. */
export async function openOn(place: RedisPlace, over: Partial<RedisStateOptions> = {}): Promise<RedisStand> {
  const troubles: RedisTrouble[] = [];
  const recoveries: RedisRecovery[] = [];
  const stores = await openRedisState({
    urls: [`redis://${place.host}:${place.port}`],
    topology: { kind: 'standalone' },
    timeout: 30_000,
    keyPrefix: 'test',
    flushMs: 0,
    onTrouble: (trouble) => troubles.push(trouble),
    onRecovered: (recovery) => recoveries.push(recovery),
    ...over,
  });
  return { ...stores, troubles, recoveries };
}
