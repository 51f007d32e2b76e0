import type { Charge, Settlement } from '../state/budget-store.ts';
import { type Amounts, type Asked, amountOf } from './limits.ts';

/** What a settlement takes from the counters, and gives back to the rates. */
export interface Charges {
  readonly charges: readonly Charge[];
  readonly refunds: Settlement['refunds'];
}

/**
 * What was really used, put on the counters that were asked first: a request is charged to the windows it began in. Of the rates
 * only what was taken too much comes back; what a request used beyond its bound was not foreseen, and a rate forgets it.
 *
 * @param used `requests` 0: it was given up before it was sent anywhere
 */
export function chargesFor(asked: Asked, used: Amounts): Charges {
  const charges: Charge[] = [];
  for (let index = 0; index < asked.counters.length; index++) {
    const rule = asked.counterRules[index];
    const counter = asked.counters[index];
    // Nothing of a limit of requests at once is ever spent: the hold is released.
    if (counter === undefined || rule === undefined || rule.unit === 'concurrency') continue;
    const { key, windowStart, windowEnd, forgetAfter } = counter;
    charges.push({ key, windowStart, windowEnd, forgetAfter, amount: amountOf(rule.unit, used) });
  }
  const refunds: Settlement['refunds'][number][] = [];
  for (let index = 0; index < asked.rates.length; index++) {
    const rule = asked.rateRules[index];
    const rate = asked.rates[index];
    if (rate === undefined || rule === undefined) continue;
    const units = rate.cost - (rule.unit === 'tokens' ? used.tokens : used.requests);
    if (units > 0) refunds.push({ key: rate.key, emissionMs: rate.emissionMs, units });
  }
  return { charges, refunds };
}
