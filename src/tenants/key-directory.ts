import { timingSafeEqual } from 'node:crypto';
import type { Clock, Timer } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { hashKey } from '../config/key-hash.ts';
import type { KeyStore, StoredKey } from '../state/key-store.ts';

/** A key that is good now, and whom it stands for. */
export interface ClientKey {
  /** `acme#1` or `key_...`. */
  readonly id: string;
  readonly tenant: string;
  /** The only agent it may be; undefined: any. */
  readonly agent: string | undefined;
}

export interface KeyDirectoryOptions {
  readonly tenants: Config['tenants'];
  readonly store: KeyStore;
  readonly clock: Clock;
  /** The store could not be read; keys stay as they were known last. Told once, until it can be read again. */
  onTrouble(error: unknown): void;
  /** It can be read again. */
  onRecovered?(): void;
}

interface Entry extends ClientKey {
  readonly digest: Buffer;
  /** Clock milliseconds from which on it is refused. */
  readonly until: number;
}

/** How often the store is asked whether its keys have changed, milliseconds. So long a revoked key may go on. */
const POLL_MS = 1000;

/**
 * Every client key: those of the configuration and those of the key store, held in memory by their hashes, so that no request ever
 * waits for the store. A key written in the configuration goes before a stored one of the same hash.
 */
export class KeyDirectory {
  readonly #store: KeyStore;
  readonly #clock: Clock;
  readonly #options: KeyDirectoryOptions;
  #tenants: Config['tenants'];
  #stored: readonly StoredKey[] = [];
  #revision: string | undefined;
  #entries: ReadonlyMap<string, Entry> = new Map();
  #timer: Timer | undefined;
  #troubled = false;
  #closed = false;

  constructor(options: KeyDirectoryOptions) {
    this.#options = options;
    this.#store = options.store;
    this.#clock = options.clock;
    this.#tenants = options.tenants;
    this.#index();
  }

  /** The store's keys have been read once; until then a key made at run time would be refused wrongly. */
  get ready(): boolean {
    return this.#revision !== undefined;
  }

  /** Reads the store, and goes on looking for changes. Where it cannot be read now, it is tried again. */
  async start(): Promise<void> {
    await this.refresh();
    this.#wait();
  }

  /** Reads the keys again where they have changed. Never throws: trouble is told to `onTrouble`. */
  async refresh(): Promise<void> {
    try {
      const revision = await this.#store.revision();
      if (revision !== this.#revision) {
        // Read before the list: a key that is added in between is found the next time.
        this.#stored = await this.#store.list();
        this.#revision = revision;
        this.#index();
      }
      if (this.#troubled) this.#options.onRecovered?.();
      this.#troubled = false;
    } catch (error) {
      if (!this.#troubled) this.#options.onTrouble(error);
      this.#troubled = true;
    }
  }

  /** After a reload of the configuration. */
  configure(tenants: Config['tenants']): void {
    this.#tenants = tenants;
    this.#index();
  }

  /** @returns whom the key stands for; undefined where it is unknown, expired or revoked, or its tenant is gone */
  find(key: string): ClientKey | undefined {
    const hash = hashKey(key);
    const entry = this.#entries.get(hash);
    if (entry === undefined || !timingSafeEqual(entry.digest, Buffer.from(hash, 'latin1'))) return undefined;
    return this.#clock.now() < entry.until ? entry : undefined;
  }

  close(): void {
    this.#closed = true;
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #wait(): void {
    if (this.#closed) return;
    this.#timer = this.#clock.setTimeout(() => void this.refresh().then(() => this.#wait()), POLL_MS);
    this.#timer.unref?.();
  }

  #index(): void {
    const entries = new Map<string, Entry>();
    for (const { id, hash, tenant, agent, expiresAt, revokedAt } of this.#stored) {
      const until = Math.min(expiresAt ?? Number.POSITIVE_INFINITY, revokedAt ?? Number.POSITIVE_INFINITY);
      // A tenant that is no longer configured has no limits either: its keys open nothing.
      if (this.#tenants.has(tenant))
        entries.set(hash, { id, tenant, agent, digest: Buffer.from(hash, 'latin1'), until });
    }
    for (const tenant of this.#tenants.values()) {
      for (const { id, hash, agent } of tenant.keys) {
        const digest = Buffer.from(hash, 'latin1');
        entries.set(hash, { id, tenant: tenant.name, agent, digest, until: Number.POSITIVE_INFINITY });
      }
    }
    this.#entries = entries;
  }
}
