import type { Clock } from '../clock.ts';
import { AdaptiveLimit } from './adaptive-limit.ts';
import { type ConcurrencyLimit, CountedLimit } from './counted-limit.ts';

export type { ConcurrencyLimit, Slot } from './counted-limit.ts';

/** A limit that stays. @throws RangeError when `limit` is no whole number above 0 */
export function fixedLimit(limit: number): ConcurrencyLimit {
  if (!isCount(limit)) throw new RangeError(`limit must be a whole number above 0, not ${limit}`);
  return new CountedLimit(limit);
}

/** A limit between `min` and `max` that adapts to time to first token. @throws RangeError unless 1 <= min <= max */
export function adaptiveLimit(options: { min: number; max: number; clock: Clock }): ConcurrencyLimit {
  const { min, max } = options;
  if (!isCount(min)) throw new RangeError(`min must be a whole number above 0, not ${min}`);
  if (!isCount(max) || max < min)
    throw new RangeError(`max must be a whole number of at least min (${min}), not ${max}`);
  return new AdaptiveLimit(options);
}

function isCount(value: number): boolean {
  return Number.isInteger(value) && value >= 1;
}
