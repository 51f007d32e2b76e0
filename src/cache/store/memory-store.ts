import { randomBytes } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import {
  bytesOf,
  type CacheEntry,
  type CacheLimits,
  type CacheStats,
  type CacheStore,
  fits,
  type PurgeFilter,
} from './cache-store.ts';

/** Told of every change, in order: how an SQLite file is kept the same. */
export interface EntryListener {
  put(entry: CacheEntry): void;
  /** Gone, for whatever reason. */
  gone(key: string): void;
}

export interface MemoryStoreOptions {
  readonly clock: Clock;
  readonly limits: CacheLimits;
  /** Default: random, as what it opens ends with the process. */
  readonly secret?: Buffer;
  readonly listener?: EntryListener;
}

interface Node {
  readonly entry: CacheEntry;
  readonly bytes: number;
  older: Node | undefined;
  newer: Node | undefined;
  /** The same among the tenant's own. */
  olderOwn: Node | undefined;
  newerOwn: Node | undefined;
}

/** The entries of one tenant in order of use. */
interface Share {
  bytes: number;
  oldest: Node | undefined;
  newest: Node | undefined;
}

/**
 * Answers in this process, as many bytes as the limits allow: over a tenant's share its own least recently used go, over the whole
 * the least recently used of all. (Linked lists: a `Map` in order of use gets slow where entries leave from its front.)
 */
export class MemoryCacheStore implements CacheStore {
  readonly secret: Buffer;
  readonly shared = false;
  readonly #clock: Clock;
  readonly #listener: EntryListener | undefined;
  readonly #nodes = new Map<string, Node>();
  readonly #shares = new Map<string, Share>();
  #limits: CacheLimits;
  #oldest: Node | undefined;
  #newest: Node | undefined;
  #bytes = 0;
  #evicted = 0;

  constructor(options: MemoryStoreOptions) {
    this.secret = options.secret ?? randomBytes(32);
    this.#clock = options.clock;
    this.#limits = options.limits;
    this.#listener = options.listener;
  }

  get(tenant: string, key: string): CacheEntry | undefined {
    const node = this.#nodes.get(key);
    if (node === undefined || node.entry.tenant !== tenant) return undefined;
    if (node.entry.keepUntil <= this.#clock.now()) {
      this.#remove(node);
      return undefined;
    }
    this.#unlink(node);
    this.#link(node);
    return node.entry;
  }

  put(entry: CacheEntry): void {
    const before = this.#nodes.get(entry.key);
    if (before !== undefined) this.#remove(before);
    const bytes = bytesOf(entry);
    const { maxBytes, perTenant } = this.#limits;
    if (bytes > perTenant || bytes > maxBytes || entry.keepUntil <= this.#clock.now()) return;
    const share = this.#shareOf(entry.tenant);
    const node: Node = { entry, bytes, older: undefined, newer: undefined, olderOwn: undefined, newerOwn: undefined };
    this.#nodes.set(entry.key, node);
    this.#bytes += bytes;
    share.bytes += bytes;
    this.#link(node);
    this.#listener?.put(entry);
    while (share.bytes > perTenant && share.oldest !== undefined) this.#evict(share.oldest);
    while (this.#bytes > maxBytes && this.#oldest !== undefined) this.#evict(this.#oldest);
  }

  purge(filter: PurgeFilter): number {
    let count = 0;
    const known = filter.key === undefined ? this.#nodes.values() : [this.#nodes.get(filter.key)];
    for (const node of known) {
      if (node === undefined || !fits(node.entry, filter)) continue;
      this.#remove(node);
      count++;
    }
    return count;
  }

  stats(): CacheStats {
    return { entries: this.#nodes.size, bytes: this.#bytes, evicted: this.#evicted };
  }

  limit(limits: CacheLimits): void {
    this.#limits = limits;
  }

  flush(): void {}

  close(): void {}

  /** Everything, the most recently used last. */
  *entries(): Generator<CacheEntry> {
    for (let node = this.#oldest; node !== undefined; node = node.newer) yield node.entry;
  }

  #evict(node: Node): void {
    this.#evicted++;
    this.#remove(node);
  }

  #remove(node: Node): void {
    const { entry, bytes } = node;
    this.#unlink(node);
    this.#nodes.delete(entry.key);
    this.#bytes -= bytes;
    const share = this.#shareOf(entry.tenant);
    share.bytes -= bytes;
    if (share.oldest === undefined) this.#shares.delete(entry.tenant);
    this.#listener?.gone(entry.key);
  }

  #link(node: Node): void {
    node.older = this.#newest;
    if (this.#newest === undefined) this.#oldest = node;
    else this.#newest.newer = node;
    this.#newest = node;
    const share = this.#shareOf(node.entry.tenant);
    node.olderOwn = share.newest;
    if (share.newest === undefined) share.oldest = node;
    else share.newest.newerOwn = node;
    share.newest = node;
  }

  #unlink(node: Node): void {
    if (node.older === undefined) this.#oldest = node.newer;
    else node.older.newer = node.newer;
    if (node.newer === undefined) this.#newest = node.older;
    else node.newer.older = node.older;
    const share = this.#shareOf(node.entry.tenant);
    if (node.olderOwn === undefined) share.oldest = node.newerOwn;
    else node.olderOwn.newerOwn = node.newerOwn;
    if (node.newerOwn === undefined) share.newest = node.olderOwn;
    else node.newerOwn.olderOwn = node.olderOwn;
    node.older = undefined;
    node.newer = undefined;
    node.olderOwn = undefined;
    node.newerOwn = undefined;
  }

  #shareOf(tenant: string): Share {
    let share = this.#shares.get(tenant);
    if (share === undefined) {
      share = { bytes: 0, oldest: undefined, newest: undefined };
      this.#shares.set(tenant, share);
    }
    return share;
  }
}
