import type { PastCosts } from './past-costs.ts';

/** Nothing tells when a session ends; one that was still for so long has. */
export const IDLE_MS = 30 * 60_000;

/** Finished ones that are put away with each settlement: more than can begin. */
const PUT_AWAY_AT_ONCE = 4;

/** What a session or task has cost so far. */
export interface RunningCost {
  readonly since: number;
  cost: number;
  lastAt: number;
  /** The threshold it has crossed; undefined: none yet. */
  crossed: number | undefined;
  readonly past: PastCosts;
}

/** Sessions (or tasks) under way. Those that went still become the past that others are measured against. */
export class RunningCosts {
  /** In the order of their last settlement. */
  readonly #running = new Map<string, RunningCost>();
  readonly #most: number;

  /** @param most under way at once; past that the stillest one counts as finished */
  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#running.size;
  }

  add(key: string, cost: number, at: number, past: PastCosts): RunningCost {
    this.#putAway(at);
    let running = this.#running.get(key);
    this.#running.delete(key);
    if (running !== undefined && at - running.lastAt > IDLE_MS) {
      finish(running);
      running = undefined;
    }
    running ??= { since: at, cost: 0, lastAt: at, crossed: undefined, past };
    running.cost += cost;
    running.lastAt = at;
    this.#running.set(key, running);
    return running;
  }

  #putAway(at: number): void {
    let looked = 0;
    for (const [key, running] of this.#running) {
      if (looked++ === PUT_AWAY_AT_ONCE) return;
      if (at - running.lastAt <= IDLE_MS && this.#running.size < this.#most) return;
      this.#running.delete(key);
      finish(running);
    }
  }
}

/** One that was out of line counts for no more than the line: a runaway must not become the measure for the next. */
function finish({ cost, crossed, past }: RunningCost): void {
  if (cost > 0) past.add(crossed === undefined ? cost : Math.min(cost, crossed));
}
