import type { Clock } from '../../clock.ts';

const failuresInARow = 5;
const firstPauseMs = 5_000;
const longestPauseMs = 60_000;

/**
 * Stops asking what has failed five times in a row: for 5 s, then one call is let through, and each time that fails too the pause doubles, to
 * a minute. Without it every request would wait out its embedding deadline for nothing.
 */
export class FailurePause {
  readonly #clock: Clock;
  #failures = 0;
  #pauseMs = firstPauseMs;
  #until: number | undefined;
  #isProbing = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether to ask now. Who is let through says how it went. */
  admits(): boolean {
    if (this.#until === undefined) return true;
    if (this.#isProbing || this.#clock.now() < this.#until) return false;
    this.#isProbing = true;
    return true;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#pauseMs = firstPauseMs;
    this.#until = undefined;
    this.#isProbing = false;
  }

  failed(): void {
    const probed = this.#isProbing;
    this.#isProbing = false;
    this.#failures++;
    if (this.#until === undefined && this.#failures < failuresInARow) return;
    // Calls begun before the pause that fail in it say nothing new.
    if (this.#until !== undefined && !probed) return;
    this.#until = this.#clock.now() + this.#pauseMs;
    this.#pauseMs = Math.min(longestPauseMs, this.#pauseMs * 2);
  }

  /** The caller gave up before it could be told. */
  unknown(): void {
    this.#isProbing = false;
  }
}
