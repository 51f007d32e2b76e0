import type { Clock, Timer } from '../../src/clock.ts';

/**
 * Real time, run faster: real sockets cannot be put on a clock that stands still, but their waits can be short. At 20 a connect
 * limit of 3 s takes 150 ms, and everything that is measured with this clock still reads 3 s.
 */
export class FastClock implements Clock {
  readonly #speed: number;
  readonly #startedAt = performance.now();
  readonly #epoch = Date.now();
  /** Waits asked for and not yet over, milliseconds of this clock. */
  readonly pending = new Set<Timer>();
  /** Every wait asked for since the start, milliseconds of this clock. */
  readonly waits: number[] = [];

  constructor(speed: number) {
    this.#speed = speed;
  }

  now(): number {
    return this.#epoch + (performance.now() - this.#startedAt) * this.#speed;
  }

  /** Real milliseconds that so many of this clock's take. */
  toReal(ms: number): number {
    return ms / this.#speed;
  }

  setTimeout(callback: () => void, ms: number): Timer {
    this.waits.push(ms);
    const timer = setTimeout(() => {
      this.pending.delete(timer);
      callback();
    }, ms / this.#speed);
    this.pending.add(timer);
    return timer;
  }

  clearTimeout(timer: Timer | undefined): void {
    if (timer === undefined) return;
    this.pending.delete(timer);
    clearTimeout(timer as NodeJS.Timeout);
  }
}
