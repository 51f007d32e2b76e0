/** The `q` quantile (0 to 1) of unsorted numbers, interpolated; NaN for none. */
export function quantile(values: ArrayLike<number>, q: number): number {
  const sorted = Float64Array.from(values).sort();
  if (sorted.length === 0) return Number.NaN;
  const at = (sorted.length - 1) * q;
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  const above = sorted[Math.ceil(at)] ?? Number.NaN;
  return below + (above - below) * (at - Math.floor(at));
}

export function median(values: ArrayLike<number>): number {
  return quantile(values, 0.5);
}

/** Enough digits to tell apart what is to be told apart; a percentage near 100 is never rounded up to it. */
export function digits(value: number, isPercentage = false): string {
  if (isPercentage && value > 99 && value < 100) return (Math.floor(value * 1000) / 1000).toFixed(3);
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return Number(value.toPrecision(3)).toString();
}

/** A line through points with the 95% confidence of its slope. */
export interface Trend {
  readonly slope: number;
  /** Half width of the 95% interval of the slope. */
  readonly margin: number;
}

/**
 * Theil-Sen slope: the median of the slopes between all pairs, so that one garbage collection does not tilt it. The margin is
 * the nonparametric one (Sen 1968) widened for samples that follow each other (memory moves in saw teeth, not in noise).
 */
export function trend(points: readonly { readonly x: number; readonly y: number }[]): Trend {
  const slopes: number[] = [];
  for (const [index, a] of points.entries()) {
    for (const b of points.slice(index + 1)) if (b.x !== a.x) slopes.push((b.y - a.y) / (b.x - a.x));
  }
  if (slopes.length === 0) return { slope: Number.NaN, margin: Number.POSITIVE_INFINITY };
  const n = points.length;
  const reach = (1.96 * Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18)) / slopes.length / 2;
  const widened = Math.min(0.5, reach * 2);
  const low = quantile(slopes, 0.5 - widened);
  const high = quantile(slopes, 0.5 + widened);
  return { slope: median(slopes), margin: (high - low) / 2 };
}
