/** Whole nano-dollars as dollars. */
export function showDollars(nanos: number, digits = 2): string {
  return `${nanos < 0 ? '-' : ''}$${(Math.abs(nanos) / 1e9).toFixed(digits)}`;
}

/** `13.7%` */
export function showPercent(part: number, digits = 1): string {
  return `${(part * 100).toFixed(digits)}%`;
}

/** Milliseconds since the day began, as `16:05`. */
export function clockTime(ms: number): string {
  return new Date(ms).toISOString().slice(11, 16);
}
