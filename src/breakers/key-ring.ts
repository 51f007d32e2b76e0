import type { Clock } from '../clock.ts';

/** One credential of a provider. `id` names it in logs and metrics; `secret` never leaves the process but to the provider. */
export interface Key {
  readonly id: string;
  readonly secret: string;
}

/** Why a key rests: throttled for a moment, refused by the provider, or out of money. */
export type RestReason = 'cooldown' | 'auth' | 'quota';

export interface KeySnapshot {
  readonly id: string;
  readonly usable: boolean;
  /** Epoch ms at which it may be used again; absent while usable. */
  readonly until?: number;
  readonly reason?: RestReason;
}

/** What is remembered of a key. Outlives the ring, so that a reload does not send a quarantined key back to work. */
interface Rest {
  /** Epoch ms. Before `from` only if the wall clock was put back; then nothing is waited for. */
  from: number;
  until: number;
  reason: RestReason;
}

/** The longest reset a provider can mean is the end of a billing month. */
const LONGEST_REST = 31 * 24 * 3_600_000;

/** The keys of one provider: which may be used now, in turn. A key rests alone; the circuit of the target is not concerned. */
export class KeyRing {
  readonly keys: readonly Key[];
  readonly #rests: readonly Rest[];
  readonly #clock: Clock;
  #turn = 0;

  /** @param restOf where the state of a key is kept, if it is to outlive this ring */
  constructor(keys: readonly Key[], clock: Clock, restOf: (key: Key) => Rest = noRest) {
    this.keys = keys;
    this.#clock = clock;
    this.#rests = keys.map(restOf);
  }

  /** The next usable key in turn, or `undefined` when none is. @param exclude ids this request has tried already */
  pick(exclude?: ReadonlySet<string>): Key | undefined {
    const now = this.#clock.now();
    const count = this.keys.length;
    for (let step = 0; step < count; step++) {
      const index = (this.#turn + step) % count;
      const key = this.keys[index];
      const rest = this.#rests[index];
      if (!key || !rest || exclude?.has(key.id) || resting(rest, now)) continue;
      this.#turn = index + 1;
      return key;
    }
    return undefined;
  }

  /** The provider has throttled this key: it rests for `ms`. A longer rest already begun stays. */
  cooldown(id: string, ms: number): void {
    this.#rest(id, ms, 'cooldown');
  }

  /** The provider has refused this key, or its money is spent: it rests for `ms`. */
  quarantine(id: string, ms: number, reason: 'auth' | 'quota'): void {
    this.#rest(id, ms, reason);
  }

  /** Epoch ms at which the first key comes back; `undefined` while one is usable, and for a provider without keys. */
  nextUsableAt(): number | undefined {
    const now = this.#clock.now();
    let earliest: number | undefined;
    for (const rest of this.#rests) {
      if (!resting(rest, now)) return undefined;
      if (earliest === undefined || rest.until < earliest) earliest = rest.until;
    }
    return earliest;
  }

  /** How many keys may be used now. */
  usable(): number {
    const now = this.#clock.now();
    let count = 0;
    for (const rest of this.#rests) if (!resting(rest, now)) count++;
    return count;
  }

  /** For metrics and the admin page; holds no secret. */
  snapshot(): KeySnapshot[] {
    const now = this.#clock.now();
    return this.keys.map(({ id }, index) => {
      const rest = this.#rests[index];
      return rest && resting(rest, now)
        ? { id, usable: false, until: rest.until, reason: rest.reason }
        : { id, usable: true };
    });
  }

  #rest(id: string, ms: number, reason: RestReason): void {
    const now = this.#clock.now();
    const until = now + Math.min(Math.max(ms, 0) || 0, LONGEST_REST);
    this.keys.forEach((key, index) => {
      const rest = this.#rests[index];
      if (!rest || key.id !== id || (resting(rest, now) && rest.until >= until)) return;
      rest.from = now;
      rest.until = until;
      rest.reason = reason;
    });
  }
}

/** The state of a key that nothing has happened to. */
function noRest(): Rest {
  return { from: 0, until: 0, reason: 'cooldown' };
}

function resting(rest: Rest, now: number): boolean {
  return now < rest.until && now >= rest.from;
}

interface RingEntry {
  ring: KeyRing;
  /** By id, and by secret too: a key whose secret was replaced is another key, and has done nothing wrong yet. */
  readonly rests: Map<string, Rest>;
}

/** The key rings of all providers. */
export class KeyRings {
  readonly #clock: Clock;
  readonly #entries = new Map<string, RingEntry>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * The ring of a provider. What is known of a key stays over a reload, as long as its id and secret do. Cheap when called with
   * the same array again.
   */
  get(provider: string, keys: readonly Key[]): KeyRing {
    const entry = this.#entries.get(provider);
    if (entry?.ring.keys === keys) return entry.ring;
    const rests = entry?.rests ?? new Map<string, Rest>();
    const ring = new KeyRing(keys, this.#clock, (key) => restOf(rests, key));
    if (entry) entry.ring = ring;
    else this.#entries.set(provider, { ring, rests });
    return ring;
  }

  /** After a reload: forgets every provider and key not named. */
  retain(providers: ReadonlyMap<string, readonly Key[]>): void {
    for (const [provider, { rests }] of this.#entries) {
      const keys = providers.get(provider);
      if (!keys) {
        this.#entries.delete(provider);
        continue;
      }
      const kept = new Set(keys.map(identity));
      for (const known of rests.keys()) if (!kept.has(known)) rests.delete(known);
    }
  }

  /** Every ring by provider, for metrics. */
  rings(): ReadonlyMap<string, KeyRing> {
    return new Map(Array.from(this.#entries, ([provider, { ring }]) => [provider, ring]));
  }
}

function restOf(rests: Map<string, Rest>, key: Key): Rest {
  const known = rests.get(identity(key));
  if (known) return known;
  const rest = noRest();
  rests.set(identity(key), rest);
  return rest;
}

function identity(key: Key): string {
  return JSON.stringify([key.id, key.secret]);
}
