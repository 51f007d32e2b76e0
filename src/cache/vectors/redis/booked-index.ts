import type { Clock } from '../../../clock.ts';
import { checkKey, checkScope, checkTenant } from '../check-entry.ts';
import type { EntryKey, VectorEntry, VectorHit, VectorIndex, VectorQuery, VectorSpace } from '../vector-index.ts';
import { EntryBook } from './entry-book.ts';
import type { VectorLink } from './vector-link.ts';

export interface RedisIndexOptions {
  readonly space: VectorSpace;
  readonly link: VectorLink;
  readonly clock: Clock;
  /** Before every key. */
  readonly keyPrefix: string;
  /** Entries a tenant may have. */
  readonly mostPerTenant: number;
}

/** What indexes in Redis have in common: a book of their entries, by which they are removed, purged, swept and counted. */
export abstract class BookedIndex implements VectorIndex {
  readonly space: VectorSpace;
  protected readonly link: VectorLink;
  protected readonly clock: Clock;
  protected readonly book: EntryBook;

  /** @param prefix of all keys of this index */
  protected constructor({ space, link, clock, mostPerTenant }: RedisIndexOptions, prefix: string) {
    this.space = space;
    this.link = link;
    this.clock = clock;
    this.book = new EntryBook({
      link,
      clock,
      prefix,
      mostPerTenant,
      drop: (tenant, keys) => this.drop(tenant, keys),
      emptyScope: (tenant, scope) => this.emptyScope(tenant, scope),
    });
  }

  abstract add(entry: VectorEntry): Promise<void>;

  abstract search(query: VectorQuery): Promise<readonly VectorHit[]>;

  /** Removes entries themselves. @returns how many there were */
  protected abstract drop(tenant: string, keys: readonly EntryKey[]): Promise<number>;

  /** Makes what follows cheap where a whole scope goes: its entries are dropped one by one all the same. */
  protected abstract emptyScope(tenant: string, scope: string): Promise<unknown>;

  async remove(keys: readonly EntryKey[]): Promise<number> {
    keys.forEach(checkKey);
    return this.book.remove(keys);
  }

  async purgeScope(tenant: string, scope: string): Promise<number> {
    checkScope(tenant, scope);
    return this.book.purgeScope(tenant, scope);
  }

  async purgeTenant(tenant: string): Promise<number> {
    checkTenant(tenant);
    return this.book.purgeTenant(tenant);
  }

  sweep(now: number): Promise<number> {
    return this.book.sweep(now);
  }

  size(): Promise<number> {
    return this.book.count();
  }

  /** The link is its owner's. */
  close(): void {}
}
