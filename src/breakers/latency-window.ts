/**
 * Time to first token of one target over its last calls, to learn when a call is late. Bounded: a ring of samples, and one
 * sorted copy, renewed when a sixteenth of the ring is new.
 */
export class LatencyWindow {
  readonly #samples: Float64Array;
  readonly #minimum: number;
  readonly #staleAfter: number;
  #count = 0;
  #sorted: Float64Array | undefined;
  #sortedAt = 0;

  /**
   * @param size    calls remembered
   * @param minimum calls needed before a quantile is more than a guess; 50 put two or three samples above a p95
   */
  constructor({ size = 512, minimum = 50 }: { size?: number; minimum?: number } = {}) {
    if (!Number.isInteger(size) || size < 1) throw new RangeError(`size must be a whole number above 0, not ${size}`);
    this.#samples = new Float64Array(size);
    this.#minimum = Math.min(minimum, size);
    this.#staleAfter = Math.ceil(size / 16);
  }

  /** @param ms time to the first token; of calls that had none, record nothing */
  record(ms: number): void {
    if (!(ms >= 0 && ms < Number.POSITIVE_INFINITY)) return;
    this.#samples[this.#count % this.#samples.length] = ms;
    this.#count++;
  }

  /** The q-quantile (0..1) in ms, or `undefined` until enough calls were seen. */
  quantile(q: number): number | undefined {
    if (this.#count < this.#minimum) return undefined;
    if (!this.#sorted || this.#count - this.#sortedAt >= this.#staleAfter) {
      this.#sorted = this.#samples.slice(0, Math.min(this.#count, this.#samples.length)).sort();
      this.#sortedAt = this.#count;
    }
    const rank = Math.ceil(q * this.#sorted.length);
    return this.#sorted[Math.min(Math.max(rank, 1), this.#sorted.length) - 1];
  }

  /** Samples held now. */
  get size(): number {
    return Math.min(this.#count, this.#samples.length);
  }
}
