/** Below this nothing is worth waking anybody for: ten cents, in nano-dollars. */
const WORTH_AN_ALERT = 100_000_000;

/**
 * Costs are spread wide: where sessions cost a dollar on average, one in twenty costs three. So three times the average alone would cry
 * every day; a cost is out of line where it is also about twice the dearest one remembered: three times that of ten, since ten are quickly
 * outdone, and twice that of hundreds. Exponentially spread costs pass that by chance once in 30,000 times.
 */
function timesTheDearest(known: number): number {
  return 2 + 10 / known;
}

/** What finished sessions (or tasks, days, hours) cost: a ring of the last ones. Costs in nano-dollars. */
export class PastCosts {
  readonly #costs: number[] = [];
  readonly #size: number;
  readonly #minimum: number;
  #next = 0;
  #sum = 0;
  #dearest = 0;

  /**
   * @param size    costs remembered
   * @param minimum costs needed before they say anything
   */
  constructor(size: number, minimum: number) {
    this.#size = size;
    this.#minimum = minimum;
  }

  get average(): number {
    return this.#costs.length === 0 ? 0 : this.#sum / this.#costs.length;
  }

  /** @returns the cost above which another one is out of line; undefined while too few are known */
  threshold(spike: number): number | undefined {
    if (this.#costs.length < this.#minimum) return undefined;
    return Math.max(spike * this.average, timesTheDearest(this.#costs.length) * this.#dearest, WORTH_AN_ALERT);
  }

  add(cost: number): void {
    const replaced = this.#costs[this.#next] ?? 0;
    this.#costs[this.#next] = cost;
    this.#next = (this.#next + 1) % this.#size;
    this.#sum += cost - replaced;
    if (cost >= this.#dearest) this.#dearest = cost;
    else if (replaced === this.#dearest) this.#dearest = Math.max(...this.#costs);
  }
}
