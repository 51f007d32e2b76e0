import type { Clock } from '../../clock.ts';
import type { RateAsk, Refusal } from '../budget-store.ts';

interface Debt {
  /** How long the units taken still took to come back at `at`, ms. */
  ms: number;
  at: number;
}

const mostRates = 10_000;

/**
 * Rates of one process by itself, while the shared store is away: each of `replicas` keeps to its part of every limit, so that
 * together they keep to the limit.
 */
export class FallbackRates {
  readonly #clock: Clock;
  readonly #replicas: number;
  readonly #debts = new Map<string, Debt>();

  constructor(clock: Clock, replicas: number) {
    if (!Number.isSafeInteger(replicas) || replicas < 1) {
      throw new RangeError(`replicas must be a whole number of at least 1, not ${replicas}`);
    }
    this.#clock = clock;
    this.#replicas = replicas;
  }

  /** Takes of all the rates, or of none. @returns the refusals; undefined where all was taken */
  take(tenant: string, rates: readonly RateAsk[]): [Refusal, ...Refusal[]] | undefined {
    const now = this.#clock.now();
    const refusals = rates.flatMap((ask, index): Refusal[] => {
      const wait = this.#waitFor(this.#debtOf(tenant, ask, now), ask);
      if (wait === undefined) return [];
      return [{ kind: 'rate', index, retryAfterMs: Number.isFinite(wait) ? wait : undefined }];
    });
    const [first, ...more] = refusals;
    if (first) return [first, ...more];
    for (const ask of rates) {
      const ms = this.#debtOf(tenant, ask, now) + ask.cost * ask.emissionMs * this.#replicas;
      this.#debts.set(`${tenant}\n${ask.key}`, { ms, at: now });
    }
    if (this.#debts.size > mostRates) this.#forget(now);
    return undefined;
  }

  get size(): number {
    return this.#debts.size;
  }

  #debtOf(tenant: string, { key }: RateAsk, now: number): number {
    const debt = this.#debts.get(`${tenant}\n${key}`);
    return debt ? Math.max(0, debt.ms - Math.max(0, now - debt.at)) : 0;
  }

  /**
   * What is larger than this process's part of the burst, but not than the whole, passes when nothing else is owed, and is then owed
   * in full: refusing it for as long as the store is away would refuse it whatever the rate is.
   */
  #waitFor(debt: number, { emissionMs, burst, cost }: RateAsk): number | undefined {
    if (cost > burst) return Number.POSITIVE_INFINITY;
    const unit = emissionMs * this.#replicas;
    const room = Math.max(cost, Math.floor(burst / this.#replicas)) * unit;
    const wait = debt + cost * unit - room;
    return wait > unit * 0.001 ? wait : undefined;
  }

  #forget(now: number): void {
    for (const [name, debt] of this.#debts) if (debt.ms <= now - debt.at) this.#debts.delete(name);
    // Where they are all owed the oldest go, a tenth at once: looking through them for each request would cost too much.
    for (const name of this.#debts.keys()) {
      if (this.#debts.size <= mostRates * 0.9) return;
      this.#debts.delete(name);
    }
  }
}
