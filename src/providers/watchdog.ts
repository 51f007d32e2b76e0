import type { Clock, Timer } from '../clock.ts';

/** setTimeout fires at once for anything longer. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * One timer for all the waits of a try (connect, first token, stall, deadline). The owner moves its own limits as it likes, at the
 * price of a field write; the timer looks at them only when it fires, and sets itself anew for what is left. A timer
 * armed for each event of a stream would cost more than relaying the event.
 */
export class Watchdog {
  readonly #clock: Clock;
  /** Looks at the limits: milliseconds until the next look, or undefined when there is nothing left to watch. */
  readonly #look: (now: number) => number | undefined;
  #timer: Timer | undefined;
  #dueAt = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, look: (now: number) => number | undefined) {
    this.#clock = clock;
    this.#look = look;
  }

  /** Looks now, and again when the nearest limit is due. */
  readonly start = (): void => {
    this.stop();
    const now = this.#clock.now();
    const wait = this.#look(now);
    if (wait === undefined || wait === Number.POSITIVE_INFINITY) return;
    const ms = Math.min(Math.max(1, Math.ceil(wait)), LONGEST_TIMER_MS);
    this.#dueAt = now + ms;
    this.#timer = this.#clock.setTimeout(this.start, ms);
  };

  /** A new limit came up that may be nearer than the next look. Costs nothing when it is not. */
  tighten(at: number): void {
    if (at < this.#dueAt) this.start();
  }

  stop(): void {
    this.#dueAt = Number.POSITIVE_INFINITY;
    if (this.#timer === undefined) return;
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
