import type { Clock } from '../../../clock.ts';
import { TenantRoll } from '../../../state/redis/tenant-roll.ts';
import type { EntryKey } from '../vector-index.ts';
import type { VectorLink } from './vector-link.ts';

export interface EntryBookOptions {
  readonly link: VectorLink;
  readonly clock: Clock;
  /** Of all keys of one index: `breakwater:vec:1f2e3d4c5b6a`. */
  readonly prefix: string;
  /** Beyond so many entries of a tenant, those that expire soonest go. */
  readonly mostPerTenant: number;
  /** Removes entries themselves. @returns how many there were */
  readonly drop: (tenant: string, keys: readonly EntryKey[]) => Promise<number>;
  /** Makes what follows cheap where a whole scope goes: its entries are dropped one by one all the same. */
  readonly emptyScope?: (tenant: string, scope: string) => Promise<unknown>;
}

const atOnce = 200;
/** A key outlives what it is about by so much, ms: clocks differ. */
const spareMs = 60_000;
const tenantsCounted = 10_000;

/**
 * Which entries there are and when they expire: a sorted set a tenant, of `scope id` by expiry, in the tenant's own slot. Vector sets
 * cannot expire a single element and cannot be listed, and what cannot be listed cannot be purged.
 */
export class EntryBook {
  readonly #options: EntryBookOptions;
  readonly #roll: TenantRoll;
  readonly #rollKey: string;

  constructor(options: EntryBookOptions) {
    this.#options = options;
    this.#rollKey = `${options.prefix}:tenants`;
    this.#roll = new TenantRoll(options.link, options.clock, this.#rollKey);
  }

  /** What all keys of a tenant begin with. */
  key(tenant: string): string {
    return `${this.#options.prefix}:{${tenant}}`;
  }

  /** Enters it, before it is stored: an entry that is not in the book would never go, one that is only there does no harm. */
  async enter(key: EntryKey, expiresAt: number): Promise<void> {
    const book = this.key(key.tenant);
    this.#roll.holds(key.tenant);
    const [, , count] = await Promise.all([
      this.#options.link.call('zadd', book, expiresAt, member(key)),
      this.keepUntil(book, expiresAt),
      this.#options.link.call('zcard', book),
    ]);
    const excess = Number(count) - this.#options.mostPerTenant;
    if (excess <= 0) return;
    const oldest = await this.#options.link.call('zrange', book, 0, Math.min(excess, atOnce) - 1);
    await this.remove(readMembers(key.tenant, oldest));
  }

  /** A key goes by itself some time after the last of its entries. */
  async keepUntil(key: string, expiresAt: number): Promise<void> {
    const ms = Math.max(1, Math.ceil(expiresAt - this.#options.clock.now() + spareMs));
    // GT takes a key without a time for one that lives for ever.
    await Promise.all([
      this.#options.link.call('pexpire', key, ms, 'NX'),
      this.#options.link.call('pexpire', key, ms, 'GT'),
    ]);
  }

  async remove(keys: readonly EntryKey[]): Promise<number> {
    let removed = 0;
    for (const [tenant, own] of Map.groupBy(keys, (key) => key.tenant)) {
      removed += await this.#options.drop(tenant, own);
      await this.#options.link.call('zrem', this.key(tenant), ...own.map(member));
    }
    return removed;
  }

  async purgeScope(tenant: string, scope: string): Promise<number> {
    await this.#options.emptyScope?.(tenant, scope);
    let removed = 0;
    let cursor = '0';
    do {
      const how = ['MATCH', `${literal(scope)} *`, 'COUNT', 1_000];
      const reply = await this.#options.link.call('zscan', this.key(tenant), cursor, ...how);
      if (!Array.isArray(reply)) throw new TypeError('ZSCAN did not answer with a list');
      cursor = String(reply[0]);
      // Of members and scores in turn.
      const members: unknown[] = Array.isArray(reply[1]) ? reply[1].flat().filter((_, index) => index % 2 === 0) : [];
      if (members.length > 0) removed += await this.remove(readMembers(tenant, members));
    } while (cursor !== '0');
    return removed;
  }

  async purgeTenant(tenant: string): Promise<number> {
    const emptied = new Set<string>();
    let removed = 0;
    for (;;) {
      const keys = readMembers(tenant, await this.#options.link.call('zrange', this.key(tenant), 0, atOnce - 1));
      if (keys.length === 0) break;
      for (const { scope } of keys) {
        if (emptied.has(scope)) continue;
        emptied.add(scope);
        await this.#options.emptyScope?.(tenant, scope);
      }
      removed += await this.remove(keys);
    }
    this.#roll.isIdle(tenant);
    return removed;
  }

  /** Removes what has expired, of some tenants a call, up to 200 entries each. @returns how many were still in the book */
  async sweep(now: number): Promise<number> {
    let removed = 0;
    for (const tenant of await this.#roll.toReap()) {
      const book = this.key(tenant);
      const due = await this.#options.link.call('zrangebyscore', book, '-inf', now, 'LIMIT', 0, atOnce);
      const keys = readMembers(tenant, due);
      if (keys.length > 0) await this.remove(keys);
      removed += keys.length;
      if (keys.length > 0) continue;
      if (Number(await this.#options.link.call('zcard', book)) === 0) this.#roll.isIdle(tenant);
    }
    return removed;
  }

  /** Entries of the first 10,000 tenants. */
  async count(): Promise<number> {
    const tenants = await this.#options.link.call('zrange', this.#rollKey, 0, tenantsCounted - 1);
    let count = 0;
    for (const tenant of Array.isArray(tenants) ? tenants : [])
      count += Number(await this.#options.link.call('zcard', this.key(String(tenant))));
    return count;
  }
}

const member = ({ scope, id }: EntryKey): string => `${scope} ${id}`;

function readMembers(tenant: string, reply: unknown): EntryKey[] {
  return (Array.isArray(reply) ? reply : []).map((text: unknown) => {
    const [scope = '', id = ''] = String(text).split(' ');
    return { tenant, scope, id };
  });
}

/** A pattern that matches just that text. */
function literal(text: string): string {
  return text.replace(/[\\*?[\]^-]/g, '\\$&');
}
