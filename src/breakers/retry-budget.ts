export interface RetryBudgetOptions {
  /** Tokens when full, and at the start. Default 500. */
  readonly capacity?: number;
  /** Tokens a retry costs. Default 5. */
  readonly cost?: number;
  /** Tokens a success of a first try earns. Default 1. */
  readonly reward?: number;
}

/**
 * How many retries one target may still be given: a token bucket. Under random faults most retries succeed and are refunded, and
 * first tries earn what the others cost, so retries are never refused; in an outage nothing comes back, and after
 * `capacity / cost` retries in all each request makes one try.
 *
 * The numbers are those of the AWS SDKs' standard retry mode.
 */
export class RetryBudget {
  readonly #capacity: number;
  readonly #cost: number;
  readonly #reward: number;
  #tokens: number;

  /** @throws RangeError when an option is no positive number, or a retry costs more than the bucket holds */
  constructor(options: RetryBudgetOptions = {}) {
    const { capacity = 500, cost = 5, reward = 1 } = options;
    for (const [name, value] of Object.entries({ capacity, cost, reward })) {
      if (!Number.isFinite(value) || value <= 0)
        throw new RangeError(`${name} must be a positive number, not ${value}`);
    }
    if (cost > capacity) throw new RangeError(`cost ${cost} is more than capacity ${capacity}: no retry could be paid`);
    this.#capacity = capacity;
    this.#cost = cost;
    this.#reward = reward;
    this.#tokens = capacity;
  }

  /** Pays for one retry. @returns false when the budget is spent; do not retry then (a fallback costs nothing here) */
  tryWithdraw(): boolean {
    if (this.#tokens < this.#cost) return false;
    this.#tokens -= this.#cost;
    return true;
  }

  /** A retry that was paid for has succeeded (or was never sent). */
  refund(): void {
    this.#tokens = Math.min(this.#capacity, this.#tokens + this.#cost);
  }

  /** A first try has succeeded. */
  earn(): void {
    this.#tokens = Math.min(this.#capacity, this.#tokens + this.#reward);
  }

  get tokens(): number {
    return this.#tokens;
  }

  get capacity(): number {
    return this.#capacity;
  }
}
