import { logGamma } from './log-gamma.ts';

/** Convergence is a matter of about sqrt(max(a, b)) steps; this is far beyond any count of audits. */
const MAX_STEPS = 10_000;

/** Keeps a denominator from being zero (Lentz). */
const TINY = 1e-300;

/**
 * The regularised incomplete beta function I_x(a, b): the chance that a Beta(a, b) is at most x. By its continued fraction
 * (Numerical Recipes, 6.4).
 *
 * @param x from 0 to 1
 * @param a at least 0.5
 * @param b at least 0.5
 */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  // The fraction converges fast on this side of the mean only.
  if (x < (a + 1) / (a + b + 2)) return (front * continuedFraction(x, a, b)) / a;
  return 1 - (front * continuedFraction(1 - x, b, a)) / b;
}

function continuedFraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / awayFromZero(1 - ((a + b) * x) / (a + 1));
  let value = d;
  for (let m = 1; m <= MAX_STEPS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / awayFromZero(1 + even * d);
    c = awayFromZero(1 + even / c);
    value *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / awayFromZero(1 + odd * d);
    c = awayFromZero(1 + odd / c);
    const step = d * c;
    value *= step;
    if (Math.abs(step - 1) < 1e-14) return value;
  }
  throw new RangeError(`incomplete beta function did not converge at x=${x}, a=${a}, b=${b}`);
}

function awayFromZero(value: number): number {
  return Math.abs(value) < TINY ? TINY : value;
}
