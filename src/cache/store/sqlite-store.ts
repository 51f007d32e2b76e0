import type { Clock } from '../../clock.ts';
import {
  bytesOf,
  type CacheEntry,
  type CacheLimits,
  type CacheStats,
  type CacheStore,
  type CacheTrouble,
  type PurgeFilter,
} from './cache-store.ts';
import { decodeEntry, encodeEntry } from './entry-codec.ts';
import { MemoryCacheStore } from './memory-store.ts';
import { type Seal, Unreadable } from './seal.ts';
import type { CacheFile } from './sqlite-file.ts';
import { SqliteTable } from './sqlite-table.ts';

export interface SqliteStoreOptions {
  readonly file: CacheFile;
  /** Stores of one file share nothing but the file. */
  readonly table: 'entries' | 'idempotency';
  readonly clock: Clock;
  readonly limits: CacheLimits;
  readonly seal: Seal;
  readonly secret: Buffer;
  readonly onTrouble: (trouble: CacheTrouble) => void;
}

/**
 * Answers in memory, and the same in a file, from which the next process takes them over. What is asked is answered from memory; the file
 * is written after the event, and read once, at the start: making one throws where that fails.
 */
export class SqliteCacheStore implements CacheStore {
  readonly secret: Buffer;
  readonly shared = false;
  readonly #memory: MemoryCacheStore;
  readonly #table: SqliteTable;
  /** The entries come out of the file: it has them already. */
  #loading = true;

  constructor(options: SqliteStoreOptions) {
    const { clock, limits, secret, seal } = options;
    this.secret = secret;
    this.#table = new SqliteTable(options.file.db, options.table, clock, options.onTrouble);
    this.#memory = new MemoryCacheStore({
      clock,
      limits,
      secret,
      listener: {
        put: (entry) => {
          if (this.#loading) return;
          const payload = () => seal.close(encodeEntry(entry), entry.key);
          this.#table.put(entry.key, { keepUntil: entry.keepUntil, bytes: bytesOf(entry), payload });
        },
        gone: (key) => this.#table.delete(key),
      },
    });
    try {
      this.#load(seal, options.onTrouble);
    } catch (error) {
      this.#table.abandon();
      throw error;
    }
    this.#loading = false;
  }

  get(tenant: string, key: string): CacheEntry | undefined {
    return this.#memory.get(tenant, key);
  }

  put(entry: CacheEntry): void {
    this.#memory.put(entry);
  }

  purge(filter: PurgeFilter): number {
    const count = this.#memory.purge(filter);
    // What is told to be gone is gone, whatever happens to this process next.
    this.#table.flush();
    return count;
  }

  stats(): CacheStats {
    return this.#memory.stats();
  }

  limit(limits: CacheLimits): void {
    this.#memory.limit(limits);
  }

  flush(): void {
    this.#table.flush();
  }

  close(): void {
    this.#table.close();
  }

  #load(seal: Seal, onTrouble: (trouble: CacheTrouble) => void): void {
    let unreadable = 0;
    let reason = '';
    for (const { key, payload } of this.#table.rows()) {
      try {
        const entry = decodeEntry(seal.open(payload, key));
        if (entry.key !== key) throw new Unreadable('a kept answer stands under another’s key');
        this.#memory.put(entry);
      } catch (error) {
        if (!(error instanceof Unreadable)) throw error;
        unreadable++;
        reason = error.message;
        this.#table.delete(key);
      }
    }
    if (unreadable > 0)
      onTrouble({
        what: 'decrypt',
        message: `${unreadable} kept answers cannot be read and are thrown away: ${reason}`,
      });
  }
}
