import type { Clock } from '../../clock.ts';
import type { RedisLink } from './link.ts';

const day = 86_400_000;
/** A tenant unseen by every replica for so long is taken off the roll. */
const keptMs = 30 * day;
const announceAgainMs = 60_000;
const othersEveryMs = 5_000;
const othersAtOnce = 500;

/**
 * Which tenants may have something to reap: those this process holds for, and a part of all others in turn, from a roll that the
 * replicas share. A tenant's holds lie in its own slot, so that no one key knows them all.
 */
export class TenantRoll {
  readonly #link: Pick<RedisLink, 'call'>;
  readonly #clock: Clock;
  readonly #key: string;
  readonly #busy = new Set<string>();
  readonly #announced = new Map<string, number>();
  #place = 0;
  #othersAt = Number.NEGATIVE_INFINITY;

  constructor(link: Pick<RedisLink, 'call'>, clock: Clock, key: string) {
    this.#link = link;
    this.#clock = clock;
    this.#key = key;
  }

  /** A tenant is about to hold something. Tells the others once a day, beside the request and not before it. */
  holds(tenant: string): void {
    this.#busy.add(tenant);
    const now = this.#clock.now();
    const told = this.#announced.get(tenant);
    if (told !== undefined && now - told < day) return;
    if (this.#announced.size > 50_000) this.#announced.clear();
    this.#announced.set(tenant, now);
    this.#link
      .call('zadd', this.#key, now, tenant)
      .catch(() => this.#announced.set(tenant, now - day + announceAgainMs));
  }

  /** This process has nothing of that tenant left to reap. */
  isIdle(tenant: string): void {
    this.#busy.delete(tenant);
  }

  /** Whom to reap for now. @throws {StateUnavailable} */
  async toReap(): Promise<readonly string[]> {
    const tenants = new Set(this.#busy);
    const now = this.#clock.now();
    if (now - this.#othersAt >= othersEveryMs) {
      this.#othersAt = now;
      for (const tenant of await this.#others(now)) tenants.add(tenant);
    }
    return [...tenants];
  }

  async #others(now: number): Promise<readonly string[]> {
    await this.#link.call('zremrangebyscore', this.#key, '-inf', now - keptMs);
    const found = await this.#link.call('zrange', this.#key, this.#place, this.#place + othersAtOnce - 1);
    const tenants = Array.isArray(found) ? found.map(String) : [];
    this.#place = tenants.length < othersAtOnce ? 0 : this.#place + othersAtOnce;
    return tenants;
  }
}
