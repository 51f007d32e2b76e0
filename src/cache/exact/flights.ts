import type { Cancellation } from '../../cancellation.ts';
import type { Clock } from '../../clock.ts';
import type { CacheEntry } from '../store/cache-store.ts';

/**
 * How a call that others wait for ended: with an answer they may have, without one (it failed, or its client left: one of them takes
 * its place), or with one that is only for whoever asked (cut short, another target's): then each asks by itself.
 */
export type FlightEnd =
  | { readonly kind: 'answer'; readonly entry: CacheEntry }
  | { readonly kind: 'failed' }
  | { readonly kind: 'unshared' };

/** One call under way. */
export class Flight {
  readonly key: string;
  readonly #landed: (flight: Flight) => void;
  readonly #waiting = new Set<(end: FlightEnd) => void>();
  #over = false;

  constructor(key: string, landed: (flight: Flight) => void) {
    this.key = key;
    this.#landed = landed;
  }

  /** Requests that wait for it. */
  get followers(): number {
    return this.#waiting.size;
  }

  /** Tells all who wait. Again: nothing. */
  land(end: FlightEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#landed(this);
    for (const tell of [...this.#waiting]) tell(end);
    this.#waiting.clear();
  }

  /** Resolves with how it ended; undefined: the time was up, or the one who waits was cancelled. */
  wait(clock: Clock, until: number, cancellation: Cancellation): Promise<FlightEnd | undefined> {
    return new Promise((resolve) => {
      const done = (end: FlightEnd | undefined) => {
        this.#waiting.delete(done);
        cancellation.off(giveUp);
        clock.clearTimeout(timer);
        resolve(end);
      };
      const giveUp = () => done(undefined);
      const timer = clock.setTimeout(giveUp, Math.max(0, until - clock.now()));
      if (cancellation.reason !== undefined) {
        done(undefined);
        return;
      }
      cancellation.on(giveUp);
      this.#waiting.add(done);
    });
  }
}

/** The calls under way that others may wait for, by the key of what they ask. */
export class Flights {
  readonly #flights = new Map<string, Flight>();

  get(key: string): Flight | undefined {
    return this.#flights.get(key);
  }

  /** The caller's own call is the one that others wait for from now on, until it lands. */
  lead(key: string): Flight {
    const flight = new Flight(key, (landed) => {
      if (this.#flights.get(key) === landed) this.#flights.delete(key);
    });
    this.#flights.set(key, flight);
    return flight;
  }

  /** Nobody joins those under way any more. Who waits goes on waiting. */
  part(): void {
    this.#flights.clear();
  }

  get size(): number {
    return this.#flights.size;
  }

  /** Requests that wait for any of them. */
  get followers(): number {
    let followers = 0;
    for (const flight of this.#flights.values()) followers += flight.followers;
    return followers;
  }
}
