/** Enough to tell one fault in five from one in three, few enough to notice within minutes that a target has become better. */
const REMEMBERED = 400;

/**
 * The share of a target's calls that fail in ordinary times, over some hundreds of calls. A count and not a time: the second
 * target of a chain sees few calls, and would have forgotten them before they add up to anything.
 */
export class UsualShare {
  #completed = 0;
  #failed = 0;

  succeeded(): void {
    this.#completed++;
    this.#forget();
  }

  failed(): void {
    this.#failed++;
    this.succeeded();
  }

  /** A call that has been counted as succeeded has failed after all. */
  brokeAfterAll(): void {
    this.#failed++;
  }

  /**
   * The share before the present run of failures.
   *
   * @param minimum calls that must have been seen
   * @returns 0..1, or `undefined` when too little is known
   */
  before(run: number, minimum: number): number | undefined {
    const completed = this.#completed - run;
    return completed < minimum ? undefined : Math.max(0, this.#failed - run) / completed;
  }

  #forget(): void {
    if (this.#completed < REMEMBERED) return;
    this.#completed /= 2;
    this.#failed /= 2;
  }
}
