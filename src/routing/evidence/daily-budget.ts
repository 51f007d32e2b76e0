import type { Clock } from '../../clock.ts';
import type { EvidenceBudget } from '../../config/routing-config.ts';

/**
 * A budget for comparisons that thins instead of stopping: the emptier it is, the smaller the share of requests it lets through. One that is
 * spent by nine in the morning would only ever see the night's requests.
 *
 * An eighth of a period's money may be saved up, the rest flows in evenly. Calls under way may go over it by what they cost.
 */
export class DailyBudget {
  readonly #capacity: number;
  readonly #perMs: number;
  readonly #clock: Pick<Clock, 'now'>;
  #level: number;
  #at: number;

  constructor({ limit, periodMs }: EvidenceBudget, clock: Pick<Clock, 'now'>) {
    this.#capacity = limit / 8;
    this.#perMs = (limit - this.#capacity) / periodMs;
    this.#clock = clock;
    this.#level = this.#capacity;
    this.#at = clock.now();
  }

  /** What the share of requests to be compared is to be multiplied with: 0 to 1. */
  get factor(): number {
    const now = this.#clock.now();
    this.#level = Math.min(this.#capacity, this.#level + Math.max(0, now - this.#at) * this.#perMs);
    this.#at = now;
    return this.#level <= 0 ? 0 : Math.min(1, (2 * this.#level) / this.#capacity);
  }

  /** @param nanos what was spent, nano-dollars */
  spend(nanos: number): void {
    this.#level -= nanos;
  }
}
