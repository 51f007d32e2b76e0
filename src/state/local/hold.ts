import type { Counter } from './counter.ts';

/** What one reserve has taken of its counters, until it is settled or its lease runs out. */
export class Hold {
  readonly tenant: string;
  readonly id: string;
  /** Clock milliseconds. */
  deadline: number;
  readonly counters: Counter[] = [];
  /** The window each amount was counted in. */
  readonly windows: number[] = [];
  readonly amounts: number[] = [];
  /** Place in the lease heap; -1: the lease ran out, the amounts are freed, and only a late settlement is awaited. */
  place = -1;

  constructor(tenant: string, id: string, deadline: number) {
    this.tenant = tenant;
    this.id = id;
    this.deadline = deadline;
  }

  add(counter: Counter, amount: number): void {
    counter.held += amount;
    this.counters.push(counter);
    this.windows.push(counter.windowStart);
    this.amounts.push(amount);
  }

  /** Frees what it holds. A counter that has gone on to another window has already let go of it. */
  release(): void {
    for (let index = 0; index < this.counters.length; index++) {
      const counter = this.counters[index];
      if (counter !== undefined && counter.windowStart === this.windows[index])
        counter.held -= this.amounts[index] ?? 0;
    }
  }

  /** The window in which a counter was held. `hint`: where it is looked for first. */
  windowOf(key: string, hint: number): number | undefined {
    if (this.counters[hint]?.key === key) return this.windows[hint];
    const at = this.counters.findIndex((counter) => counter.key === key);
    return at < 0 ? undefined : this.windows[at];
  }
}
