import type { Clock } from '../../clock.ts';
import type { EvidenceBudget } from '../../config/routing-config.ts';

/**
 * Thins comparisons instead of stopping them: the less money has flowed in, the smaller the share of requests that is compared. A budget that is
 * spent by nine in the morning would only ever see the night's requests.
 *
 * An eighth of a period's money may be saved up, the rest flows in evenly. It goes by what all processes have spent, as far as this one has heard
 * of it; that none of it is spent twice is the business of the store, which is asked before each comparison.
 */
export class Pace {
  readonly #capacity: number;
  readonly #perMs: number;
  readonly #clock: Pick<Clock, 'now'>;
  /** What was there when something was heard last. */
  #level: number;
  #at: number;
  /** Of the window heard of last, the most that was said to be spent. */
  #window = Number.NEGATIVE_INFINITY;
  #seen = 0;

  constructor({ limit, periodMs }: EvidenceBudget, clock: Pick<Clock, 'now'>) {
    this.#capacity = limit / 8;
    this.#perMs = (limit - this.#capacity) / periodMs;
    this.#clock = clock;
    this.#level = this.#capacity;
    this.#at = clock.now();
  }

  /** What the share of requests to be compared is to be multiplied with: 0 to 1. */
  get factor(): number {
    const level = Math.min(this.#capacity, this.#flowedIn(this.#clock.now()));
    return level <= 0 ? 0 : Math.min(1, (2 * level) / this.#capacity);
  }

  /**
   * What all processes have spent in a window of the budget. May be heard in any order.
   *
   * @param seen.windowStart clock milliseconds
   * @param seen.spent nano-dollars
   */
  saw({ windowStart, spent }: { readonly windowStart: number; readonly spent: number }): void {
    if (windowStart < this.#window || (windowStart === this.#window && spent <= this.#seen)) return;
    const now = this.#clock.now();
    // The first word after a start: as much may be left as would be, had it been spent evenly since the window began.
    const isFirst = this.#window === Number.NEGATIVE_INFINITY;
    const before = isFirst ? this.#capacity + Math.max(0, now - windowStart) * this.#perMs : this.#flowedIn(now);
    const more = windowStart === this.#window ? spent - this.#seen : spent;
    this.#level = Math.min(this.#capacity, before - more);
    this.#at = now;
    this.#window = windowStart;
    this.#seen = spent;
  }

  /** Not held to the capacity: what others spend meanwhile comes off it when it is heard of. */
  #flowedIn(now: number): number {
    return this.#level + Math.max(0, now - this.#at) * this.#perMs;
  }
}
