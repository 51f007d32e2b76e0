import type { Clock, Random } from '../clock.ts';
import type { RouteCache } from '../config/cache-config.ts';
import { type CertificateStore, MemoryCertificateStore } from './certify/certificate-store.ts';
import { Flights } from './exact/flights.ts';
import type { Idempotency } from './idempotency/idempotency.ts';
import { RecentPurges } from './recent-purges.ts';
import type {
  CacheEntry,
  CacheLimits,
  CacheStats,
  CacheStore,
  CacheTrouble,
  EntryMeta,
  PurgeFilter,
} from './store/cache-store.ts';

/** An answer's life is shorter than configured by up to so much: what was made together is not asked anew together. */
const JITTER = 0.1;

/** What the cache's state in force depends on. */
export interface CacheTerms extends CacheLimits {
  readonly maxEntry: number;
  readonly epoch: string;
  /** How long answers of idempotent requests are kept, milliseconds; undefined: their keys are not heeded. */
  readonly idempotencyTtl: number | undefined;
}

export interface AnswerCacheOptions {
  readonly store: CacheStore;
  /** Where the semantic cache keeps what it has learned. Default: in memory. */
  readonly certificates?: CertificateStore;
  readonly idempotency: Idempotency;
  readonly terms: CacheTerms;
  readonly clock: Clock;
  readonly random: Random;
  readonly onTrouble: (trouble: CacheTrouble) => void;
  /** Closes what the stores share, when they are closed. */
  readonly onClosed?: () => void;
}

/** An answer to be kept, without what the cache decides itself. */
export type NewAnswer = Omit<EntryMeta, 'createdAt' | 'freshUntil' | 'keepUntil' | 'epoch'> & { readonly body: Buffer };

/** All that requests of one process share of kept answers. Nothing of it fails a request: trouble is told, and is a miss. */
export class AnswerCache {
  readonly flights = new Flights();
  readonly idempotency: Idempotency;
  readonly certificates: CertificateStore;
  terms: CacheTerms;
  readonly #purges = new RecentPurges();
  readonly #store: CacheStore;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #onTrouble: (trouble: CacheTrouble) => void;
  readonly #onClosed: () => void;

  constructor(options: AnswerCacheOptions) {
    this.#store = options.store;
    this.idempotency = options.idempotency;
    this.certificates = options.certificates ?? new MemoryCertificateStore();
    this.terms = options.terms;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#onTrouble = options.onTrouble;
    this.#onClosed = options.onClosed ?? (() => undefined);
  }

  /** What scopes and keys are made with. */
  get secret(): Buffer {
    return this.#store.secret;
  }

  /** New limits hold at once; a new epoch leaves behind, and throws away, what was kept in others. */
  configure(terms: CacheTerms): void {
    const before = this.terms;
    this.terms = terms;
    this.#store.limit(terms);
    if (terms.epoch !== before.epoch) void this.#forgetEpochs(terms.epoch);
  }

  /** What is kept under a key, fresh or not; undefined: nothing, or the store is in trouble. A store in memory answers at once. */
  find(tenant: string, key: string): CacheEntry | undefined | Promise<CacheEntry | undefined> {
    try {
      const found = this.#store.get(tenant, key);
      return found instanceof Promise ? found.catch((error: unknown) => this.#failed('read', error)) : found;
    } catch (error) {
      return this.#failed('read', error);
    }
  }

  /**
   * Keeps an answer.
   *
   * @param askedAt clock milliseconds: what was purged since then is not kept
   * @returns it as it is kept; undefined: it is too large, or purged
   */
  keep(
    answer: NewAnswer,
    { ttl, staleIfError }: Pick<RouteCache, 'ttl' | 'staleIfError'>,
    askedAt: number,
  ): CacheEntry | undefined {
    if (answer.body.length > this.terms.maxEntry) return undefined;
    const now = this.#clock.now();
    const freshUntil = now + ttl * (1 - JITTER * this.#random());
    const keepUntil = Math.max(freshUntil, now + (staleIfError ?? 0));
    const entry: CacheEntry = { ...answer, epoch: this.terms.epoch, createdAt: now, freshUntil, keepUntil };
    if (this.#purges.takes(entry, askedAt)) return undefined;
    try {
      this.#store.put(entry);
    } catch (error) {
      this.#failed('write', error);
    }
    return entry;
  }

  /** @throws {Error} where the store cannot be reached: whoever purges wants to know */
  async purge(filter: PurgeFilter): Promise<number> {
    this.#purges.add(filter, this.#clock.now());
    this.flights.part();
    return this.#store.purge(filter);
  }

  /** What this process holds; undefined where the store is another's. */
  localStats(): CacheStats | undefined {
    const stats = this.#store.shared ? undefined : this.#store.stats();
    return stats instanceof Promise ? undefined : stats;
  }

  async stats(): Promise<CacheStats> {
    return this.#store.stats();
  }

  async close(): Promise<void> {
    await this.idempotency.close();
    await this.#store.close();
    this.#onClosed();
  }

  async #forgetEpochs(notEpoch: string): Promise<void> {
    try {
      await this.#store.purge({ notEpoch });
    } catch (error) {
      this.#failed('write', error);
    }
  }

  #failed(what: CacheTrouble['what'], error: unknown): undefined {
    this.#onTrouble({ what, message: error instanceof Error ? error.message : String(error) });
    return undefined;
  }
}
