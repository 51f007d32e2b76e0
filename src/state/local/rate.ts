import type { RateAsk } from '../budget-store.ts';

/**
 * A rate by the generic cell rate algorithm: `tat` is the theoretical arrival time, when all that was taken has come back.
 * Times are milliseconds since the engine's start: since 1970 their fractions would be too coarse for two million tokens a minute.
 */
export class Rate {
  readonly key: string;
  tat: number;

  constructor(key: string, now: number) {
    this.key = key;
    this.tat = now;
  }
}

/** A thousandth of a unit: `600 / minute` added up 600 times must not come out above the burst by a rounding error. */
const tolerance = 0.001;

/**
 * Where the arrival time begins from. It lies at most a burst ahead: farther only where the clock was set back or the burst made
 * smaller. Waiting for it to catch up would close the rate for as long as that takes, so it is corrected for good.
 */
const startOf = (rate: Rate, now: number, { burst, emissionMs }: RateAsk): number => {
  if (rate.tat <= now) return now;
  const farthest = now + burst * emissionMs;
  if (rate.tat > farthest + tolerance * emissionMs) rate.tat = farthest;
  return rate.tat;
};

/** @returns undefined where it may be taken, else the milliseconds until it may; Infinity where it never may */
export function waitFor(rate: Rate | undefined, now: number, ask: RateAsk): number | undefined {
  if (ask.cost > ask.burst) return Number.POSITIVE_INFINITY;
  if (rate === undefined) return undefined;
  const ahead = startOf(rate, now, ask) + (ask.cost - ask.burst) * ask.emissionMs - now;
  return ahead <= tolerance * ask.emissionMs ? undefined : ahead;
}

export function take(rate: Rate, now: number, ask: RateAsk): void {
  rate.tat = startOf(rate, now, ask) + ask.cost * ask.emissionMs;
}
