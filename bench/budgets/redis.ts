import { spawnSync } from 'node:child_process';
import { Redis } from 'ioredis';
import { freePort, launch } from '../subjects/launch.ts';
import type { Place } from '../subjects/subject.ts';
import { REDIS_PREFIX } from './tenants.ts';

/** A Redis to measure with. */
export interface BenchRedis {
  readonly url: string;
  /** What Redis did so far, by its own count. */
  count(): Promise<RedisCount>;
  stop(): Promise<void>;
}

export interface RedisCount {
  /** Scripts and functions that clients called. What a script calls in turn is not in it. */
  readonly scripts: number;
  /** Times it read from a client: round trips, where no two requests are under way at once. Counting adds one. */
  readonly reads: number;
}

/** The one that BREAKWATER_TEST_REDIS names, or one of our own where `redis-server` is there; else undefined. */
export async function findRedis(place: Place): Promise<BenchRedis | undefined> {
  const named = process.env.BREAKWATER_TEST_REDIS;
  if (named !== undefined && named !== '') return benchRedis(named, async () => undefined);
  const own = await startOwnRedis(place);
  return own && benchRedis(own.url, () => own.stop());
}

/** A Redis that may be taken away. */
export interface OwnRedis {
  readonly url: string;
  /** It holds its connections and answers nothing. */
  freeze(): void;
  thaw(): void;
  kill(): Promise<void>;
  /** On the same port, with nothing in it. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Undefined: there is no `redis-server`. */
export async function startOwnRedis(place: Place): Promise<OwnRedis | undefined> {
  if (spawnSync('redis-server', ['--version']).status !== 0) return undefined;
  const port = await freePort();
  const command = ['redis-server', '--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  // Beside the load, not on the proxies' CPU.
  const beside = { ...place, pinning: { ...place.pinning, proxyPrefix: [] } };
  const start = () => launch('redis', command, port, beside);
  let running = await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    freeze: () => void process.kill(running.pid, 'SIGSTOP'),
    thaw: () => void process.kill(running.pid, 'SIGCONT'),
    kill: async () => {
      process.kill(running.pid, 'SIGKILL');
      await running.stop();
    },
    start: async () => {
      running = await start();
    },
    stop: () => running.stop(),
  };
}

function benchRedis(url: string, end: () => Promise<void>): BenchRedis {
  const client = new Redis(url, { maxRetriesPerRequest: 1 });
  // Each command reports its own failure; without a listener ioredis prints every one again.
  client.on('error', () => undefined);
  return {
    url,
    count: async () => countIn(await client.info('commandstats', 'stats')),
    stop: async () => {
      await forget(client);
      client.disconnect();
      await end();
    },
  };
}

/** Reads INFO's sections `commandstats` and `stats`. */
export function countIn(info: string): RedisCount {
  let scripts = 0;
  for (const [, calls] of info.matchAll(/^cmdstat_(?:evalsha|eval|fcall)(?:_ro)?:calls=(\d+)/gm))
    scripts += Number(calls);
  return { scripts, reads: Number(/^total_reads_processed:(\d+)/m.exec(info)?.[1] ?? Number.NaN) };
}

/** Removes what this run kept there. */
async function forget(client: Redis): Promise<void> {
  for await (const keys of client.scanStream({ match: `*${REDIS_PREFIX}*`, count: 1_000 })) {
    if (Array.isArray(keys) && keys.length > 0) await client.unlink(...keys.map(String));
  }
}
