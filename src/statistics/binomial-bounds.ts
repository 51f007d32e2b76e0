import { incompleteBeta } from './incomplete-beta.ts';

/** Bisection halves the interval this often: below the resolution of a double. */
const HALVINGS = 60;

/** An interval that holds the true rate with the confidence asked for, whatever the rate is. */
export interface RateInterval {
  readonly lower: number;
  readonly upper: number;
}

/**
 * The exact (Clopper-Pearson) one-sided upper bound on the rate of an event: the largest rate at which `events` or fewer of `trials` still
 * has a chance of at least 1 - `confidence`.
 *
 * @param confidence above 0, below 1
 * @returns 1 where nothing was tried
 */
export function upperRateBound(events: number, trials: number, confidence: number): number {
  checkCounts(events, trials, confidence);
  if (events === trials) return 1;
  const alpha = 1 - confidence;
  if (events === 0) return -Math.expm1(Math.log(alpha) / trials);
  // P(X <= events | p) = 1 - I_p(events + 1, trials - events): falls as p grows.
  return bisect((p) => 1 - incompleteBeta(p, events + 1, trials - events) >= alpha);
}

/** The exact one-sided lower bound: the smallest rate at which `events` or more of `trials` still has that chance. */
export function lowerRateBound(events: number, trials: number, confidence: number): number {
  return 1 - upperRateBound(trials - events, trials, confidence);
}

/** The exact two-sided interval: half of the doubt on either side. */
export function rateInterval(events: number, trials: number, confidence: number): RateInterval {
  const oneSided = (1 + confidence) / 2;
  return { lower: lowerRateBound(events, trials, oneSided), upper: upperRateBound(events, trials, oneSided) };
}

/**
 * Trials without a single event after which the upper bound is at most `rate`: 299, 149 and 59 for 1%, 2% and 5% at 95%.
 *
 * @param rate above 0, below 1
 */
export function cleanTrialsNeeded(rate: number, confidence: number): number {
  return Math.ceil(Math.log(1 - confidence) / Math.log1p(-rate));
}

function checkCounts(events: number, trials: number, confidence: number): void {
  if (!Number.isSafeInteger(events) || !Number.isSafeInteger(trials) || events < 0 || events > trials) {
    throw new RangeError(`not counts of events and trials: ${events} of ${trials}`);
  }
  if (!(confidence > 0 && confidence < 1)) throw new RangeError(`not a confidence between 0 and 1: ${confidence}`);
}

/** The largest value between 0 and 1 at which `holds`, which is true up to there and false from there on. */
function bisect(holds: (value: number) => boolean): number {
  let low = 0;
  let high = 1;
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2;
    if (holds(middle)) low = middle;
    else high = middle;
  }
  return high;
}
