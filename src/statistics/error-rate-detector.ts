import { addToSums, alarmLevel, type DetectorLane } from './change-detector.ts';

interface RateLane extends DetectorLane {
  readonly error: number;
  readonly clean: number;
}

/** Mean and 95th percentile of the trials until the alarm. */
export interface DetectionDelay {
  readonly mean: number;
  readonly p95: number;
}

/** As a share of epsilon: the error rate up to which the quiet time is promised. */
const QUIET = 0.5;

/** As shares of epsilon: the error rates that are looked for. The second makes a plain failure show after a handful of errors. */
const FEARED = [
  { share: 2, weight: 0.8 },
  { share: 8, weight: 0.2 },
];

/** The quiet time is this many times 1 / epsilon. */
const QUIET_TIMES = 20;

/**
 * Watches a stream of trials that ought to have at most `epsilon` errors, and alarms when there are twice as many.
 *
 * The reference is half of epsilon: what has been certified is usually well below the bound, and twice epsilon is then told apart from it
 * three times as fast as from epsilon itself. The mean time between false alarms is at least 20 / epsilon trials for an error rate of
 * epsilon / 2 by proof, and in fact a hundred times that; see docs/cache-certificates.md for the measured figures.
 */
export class ErrorRateDetector {
  readonly #lanes: readonly RateLane[];
  readonly #onError: readonly number[];
  readonly #onClean: readonly number[];
  readonly #quietTime: number;

  /** @param epsilon above 0, below 0.4 */
  constructor(epsilon: number) {
    if (!(epsilon > 0 && epsilon < 0.4)) throw new RangeError(`epsilon must be above 0 and below 0.4, not ${epsilon}`);
    const quiet = QUIET * epsilon;
    this.#lanes = FEARED.map(({ share, weight }) => {
      const feared = share === 2 ? 2 * epsilon : Math.max(2 * epsilon, Math.min(share * epsilon, 0.5));
      return { weight, error: Math.log(feared / quiet), clean: Math.log1p(-feared) - Math.log1p(-quiet) };
    });
    this.#onError = this.#lanes.map((lane) => lane.error);
    this.#onClean = this.#lanes.map((lane) => lane.clean);
    this.#quietTime = QUIET_TIMES / epsilon;
  }

  /** The sums after one more trial. */
  add(sums: readonly number[], error: boolean): number[] {
    return addToSums(sums, error ? this.#onError : this.#onClean);
  }

  /** 0 at rest, alarm from 1 on. */
  level(sums: readonly number[]): number {
    return alarmLevel(this.#lanes, sums, this.#quietTime);
  }

  /** The first lane's evidence for "twice epsilon" against "half of epsilon" of a plain count of trials, as a logarithm. */
  evidence(errors: number, trials: number): number {
    const lane = this.#lanes[0];
    return lane === undefined ? 0 : errors * lane.error + (trials - errors) * lane.clean;
  }

  /** Trials until the alarm where the error rate is twice epsilon from now on: Wald's approximation, which errs on the long side. */
  delay(epsilon: number): DetectionDelay {
    const lane = this.#lanes[0];
    if (lane === undefined) return { mean: Infinity, p95: Infinity };
    const rate = 2 * epsilon;
    const drift = rate * lane.error + (1 - rate) * lane.clean;
    const variance = rate * (1 - rate) * (lane.error - lane.clean) ** 2;
    const limit = Math.log(this.#quietTime / lane.weight);
    const mean = limit / drift;
    return { mean: Math.ceil(mean), p95: Math.ceil(mean + (1.645 * Math.sqrt((limit * variance) / drift)) / drift) };
  }
}
