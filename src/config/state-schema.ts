import * as z from 'zod';
import type { ConfigDocument } from './document.ts';
import { deepFreeze } from './freeze.ts';
import type { Path } from './path.ts';
import { duration, flag, integer, oneOf, shaped, text } from './schema-types.ts';
import type { RedisState, RedisTopology, StateConfig } from './state-config.ts';

const IN_MEMORY = ':memory:';
/** Within a minute of a crash nothing is held any more. */
export const DEFAULT_LEASE = 45_000;
const KEY_PREFIX = /^[A-Za-z0-9_.:-]{1,64}$/;

const redisUrls = shaped<readonly string[]>(
  (input) => {
    const urls: readonly unknown[] = Array.isArray(input) ? input : [input];
    const texts = urls.filter((url) => typeof url === 'string');
    const sound = texts.length === urls.length && texts.length > 0 && texts.every(isRedisUrl);
    return sound ? { ok: true, value: texts } : { ok: false, reason: 'expected redis://HOST:PORT, or a list of such' };
  },
  {
    anyOf: [
      { type: 'string', minLength: 1 },
      { type: 'array', items: { type: 'string', minLength: 1 }, minItems: 1 },
    ],
  },
  'Address of a Redis (redis:// or rediss://), or a list: nodes of a cluster, or sentinels.',
);

/** `memory`, `{dir: ./data}`, or `{redis: ...}`. */
export const stateSchema = z
  .preprocess(
    (input) => (input === 'memory' ? { dir: IN_MEMORY } : input),
    z.strictObject({
      dir: text('Directory of the SQLite database. Default ./data.').optional(),
      redis: redisUrls.optional(),
      cluster: flag('The addresses are nodes of a Redis Cluster. Default false.').optional(),
      sentinel: text('The addresses are sentinels; this is the name of the master they watch.').optional(),
      timeout: duration('The most a request waits for Redis. Default 50ms.').optional(),
      replicas: integer(
        'Processes that share the Redis: without it, each keeps to its part of a rate. Default 1.',
        1,
        10_000,
      ).optional(),
      lease: duration('How long what a replica has reserved outlives it, should it crash. Default 45s.', {
        least: 1_000,
      }).optional(),
      whenUnavailable: oneOf(
        ['block', 'allow'],
        'What happens to requests with a budget while Redis is away. Default block.',
      ).optional(),
      keyPrefix: text('Before every key in Redis. Default breakwater.').optional(),
    }),
  )
  .meta({
    description: 'Where budgets, rates, keys and the ledger are kept: memory, {dir: ./data}, or {redis: ...}.',
    orWord: 'memory',
  });

export type StateShape = z.output<typeof stateSchema>;

export const DEFAULT_STATE: StateConfig = deepFreeze({ kind: 'sqlite', dir: './data' });

/** Reports what does not go together, and is then not to be used. */
export function buildState(given: StateShape, document: ConfigDocument): StateConfig {
  const report = (path: Path, message: string): void => document.report(['state', ...path], message);
  if (given.redis === undefined) {
    const { dir, ...others } = given;
    for (const name of Object.keys(others)) report([name], 'needs redis');
    if (dir === IN_MEMORY) return { kind: 'memory' };
    return { kind: 'sqlite', dir: dir ?? './data' };
  }
  if (given.dir !== undefined) report(['dir'], 'either dir or redis');
  const cluster = given.cluster === true;
  if (cluster && given.sentinel !== undefined) report(['sentinel'], 'either cluster or sentinel');
  if (given.redis.length > 1 && !cluster && given.sentinel === undefined)
    report(['redis'], 'several addresses need "cluster: true" or "sentinel: NAME"');
  const keyPrefix = given.keyPrefix ?? 'breakwater';
  if (!KEY_PREFIX.test(keyPrefix)) report(['keyPrefix'], 'up to 64 letters, digits and any of "_.:-"');
  const state = {
    kind: 'redis',
    topology: topologyOf(cluster, given.sentinel),
    timeout: given.timeout ?? 50,
    replicas: given.replicas ?? 1,
    lease: given.lease ?? DEFAULT_LEASE,
    whenUnavailable: given.whenUnavailable ?? 'block',
    keyPrefix,
  } as const;
  return withUrls(state, given.redis);
}

export function isSameState(a: StateConfig, b: StateConfig): boolean {
  const urls = (state: StateConfig) => (state.kind === 'redis' ? state.urls : []);
  return JSON.stringify([a, urls(a)]) === JSON.stringify([b, urls(b)]);
}

/** The addresses may hold a password, so serialising a configuration must not show them. */
function withUrls(state: Omit<RedisState, 'urls'>, urls: readonly string[]): RedisState {
  const whole = { ...state, urls: Object.freeze([...urls]) };
  return Object.defineProperty(whole, 'urls', { enumerable: false });
}

function topologyOf(cluster: boolean, master: string | undefined): RedisTopology {
  if (cluster) return { kind: 'cluster' };
  return master === undefined ? { kind: 'standalone' } : { kind: 'sentinel', master };
}

function isRedisUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && (url.protocol === 'redis:' || url.protocol === 'rediss:') && url.hostname !== '';
}
