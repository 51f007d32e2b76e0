import type { Charge, CounterAsk } from '../../src/state/budget-store.ts';

interface Held {
  readonly key: string;
  readonly amount: number;
  /** The window it was counted in. */
  readonly window: number;
}

interface Hold {
  readonly held: readonly Held[];
  deadline: number;
}

interface Cell {
  window: number;
  spent: number;
  /** What may lie above the limit: charges above what was held for them. */
  excess: number;
}

/**
 * What a budget store should do to the counters of one tenant, written as plainly as possible: holds are a list that is added up
 * anew for each question. The property tests compare every store with it.
 */
export class BudgetModel {
  readonly #now: () => number;
  readonly #cells = new Map<string, Cell>();
  readonly #holds = new Map<string, Hold>();
  readonly #settled = new Set<string>();
  readonly lines: string[] = [];
  paused = false;

  constructor(now: () => number) {
    this.#now = now;
  }

  reserve(id: string, leaseMs: number, asks: readonly CounterAsk[]): 'held' | 'refused' | 'stale-window' {
    const now = this.#now();
    if (asks.some(({ windowStart, windowEnd }) => now < windowStart || (windowEnd !== undefined && now >= windowEnd))) {
      return 'stale-window';
    }
    const wanted = asks.map((ask) => {
      const cell = this.#cells.get(ask.key) ?? { window: ask.windowStart, spent: 0, excess: 0 };
      return { ask, cell: ask.windowStart > cell.window ? { window: ask.windowStart, spent: 0, excess: 0 } : cell };
    });
    const full = wanted.some(
      ({ ask, cell }) => cell.spent + this.#heldIn(ask.key, cell.window) + ask.amount > ask.limit,
    );
    if (full || this.paused) return 'refused';
    for (const { ask, cell } of wanted) this.#cells.set(ask.key, cell);
    this.#holds.set(id, {
      held: wanted.map(({ ask, cell }) => ({ key: ask.key, amount: ask.amount, window: cell.window })),
      deadline: now + leaseMs,
    });
    return 'held';
  }

  /** @returns whether it was settled now, and whether it was late; `either` where a lease is over and nobody has freed the hold yet */
  settle(
    ids: readonly string[],
    held: boolean,
    charges: readonly Charge[],
  ): { settled: boolean; late: boolean | 'either' } {
    const [first = ''] = ids;
    const hold = this.#holds.get(first);
    if (this.#settled.has(first) || (hold === undefined && held)) return { settled: false, late: false };
    this.#settled.add(first);
    const leases = ids.flatMap((id) => this.#holds.get(id) ?? []);
    const late = leases.some((lease) => lease.deadline === Number.NEGATIVE_INFINITY)
      ? true
      : leases.some((lease) => lease.deadline <= this.#now())
        ? 'either'
        : false;
    for (const charge of charges) {
      const counted = hold?.held.find(({ key }) => key === charge.key);
      const backed = leases
        .filter((lease) => lease.deadline > this.#now())
        .flatMap((lease) => lease.held)
        .filter(({ key, window }) => key === charge.key && window === (counted?.window ?? charge.windowStart))
        .reduce((sum, { amount }) => sum + amount, 0);
      this.#charge(charge, counted?.window ?? charge.windowStart, backed);
    }
    for (const id of ids) this.#holds.delete(id);
    return { settled: true, late };
  }

  renew(id: string, leaseMs: number): void {
    const hold = this.#holds.get(id);
    if (hold && hold.deadline > this.#now()) hold.deadline = Math.max(hold.deadline, this.#now() + leaseMs);
  }

  /** Frees for good what has run out: a clock set back afterwards does not bring it back. */
  reap(): void {
    for (const hold of this.#holds.values()) {
      if (hold.deadline <= this.#now()) hold.deadline = Number.NEGATIVE_INFINITY;
    }
  }

  isLive(id: string): boolean {
    return (this.#holds.get(id)?.deadline ?? 0) > this.#now();
  }

  /** Ids that hold, or did when their lease ran out, and have not been settled. */
  get open(): readonly string[] {
    return [...this.#holds.keys()];
  }

  /** The longest that any hold still lasts. */
  get longestLease(): number {
    return Math.max(0, ...[...this.#holds.values()].map(({ deadline }) => deadline - this.#now()));
  }

  /** Nothing will be heard again of what is under way now. */
  crash(): void {
    this.#holds.clear();
  }

  level(key: string): { spent: number; held: number; excess: number; window: number } {
    const cell = this.#cells.get(key);
    if (!cell) return { spent: 0, held: 0, excess: 0, window: 0 };
    return { ...cell, held: this.#heldIn(key, cell.window) };
  }

  #charge(charge: Charge, window: number, backed: number): void {
    let cell = this.#cells.get(charge.key);
    if (!cell || window > cell.window) {
      cell = { window, spent: 0, excess: 0 };
      this.#cells.set(charge.key, cell);
    }
    if (window < cell.window) return;
    cell.spent += charge.amount;
    cell.excess += Math.max(0, charge.amount - backed);
  }

  #heldIn(key: string, window: number): number {
    let sum = 0;
    for (const { held, deadline } of this.#holds.values()) {
      if (deadline <= this.#now()) continue;
      for (const part of held) if (part.key === key && part.window === window) sum += part.amount;
    }
    return sum;
  }
}
