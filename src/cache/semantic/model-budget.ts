import type { Clock } from '../../clock.ts';
import type { JudgeBudget } from '../../config/cache-config.ts';

/** What a judge has cost in this process, in periods that begin with the first question. */
export class ModelBudget {
  readonly #budget: JudgeBudget | undefined;
  readonly #clock: Pick<Clock, 'now'>;
  #since = Number.NEGATIVE_INFINITY;
  #spent = 0;

  constructor(budget: JudgeBudget | undefined, clock: Pick<Clock, 'now'>) {
    this.#budget = budget;
    this.#clock = clock;
  }

  /** Whether anything is left. Questions under way may go over it by what they cost. */
  get isLeft(): boolean {
    if (this.#budget === undefined) return true;
    const now = this.#clock.now();
    if (now - this.#since >= this.#budget.periodMs) {
      this.#since = now;
      this.#spent = 0;
    }
    return this.#spent < this.#budget.limit;
  }

  /** @param cost nano-dollars; undefined: the price is not known, and then no budget can be kept: nothing is left of it */
  spend(cost: number | undefined): void {
    this.#spent += cost ?? Number.POSITIVE_INFINITY;
  }
}
