/** What is known of a kept answer, beside the answer. */
export interface EntryMeta {
  /** 32 characters, an HMAC of scope and request: names the entry everywhere, headers and purges included. */
  readonly key: string;
  /** Empty: the proxy asks nobody for a key. */
  readonly tenant: string;
  /** The route: a configured model's name, or what the client asked for. */
  readonly model: string;
  /** Undefined where users share, or none was named. */
  readonly user: string | undefined;
  /** As `x-breakwater-cache-tag` had them. */
  readonly tags: readonly string[];
  readonly epoch: string;
  /** `provider/model` that gave the answer. */
  readonly target: string;
  /** Milliseconds since the epoch at which the answer was complete. */
  readonly createdAt: number;
  /** Served until then as it is. A hit does not move it. */
  readonly freshUntil: number;
  /** Kept until then: after {@link freshUntil} only to stand in for targets that failed. */
  readonly keepUntil: number;
  /** The least that asking once more would have cost, nano-dollars; undefined: not known. */
  readonly cost: number | undefined;
  /** Of the call that answered. */
  readonly inputTokens: number;
  /** Of them, what a repeat could have had from the provider's own cache of prompts. */
  readonly cachedTokens: number;
  readonly outputTokens: number;
  /** Under what a near question may find it; undefined: only the same request does. */
  readonly near?: NearQuestion | undefined;
}

/** A question as it was asked, and the scope of those that may share its answer. */
export interface NearQuestion {
  readonly scope: string;
  readonly question: string;
}

/** A whole answer in the client's dialect, never a stream. */
export interface CacheEntry extends EntryMeta {
  readonly body: Buffer;
}

/** What a purge is to take away: entries that fit all that is given. */
export interface PurgeFilter {
  readonly tenant?: string;
  readonly model?: string;
  readonly user?: string;
  readonly tag?: string;
  readonly key?: string;
  /** Of near questions. */
  readonly scope?: string;
  readonly epoch?: string;
  /** Every epoch but this one. */
  readonly notEpoch?: string;
}

export interface CacheLimits {
  /** Bytes of all entries, as {@link bytesOf} counts them. */
  readonly maxBytes: number;
  /** Of one tenant's. */
  readonly perTenant: number;
  /** Who may have answers here: a store that others share looks for theirs when it purges. */
  readonly tenants?: readonly string[];
}

export interface CacheStats {
  readonly entries: number;
  readonly bytes: number;
  /** Entries that had to go before their time, since the start. */
  readonly evicted: number;
}

export type Soon<T> = T | Promise<T>;

/**
 * Where answers are kept. Implementations: in memory, in memory with an SQLite file behind it, Redis; one conformance suite runs over all.
 * A store forgets what is past `keepUntil` and what the limits leave no room for, the least recently used first (Redis: the oldest first).
 *
 * Only reading is waited for. `get` may reject with an error; whoever calls takes that for a miss.
 */
export interface CacheStore {
  /** What HMACs of keys are made with: the same as long as the entries live. */
  readonly secret: Buffer;
  /** Kept where other processes see it, too. */
  readonly shared: boolean;
  get(tenant: string, key: string): Soon<CacheEntry | undefined>;
  /** Takes the place of what is kept under the key. Never throws, never waits; an entry above the limits is not kept. */
  put(entry: CacheEntry): void;
  /** @returns how many entries went */
  purge(filter: PurgeFilter): Soon<number>;
  stats(): Soon<CacheStats>;
  /** Changed limits hold from the next `put` on. */
  limit(limits: CacheLimits): void;
  /** Resolves when what was put is where it is kept. */
  flush(): Soon<void>;
  close(): Soon<void>;
}

/** Told by stores; nothing that happens to a cache stops a request. */
export interface CacheTrouble {
  readonly what: 'read' | 'write' | 'decrypt' | 'open';
  readonly message: string;
}

/** What one entry takes beside its answer: its key, its record, its places in maps. Measured in Node 24: 0.6 to 0.9 kB. */
const ENTRY_OVERHEAD = 800;

/** Bytes that an entry counts for in quotas. */
export function bytesOf(entry: CacheEntry): number {
  return entry.body.length + ENTRY_OVERHEAD + (entry.near?.question.length ?? 0);
}

/** Whether a purge takes an entry. */
export function fits(meta: EntryMeta, filter: PurgeFilter): boolean {
  const { tenant, model, user, tag, key, scope, epoch, notEpoch } = filter;
  return (
    (tenant === undefined || meta.tenant === tenant) &&
    (model === undefined || meta.model === model) &&
    (user === undefined || meta.user === user) &&
    (tag === undefined || meta.tags.includes(tag)) &&
    (key === undefined || meta.key === key) &&
    (scope === undefined || meta.near?.scope === scope) &&
    (epoch === undefined || meta.epoch === epoch) &&
    (notEpoch === undefined || meta.epoch !== notEpoch)
  );
}
