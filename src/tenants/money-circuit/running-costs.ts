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

/** In a list by the time of the last settlement. */
interface Run extends RunningCost {
  readonly key: string;
  stiller: Run | undefined;
  livelier: Run | undefined;
}

/**
 * Sessions (or tasks) under way. Those that went still become the past that others are measured against. Their order is a list beside the
 * map: a map whose entries are moved to its end finds its first one only past all that have been moved away.
 */
export class RunningCosts {
  readonly #running = new Map<string, Run>();
  readonly #most: number;
  #stillest: Run | undefined;
  #liveliest: Run | undefined;

  /** @param most under way at once; past that the stillest one counts as finished */
  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#running.size;
  }

  add(key: string, cost: number, at: number, past: PastCosts): RunningCost {
    this.#putAway(at);
    let run = this.#running.get(key);
    if (run !== undefined && at - run.lastAt > IDLE_MS) {
      this.#finish(run);
      run = undefined;
    }
    if (run === undefined) {
      run = { key, since: at, cost: 0, lastAt: at, crossed: undefined, past, stiller: undefined, livelier: undefined };
      this.#running.set(key, run);
    } else this.#unlink(run);
    this.#append(run);
    run.cost += cost;
    run.lastAt = at;
    return run;
  }

  #putAway(at: number): void {
    for (let left = PUT_AWAY_AT_ONCE; left > 0; left--) {
      const run = this.#stillest;
      if (run === undefined || (at - run.lastAt <= IDLE_MS && this.#running.size < this.#most)) return;
      this.#finish(run);
    }
  }

  /** One that was out of line counts for no more than the line: a runaway must not become the measure for the next. */
  #finish(run: Run): void {
    this.#unlink(run);
    this.#running.delete(run.key);
    const { cost, crossed, past } = run;
    if (cost > 0) past.add(crossed === undefined ? cost : Math.min(cost, crossed));
  }

  #append(run: Run): void {
    run.stiller = this.#liveliest;
    if (this.#liveliest === undefined) this.#stillest = run;
    else this.#liveliest.livelier = run;
    this.#liveliest = run;
  }

  #unlink(run: Run): void {
    const { stiller, livelier } = run;
    if (stiller === undefined) this.#stillest = livelier;
    else stiller.livelier = livelier;
    if (livelier === undefined) this.#liveliest = stiller;
    else livelier.stiller = stiller;
    run.stiller = undefined;
    run.livelier = undefined;
  }
}
