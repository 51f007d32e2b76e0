import { join } from 'node:path';
import type { Clock, Random } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { AnswerCache, type CacheTerms } from './answer-cache.ts';
import { cacheTerms } from './cache-terms.ts';
import { type CertificateStore, MemoryCertificateStore } from './certify/certificate-store.ts';
import { Digest } from './digest.ts';
import { Idempotency } from './idempotency/idempotency.ts';
import type { IdempotencyStore } from './idempotency/idempotency-store.ts';
import { LocalIdempotencyStore } from './idempotency/local-store.ts';
import type { CacheStore, CacheTrouble } from './store/cache-store.ts';
import { MemoryCacheStore } from './store/memory-store.ts';
import type { RedisCommands } from './store/redis-keys.ts';
import { Seal, scopeSecret } from './store/seal.ts';

/** The cache's file, in the directory of the state. */
const FILE = 'cache.db';

export interface OpenCacheOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Where the state is in Redis: the connection, and what stands before keys. */
  readonly redis?: { readonly link: RedisCommands; readonly prefix: string } | undefined;
  readonly onTrouble: (trouble: CacheTrouble) => void;
}

interface Stores {
  readonly answers: CacheStore;
  readonly keys: IdempotencyStore;
  readonly certificates: CertificateStore;
  close(): void;
}

/**
 * Opens the cache where the state is kept. What cannot be opened is told, and the cache is in memory then: it is no reason not to start. Only what is
 * needed is loaded.
 */
export async function openCache(config: Config, options: OpenCacheOptions): Promise<AnswerCache> {
  const { clock, random, onTrouble } = options;
  const terms = cacheTerms(config);
  const { answers, keys, certificates, close } = await openStores(config, terms, options);
  const idempotency = new Idempotency({ store: keys, clock, random, onTrouble });
  return new AnswerCache({
    store: answers,
    certificates,
    idempotency,
    terms,
    clock,
    random,
    onTrouble,
    onClosed: close,
  });
}

async function openStores(config: Config, terms: CacheTerms, options: OpenCacheOptions): Promise<Stores> {
  const { state, cache } = config;
  if (state.kind === 'redis' && options.redis !== undefined) return openRedis(config, terms, options, options.redis);
  if (state.kind === 'sqlite') {
    try {
      return await openFile(join(state.dir, FILE), cache.encryptionKey, terms, options);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      options.onTrouble({
        what: 'open',
        message: `${join(state.dir, FILE)} cannot be used, the cache is in memory only: ${reason}`,
      });
    }
  }
  const { clock } = options;
  const limits = { clock, limits: terms };
  return {
    answers: new MemoryCacheStore(limits),
    keys: new LocalIdempotencyStore(clock, new MemoryCacheStore(limits)),
    certificates: new MemoryCertificateStore(),
    close: () => undefined,
  };
}

async function openFile(
  path: string,
  encryptionKey: string | undefined,
  limits: CacheTerms,
  { clock, onTrouble }: OpenCacheOptions,
): Promise<Stores> {
  const [{ openCacheFile }, { SqliteCacheStore }, { SqliteCertificateStore }] = await Promise.all([
    import('./store/sqlite-file.ts'),
    import('./store/sqlite-store.ts'),
    import('./semantic/certificates/sqlite-certificates.ts'),
  ]);
  return openCacheFile(path, (file): Stores => {
    if (file.startedAnew) onTrouble({ what: 'open', message: `${path} was of no use and is begun anew` });
    const secret = encryptionKey === undefined ? file.secret : scopeSecret(encryptionKey);
    const common = { file, clock, limits, seal: new Seal(encryptionKey), secret, onTrouble };
    const answers = new SqliteCacheStore({ ...common, table: 'entries' });
    let answered: CacheStore | undefined;
    let certificates: CertificateStore;
    try {
      answered = new SqliteCacheStore({ ...common, table: 'idempotency' });
      certificates = new SqliteCertificateStore(file.db);
    } catch (error) {
      answers.close();
      answered?.close();
      throw error;
    }
    const kept = answered;
    // A process that ends in a hurry has not closed them.
    const write = () => {
      answers.flush();
      kept.flush();
    };
    process.once('exit', write);
    return {
      answers,
      keys: new LocalIdempotencyStore(clock, kept),
      certificates,
      close: () => {
        process.off('exit', write);
        file.db.close();
      },
    };
  });
}

async function openRedis(
  { cache }: Config,
  limits: CacheTerms,
  { clock, onTrouble }: OpenCacheOptions,
  { link, prefix }: NonNullable<OpenCacheOptions['redis']>,
): Promise<Stores> {
  const [{ RedisCacheStore }, { RedisIdempotencyStore }, { RedisCertificateStore }] = await Promise.all([
    import('./store/redis-store.ts'),
    import('./idempotency/redis-store.ts'),
    import('./semantic/certificates/redis-certificates.ts'),
  ]);
  const seal = new Seal(cache.encryptionKey);
  // Without a key of its own the Redis shows the answers themselves: a secret would hide nothing there, and replicas must agree on it.
  const secret =
    cache.encryptionKey === undefined
      ? Buffer.from(new Digest(Buffer.from('breakwater cache')).add(prefix).key())
      : scopeSecret(cache.encryptionKey);
  return {
    answers: new RedisCacheStore({ link, prefix, clock, limits, seal, secret, onTrouble }),
    keys: new RedisIdempotencyStore(link, prefix, seal),
    certificates: new RedisCertificateStore(link, prefix),
    close: () => undefined,
  };
}
