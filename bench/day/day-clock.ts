import type { Clock, Timer } from '../../src/clock.ts';

interface Waiting extends Timer {
  readonly callback: () => void;
  readonly due: number;
  real: NodeJS.Timeout | undefined;
}

/** Milliseconds. */
const SHORT = 1_000;
const PATIENCE = 10;

/**
 * The clock of a replayed day. It stands still while requests are under way, so that nothing depends on how fast the machine is, and is moved
 * from one arrival to the next. What waits on it comes due as it is moved, in order. A wait that no move reaches ends in real time, so that nothing
 * hangs: a short one after as long as it says, a longer one after ten times that, since those are limits that a slow machine must not reach.
 */
export class DayClock implements Clock {
  #now: number;
  readonly #waiting = new Set<Waiting>();

  constructor(start: number) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  setTimeout(callback: () => void, ms: number): Timer {
    const waiting: Waiting = { callback, due: this.#now + Math.max(0, ms), real: undefined };
    this.#waiting.add(waiting);
    this.#arm(waiting);
    return waiting;
  }

  clearTimeout(timer: Timer | undefined): void {
    if (timer === undefined) return;
    const waiting = timer as Waiting;
    clearTimeout(waiting.real);
    this.#waiting.delete(waiting);
  }

  /** Moves on to `to`, milliseconds since the epoch; an earlier time moves nothing. To be called while no request is under way. */
  moveTo(to: number): void {
    // A wait that comes due may ask for the next one: those are found by looking again.
    for (let next = this.#first(to); next !== undefined; next = this.#first(to)) this.#end(next);
    if (to <= this.#now) return;
    this.#now = to;
    for (const waiting of this.#waiting) this.#arm(waiting);
  }

  #first(to: number): Waiting | undefined {
    let first: Waiting | undefined;
    for (const waiting of this.#waiting) {
      if (waiting.due <= to && (first === undefined || waiting.due < first.due)) first = waiting;
    }
    return first;
  }

  #end(waiting: Waiting): void {
    clearTimeout(waiting.real);
    this.#waiting.delete(waiting);
    this.#now = Math.max(this.#now, waiting.due);
    waiting.callback();
  }

  #arm(waiting: Waiting): void {
    clearTimeout(waiting.real);
    const left = waiting.due - this.#now;
    const real = left < SHORT ? left : left * PATIENCE;
    waiting.real = setTimeout(() => this.#end(waiting), Math.min(2 ** 31 - 1, real));
    waiting.real.unref();
  }
}
