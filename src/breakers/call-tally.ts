/** How long undecided calls get the benefit of the doubt, ms: longer than most first tokens, shorter than any timeout. */
const PATIENCE = 5_000;

/** A stretch of failures. */
interface Stretch {
  /** Epoch ms of the first failure. */
  since: number;
  /** Calls in flight when the earliest of the failed calls began. Those say nothing about what came after them. */
  older: number;
}

/**
 * The calls of a circuit since it last opened. Replaced by an empty one at each opening, so that a permit of the time before is
 * known by the tally it holds.
 */
export class CallTally {
  inFlight = 0;
  /** Serial of the present (or last) run of failures. */
  run = 0;
  /** Calls that have begun to deliver since that run began, and still do. */
  delivering = 0;
  #run: Stretch = { since: 0, older: 0 };
  #failing: Stretch = { since: 0, older: 0 };
  #lastFailureAt = Number.NEGATIVE_INFINITY;

  /**
   * A call has failed.
   *
   * @param beside  calls that were in flight when it began
   * @param newRun  the call before it had not failed
   * @param quietFor ms without a failure after which failures begin anew
   */
  failed(beside: number, newRun: boolean, quietFor: number, now: number): void {
    if (now - this.#lastFailureAt >= quietFor) this.#failing = { since: now, older: beside };
    else this.#failing.older = Math.min(this.#failing.older, beside);
    this.#lastFailureAt = now;
    if (newRun) {
      this.#run = { since: now, older: beside };
      this.run++;
      this.delivering = 0;
    } else {
      this.#run.older = Math.min(this.#run.older, beside);
    }
  }

  /** Calls in flight, at least, that began with the present run of failures or after it. */
  undecidedInRun(now: number): number {
    return this.#undecided(this.#run, now);
  }

  /** The same for all failures since the last quiet time. */
  undecidedSinceQuiet(now: number): number {
    return this.#undecided(this.#failing, now);
  }

  #undecided({ since, older }: Stretch, now: number): number {
    return now - since > PATIENCE ? 0 : Math.max(0, this.inFlight - older);
  }
}
