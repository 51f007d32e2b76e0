/**
 * One guess at what a change would look like. Its sum grows on evidence of the change and is never below zero, so that a long quiet time
 * earns no credit (CUSUM).
 */
export interface DetectorLane {
  /** The weights of a detector's lanes sum to 1. */
  readonly weight: number;
}

/**
 * Adds one observation.
 *
 * @param sums one a lane; as long as `logFactors`
 * @param logFactors logarithms of numbers whose mean is at most 1 as long as nothing has changed: likelihood ratios or bets
 */
export function addToSums(sums: readonly number[], logFactors: readonly number[]): number[] {
  return logFactors.map((log, lane) => Math.max(0, (sums[lane] ?? 0) + log));
}

/**
 * How near the alarm is: 0 at rest, alarm from 1 on.
 *
 * As long as nothing has changed, the mean time to a (false) alarm is at least `quietTime` observations: the weighted exponentials of the
 * sums stay below the Shiryaev-Roberts statistic of the mixture, and that minus the number of observations is a supermartingale.
 *
 * @param quietTime observations, above 1
 */
export function alarmLevel(lanes: readonly DetectorLane[], sums: readonly number[], quietTime: number): number {
  let level = 0;
  lanes.forEach(({ weight }, lane) => {
    level = Math.max(level, (sums[lane] ?? 0) / Math.log(quietTime / weight));
  });
  return level;
}
