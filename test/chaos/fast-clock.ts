import type { Clock, Timer } from '../../src/clock.ts';

/** How often it looks for what is due, real milliseconds. */
const TICK_MS = 1;
/** The most that passes between two looks, real milliseconds. */
const LONGEST_TICK_MS = 2;

interface Wait {
  readonly at: number;
  readonly callback: () => void;
}

/**
 * Real time, run faster: real sockets cannot be put on a clock that stands still, but their waits can be short. At 20 a connect
 * limit of 3 s takes 150 ms, and everything that is measured with this clock still reads 3 s.
 *
 * It stands still while the process does: when other work on the machine keeps it waiting for half a second, no ten seconds of a
 * provider's silence have passed. In each turn of the event loop no more than {@link LONGEST_TICK_MS} do, so what takes some turns
 * takes a bounded time, however slow the machine is.
 */
export class FastClock implements Clock {
  readonly #speed: number;
  readonly #longestTick: number;
  /** This clock's time at the last look, and the real one. */
  #base = Date.now();
  #lookedAt = performance.now();
  #ticker: NodeJS.Timeout | undefined;
  #stopped = false;
  /** Waits asked for and not yet over. */
  readonly pending = new Map<Timer, Wait>();
  /** Every wait asked for since the start, milliseconds of this clock. */
  readonly waits: number[] = [];

  /** @param longestTick real milliseconds that pass in one turn of the event loop at most; `Infinity`: the machine's own time */
  constructor(speed: number, longestTick = LONGEST_TICK_MS) {
    this.#speed = speed;
    this.#longestTick = longestTick;
    this.#keepTicking();
  }

  now(): number {
    return this.#base + this.#passed(performance.now());
  }

  /** Real milliseconds that so many of this clock's take. */
  toReal(ms: number): number {
    return ms / this.#speed;
  }

  setTimeout(callback: () => void, ms: number): Timer {
    this.waits.push(ms);
    const timer: Timer = {};
    this.pending.set(timer, { at: this.now() + ms, callback });
    this.#keepTicking();
    return timer;
  }

  clearTimeout(timer: Timer | undefined): void {
    if (timer === undefined) return;
    this.pending.delete(timer);
    this.#keepTicking();
  }

  /** Nothing is waited for any longer but what is pending: a process that has nothing else to do may end. */
  stop(): void {
    this.#stopped = true;
    this.#keepTicking();
  }

  #passed(real: number): number {
    return Math.min(real - this.#lookedAt, this.#longestTick) * this.#speed;
  }

  /** Ticks while somebody waits, or may ask for the time; keeps the process alive only for those who wait. */
  #keepTicking(): void {
    if (this.#stopped && this.pending.size === 0) {
      clearInterval(this.#ticker);
      this.#ticker = undefined;
      return;
    }
    this.#ticker ??= setInterval(() => this.#tick(), TICK_MS);
    if (this.pending.size > 0) this.#ticker.ref();
    else this.#ticker.unref();
  }

  #tick(): void {
    const real = performance.now();
    this.#base += this.#passed(real);
    this.#lookedAt = real;
    const due = [...this.pending].filter(([, { at }]) => at <= this.#base).sort(([, a], [, b]) => a.at - b.at);
    for (const [timer, { callback }] of due) {
      // One that ran before may have cleared it.
      if (this.pending.delete(timer)) callback();
    }
    this.#keepTicking();
  }
}
