import { addToSums, alarmLevel } from './change-detector.ts';

/** What the detector compares with, and how rarely it may cry wolf. */
export interface RegressionSettings {
  /** The mean up to which the quiet time is promised. */
  readonly quietMean: number;
  /** Observations between false alarms, on average at least, at the quiet mean. */
  readonly quietTime: number;
}

/** Shares of the largest admissible bet that the mean has risen, and their weights. */
const BETS = [
  { bet: 0.25, weight: 0.25 },
  { bet: 0.5, weight: 0.5 },
  { bet: 0.9, weight: 0.25 },
];

/**
 * Watches values between -1 and 1 (paired losses) and alarms when their mean has risen by about ten points.
 *
 * By betting, as in {@link MeanBound}, with the sums of a change detector: nothing is assumed about the values but their range, and the
 * quiet time is a proven floor for any values whose mean is at most the quiet mean.
 */
export class MeanRegressionDetector {
  readonly #settings: RegressionSettings;

  constructor(settings: RegressionSettings = { quietMean: 0, quietTime: 40 }) {
    this.#settings = settings;
  }

  /**
   * The sums after one more value.
   *
   * @param value from -1 to 1
   */
  add(sums: readonly number[], value: number): number[] {
    if (!(value >= -1 && value <= 1)) throw new RangeError(`not a value between -1 and 1: ${value}`);
    const { quietMean } = this.#settings;
    return addToSums(
      sums,
      BETS.map(({ bet }) => Math.log1p((bet * (value - quietMean)) / (1 + quietMean))),
    );
  }

  /** 0 at rest, alarm from 1 on. */
  level(sums: readonly number[]): number {
    return alarmLevel(BETS, sums, this.#settings.quietTime);
  }
}
