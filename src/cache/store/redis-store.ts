import type { Clock } from '../../clock.ts';
import { Digest } from '../digest.ts';
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
import { type RedisCommands, tenantKey } from './redis-keys.ts';
import { cacheScripts } from './redis-scripts.ts';
import { type Seal, Unreadable } from './seal.ts';

export interface RedisStoreOptions {
  readonly link: RedisCommands;
  /** Before every key. */
  readonly prefix: string;
  readonly clock: Clock;
  readonly limits: CacheLimits;
  readonly seal: Seal;
  /** The same for all replicas. */
  readonly secret: Buffer;
  readonly onTrouble: (trouble: CacheTrouble) => void;
}

/** Answers on their way to Redis; what comes above is not kept. */
const MOST_WRITING = 256;
const LABEL_CHARACTERS = 16;

/**
 * Answers in Redis, shared by replicas. Keys live as long as their entries; each tenant has an index for its share and for purges, in which names of
 * models, users, tags and epochs stand as HMACs. What all tenants keep together is bounded by Redis's own `maxmemory`.
 */
export class RedisCacheStore implements CacheStore {
  readonly secret: Buffer;
  readonly shared = true;
  readonly #link: RedisCommands;
  readonly #prefix: string;
  readonly #clock: Clock;
  readonly #seal: Seal;
  readonly #onTrouble: (trouble: CacheTrouble) => void;
  readonly #writing = new Set<Promise<void>>();
  /** Tenants that Redis has been told of by this process. */
  readonly #tenants = new Set<string>();
  #limits: CacheLimits;
  #evicted = 0;

  constructor(options: RedisStoreOptions) {
    this.secret = options.secret;
    this.#link = options.link;
    this.#prefix = options.prefix;
    this.#clock = options.clock;
    this.#limits = options.limits;
    this.#seal = options.seal;
    this.#onTrouble = options.onTrouble;
  }

  async get(tenant: string, key: string): Promise<CacheEntry | undefined> {
    const text = await this.#link.run(cacheScripts.read, tenantKey(this.#prefix, tenant, ''), [key]);
    if (typeof text !== 'string') return undefined;
    try {
      const entry = decodeEntry(this.#seal.open(Buffer.from(text, 'base64'), key));
      if (entry.key !== key || entry.tenant !== tenant)
        throw new Unreadable('a kept answer stands under another’s key');
      return entry.keepUntil > this.#clock.now() ? entry : undefined;
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      this.#onTrouble({ what: 'decrypt', message: error.message });
      return undefined;
    }
  }

  put(entry: CacheEntry): void {
    const ms = Math.floor(entry.keepUntil - this.#clock.now());
    const bytes = bytesOf(entry);
    if (ms < 1 || bytes > this.#limits.perTenant || this.#writing.size >= MOST_WRITING) return;
    const done: Promise<void> = this.#put(entry, ms, bytes)
      .catch((error: unknown) => {
        this.#onTrouble({ what: 'write', message: error instanceof Error ? error.message : String(error) });
      })
      .finally(() => this.#writing.delete(done));
    this.#writing.add(done);
  }

  async purge(filter: PurgeFilter): Promise<number> {
    await this.flush();
    const tenants = filter.tenant === undefined ? await this.#everyTenant() : [filter.tenant];
    const { key = '', model, user, epoch, notEpoch, tag, scope } = filter;
    let gone = 0;
    for (const tenant of tenants) {
      const labels = [
        this.#label('model', model),
        this.#label('user', user),
        this.#label('epoch', epoch),
        this.#label('epoch', notEpoch),
        // One of the two: the script looks for one label.
        this.#label('tag', tag) || this.#label('scope', scope),
      ];
      gone += Number(await this.#link.run(cacheScripts.purge, tenantKey(this.#prefix, tenant, ''), [key, ...labels]));
    }
    return gone;
  }

  async stats(): Promise<CacheStats> {
    let entries = 0;
    let bytes = 0;
    for (const tenant of await this.#knownTenants()) {
      const index = tenantKey(this.#prefix, tenant, '');
      const size = Number(await this.#link.call('hlen', index));
      entries += Math.max(0, size - 1);
      bytes += Number((await this.#link.call('hget', index, '#bytes')) ?? 0);
    }
    return { entries, bytes, evicted: this.#evicted };
  }

  limit(limits: CacheLimits): void {
    this.#limits = limits;
  }

  async flush(): Promise<void> {
    while (this.#writing.size > 0) await Promise.all(this.#writing);
  }

  close(): Promise<void> {
    return this.flush();
  }

  async #put(entry: CacheEntry, ms: number, bytes: number): Promise<void> {
    if (!this.#tenants.has(entry.tenant)) {
      await this.#link.call('sadd', this.#tenantsKey, entry.tenant);
      this.#tenants.add(entry.tenant);
    }
    const payload = this.#seal.close(encodeEntry(entry), entry.key).toString('base64');
    const tags = [...entry.tags.map((tag) => this.#label('tag', tag)), this.#label('scope', entry.near?.scope)]
      .map((label) => `,${label}`)
      .join('');
    const labels = [
      this.#label('model', entry.model),
      this.#label('user', entry.user),
      this.#label('epoch', entry.epoch),
      `${tags},`,
    ].join('|');
    const args = [entry.key, ms, payload, bytes, this.#limits.perTenant, labels];
    const evicted = await this.#link.run(cacheScripts.put, tenantKey(this.#prefix, entry.tenant, ''), args);
    this.#evicted += Number(evicted);
  }

  /** A name as it stands in the index: equal where the name is, and telling nothing of it. Empty for none. */
  #label(kind: string, name: string | undefined): string {
    return name === undefined ? '' : new Digest(this.secret).add(kind).add(name).key().slice(0, LABEL_CHARACTERS);
  }

  get #tenantsKey(): string {
    return `${this.#prefix}:cache-tenants`;
  }

  async #knownTenants(): Promise<readonly string[]> {
    const names = await this.#link.call('smembers', this.#tenantsKey);
    return Array.isArray(names) ? names.map(String) : [];
  }

  /** Redis's own list may have been thrown away, or lost when another server took over: those we know of are looked at as well. */
  async #everyTenant(): Promise<ReadonlySet<string>> {
    return new Set([...(await this.#knownTenants()), ...this.#tenants, ...(this.#limits.tenants ?? [])]);
  }
}
