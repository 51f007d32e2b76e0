/** Half a rounding step of many small additions: twenty times 0.05 is to pay for one hedge. */
const ROUNDING = 1e-9;

/**
 * Extra calls a model may make for hedging: at most `share` of the calls made, at any time. A provider that slows down for
 * everyone makes every call late, and without this hedging would double its load just then.
 */
export class HedgeBudget {
  readonly #share: number;
  readonly #burst: number;
  #credit = 0;

  /** @param burst hedges that may be saved up in a quiet time */
  constructor({ share = 0.05, burst = 10 }: { share?: number; burst?: number } = {}) {
    if (!(share >= 0 && share <= 1)) throw new RangeError(`share must be between 0 and 1, not ${share}`);
    if (!(burst >= 1)) throw new RangeError(`burst must be at least 1, not ${burst}`);
    this.#share = share;
    this.#burst = burst;
  }

  /** A request that could be hedged makes its own call. */
  called(): void {
    this.#credit = Math.min(this.#burst, this.#credit + this.#share);
  }

  /** Pays for one extra call. @returns false when the share is used up; wait for the first call instead */
  tryHedge(): boolean {
    if (this.#credit < 1 - ROUNDING) return false;
    this.#credit = Math.max(0, this.#credit - 1);
    return true;
  }
}
