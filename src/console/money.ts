const NANOS = 1_000_000_000;

/** Nano-dollars as dollars: the nearest double, which is unique, so that it can be turned back exactly. */
export function toUsd(nanos: number): number {
  return nanos / NANOS;
}

/** Nano-dollars as dollars, exact, for texts: `0.004215`, `12`. */
export function usdText(nanos: number): string {
  const whole = Math.floor(nanos / NANOS);
  const fraction = String(nanos % NANOS)
    .padStart(9, '0')
    .replace(/0+$/, '');
  return fraction === '' ? String(whole) : `${whole}.${fraction}`;
}
