/**
 * What a search in a vector index costs: in process, and in vector sets where there is a Redis 8 (BREAKWATER_TEST_REDIS, or the redis-server
 * that BREAKWATER_TEST_REDIS_SERVER or PATH names). All entries lie in one scope: the worst case.
 *
 *   node bench/cache/vectors.ts [--entries 1000,10000,100000] [--dimensions 1536] [--searches 1000] [--only memory|redis]
 */
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { MemoryVectorIndex } from '../../src/cache/vectors/memory/memory-index.ts';
import { VectorSetIndex } from '../../src/cache/vectors/redis/vector-set-index.ts';
import type { VectorIndex } from '../../src/cache/vectors/vector-index.ts';
import { systemClock } from '../../src/clock.ts';
import { openRedisState } from '../../src/state/redis/open-redis.ts';
import { placeFrom, redisServerCommand, startRedis, withClient } from '../../test/state/redis-server.ts';
import { describeMachine } from '../machine.ts';
import { Topic } from './vector-samples.ts';

interface Opened {
  readonly index: VectorIndex;
  /** Bytes in use. */
  memory(): Promise<number>;
  close(): Promise<void>;
}

const hour = 3_600_000;
const atOnce = 8;
const planted = 100;
const space = (dimensions: number) => ({ embedder: 'bench', dimensions });

const { values } = parseArgs({
  options: {
    entries: { type: 'string', default: '1000,10000,100000' },
    dimensions: { type: 'string', default: '1536' },
    searches: { type: 'string', default: '1000' },
    only: { type: 'string' },
  },
});
const dimensions = Number(values.dimensions);

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

console.log(describeMachine());
console.log(
  `${dimensions} dimensions, one scope, ${values.searches} searches one after another; a near entry lies at cosine 0.93\n`,
);
console.log(
  '| index | entries | add ms | search p50 ms | p99 ms | CPU ms a search | bytes an entry | near ones found |',
);
console.log('| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |');
for (const count of values.entries.split(',').map(Number)) {
  if (values.only !== 'redis') await measure('in process', count, await openMemory(count));
  if (values.only === 'memory') continue;
  const redis = await openRedis();
  if (redis === undefined) console.log('| vector sets | | | left out: no Redis 8 | | | | |');
  else await measure('vector sets', count, redis);
}

async function measure(name: string, count: number, opened: Opened): Promise<void> {
  const { index } = opened;
  const topic = new Topic(dimensions);
  const every = Math.max(1, Math.floor(count / planted));
  const near: Float32Array[] = [];
  const before = await opened.memory();
  const began = performance.now();
  let adding: Promise<void>[] = [];
  for (let n = 0; n < count; n++) {
    const vector = topic.question();
    if (n % every === 0) near.push(vector);
    const entry = {
      tenant: 'acme',
      scope: 'scope',
      id: `n${n}`,
      vector,
      expiresAt: systemClock.now() + hour,
      ref: `ref-${n}`,
    };
    const added = index.add(entry);
    if (added !== undefined) adding.push(added);
    if (adding.length < atOnce) continue;
    await Promise.all(adding);
    adding = [];
  }
  await Promise.all(adding);
  const addMs = (performance.now() - began) / count;
  const bytes = ((await opened.memory()) - before) / count;

  const searches = Number(values.searches);
  const asked = Array.from({ length: searches }, (_, n) => topic.near(near[n % near.length] ?? topic.question(), 0.93));
  const times: number[] = [];
  let found = 0;
  const warm = Math.min(searches, 20);
  for (const vector of asked.slice(0, warm))
    await index.search({ tenant: 'acme', scope: 'scope', vector, k: 4, atLeast: 0.9 });
  const cpu = process.cpuUsage();
  for (const [n, vector] of asked.entries()) {
    const start = performance.now();
    const hits = await index.search({ tenant: 'acme', scope: 'scope', vector, k: 4, atLeast: 0.9 });
    times.push(performance.now() - start);
    if (hits[0]?.id === `n${(n % near.length) * every}`) found++;
  }
  const { user, system } = process.cpuUsage(cpu);
  times.sort((one, other) => one - other);
  const at = (share: number) => (times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0).toFixed(2);
  const cpuMs = ((user + system) / 1_000 / searches).toFixed(2);
  const share = `${((found / searches) * 100).toFixed(1)}%`;
  console.log(
    `| ${name} | ${count} | ${addMs.toFixed(2)} | ${at(0.5)} | ${at(0.99)} | ${cpuMs} | ${Math.round(bytes)} | ${share} |`,
  );
  await opened.close();
}

async function openMemory(count: number): Promise<Opened> {
  const maxBytes = count * (dimensions * 2 + 512);
  const index = await MemoryVectorIndex.open({
    space: space(dimensions),
    maxBytes,
    perTenant: maxBytes,
    clock: systemClock,
  });
  return {
    index,
    memory: async () => {
      collectGarbage();
      return process.memoryUsage().rss;
    },
    close: () => index.close(),
  };
}

async function openRedis(): Promise<Opened | undefined> {
  const given = placeFrom('BREAKWATER_TEST_REDIS');
  if (given === undefined && redisServerCommand() === undefined) return undefined;
  const own = given === undefined ? await startRedis() : undefined;
  const place = given ?? own;
  if (place === undefined) return undefined;
  const stores = await openRedisState({
    urls: [`redis://${place.host}:${place.port}`],
    topology: { kind: 'standalone' },
    timeout: 10_000,
    keyPrefix: `bench-${process.pid}`,
  });
  const options = {
    space: space(dimensions),
    link: stores.link,
    clock: systemClock,
    keyPrefix: `bench-${process.pid}`,
  };
  const index = new VectorSetIndex({ ...options, mostPerTenant: 1_000_000 });
  return {
    index,
    memory: async () =>
      Number(/^used_memory:(\d+)/m.exec(await withClient(place, (client) => client.info('memory')))?.[1]),
    async close() {
      await index.purgeTenant('acme');
      await stores.close();
      await own?.end();
    },
  };
}
