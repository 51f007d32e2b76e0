/** A share with its exact binomial (Clopper-Pearson) 95% interval, all from 0 to 1. */
export interface Share {
  readonly hits: number;
  readonly of: number;
  readonly low: number;
  readonly high: number;
}

const TAIL = 0.025;

export function share(hits: number, of: number): Share {
  if (of === 0) return { hits, of, low: 0, high: 1 };
  // The lower bound is where `hits` or more become as unlikely as TAIL; the upper one, where `hits` or fewer do.
  const low = hits === 0 ? 0 : bisect((p) => 1 - atMost(hits - 1, of, p) < TAIL);
  const high = hits === of ? 1 : bisect((p) => atMost(hits, of, p) > TAIL);
  return { hits, of, low, high };
}

/** The largest p in [0, 1] for which `isBelow` still holds. */
function bisect(isBelow: (p: number) => boolean): number {
  let low = 0;
  let high = 1;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (isBelow(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** P(X <= k) of a binomial; summed in logarithms, so that a thousand trials do not underflow. */
function atMost(k: number, n: number, p: number): number {
  if (p <= 0) return 1;
  if (p >= 1) return k >= n ? 1 : 0;
  const odds = Math.log(p) - Math.log1p(-p);
  let term = n * Math.log1p(-p);
  let sum = Math.exp(term);
  for (let i = 1; i <= k; i++) {
    term += Math.log(n - i + 1) - Math.log(i) + odds;
    sum += Math.exp(term);
  }
  return Math.min(1, sum);
}
