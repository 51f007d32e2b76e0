/** Part of a mixture: what it weighs, and the logarithm of its value. */
export interface LogPart {
  readonly weight: number;
  /** -Infinity where the value is 0. */
  readonly log: number;
}

/** The logarithm of a weighted sum of numbers that are given by their logarithms, without overflow. */
export function logMixture(parts: readonly LogPart[]): number {
  let largest = -Infinity;
  for (const { weight, log } of parts) if (weight > 0 && log > largest) largest = log;
  if (largest === -Infinity) return -Infinity;
  let sum = 0;
  for (const { weight, log } of parts) if (weight > 0) sum += weight * Math.exp(log - largest);
  return largest + Math.log(sum);
}
