const DAY = 24 * 60 * 60 * 1000;

/**
 * A daily budget of audits that thins instead of stopping: the emptier it is, the smaller the share of hits it lets through. A budget that
 * is spent by nine in the morning would only ever see the night's hits.
 *
 * An eighth of the day's audits may be saved up, the rest flows in evenly: no 24 hours have more than the budget.
 */
export class AuditBudget {
  readonly #capacity: number;
  readonly #perMs: number;
  #level: number;
  #at: number;

  /** @param perDay audits in any 24 hours: 0, or 2 and more */
  constructor(perDay: number, now: number) {
    this.#capacity = Math.min(perDay, Math.max(1, perDay / 8));
    this.#perMs = (perDay - this.#capacity) / DAY;
    this.#level = this.#capacity;
    this.#at = now;
  }

  /** What a share of hits to be audited is to be multiplied with: 0 to 1. */
  factor(now: number): number {
    this.#level = Math.min(this.#capacity, this.#level + Math.max(0, now - this.#at) * this.#perMs);
    this.#at = now;
    return this.#level < 1 ? 0 : Math.min(1, (2 * this.#level) / this.#capacity);
  }

  spend(): void {
    this.#level -= 1;
  }
}
