import type { Clock, Timer } from '../../src/clock.ts';

interface Due {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

/** A clock that stands still until told: `advance` runs what falls due, in order. */
export class FakeClock implements Clock {
  #now: number;
  #order = 0;
  readonly #due = new Map<Timer, Due>();

  constructor(now = 1_000_000) {
    this.#now = now;
  }

  now = (): number => this.#now;

  setTimeout(callback: () => void, ms: number): Timer {
    const timer: Timer = {};
    this.#due.set(timer, { at: this.#now + ms, order: this.#order++, callback });
    return timer;
  }

  clearTimeout(timer: Timer | undefined): void {
    if (timer) this.#due.delete(timer);
  }

  advance(ms: number): void {
    const end = this.#now + ms;
    for (let next = this.#next(end); next; next = this.#next(end)) {
      const [timer, due] = next;
      this.#due.delete(timer);
      this.#now = Math.max(this.#now, due.at);
      due.callback();
    }
    this.#now = end;
  }

  /** Timers not yet run: what a test leaves behind. */
  get pending(): number {
    return this.#due.size;
  }

  #next(end: number): [Timer, Due] | undefined {
    return [...this.#due]
      .filter(([, due]) => due.at <= end)
      .sort(([, a], [, b]) => a.at - b.at || a.order - b.order)[0];
  }
}
