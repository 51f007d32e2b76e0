import type { Ranking } from '../../src/routing/score/apgr.ts';
import { gainWithin } from '../../src/routing/score/evaluate.ts';
import type { Case } from './data.ts';

/**
 * What a token of the cheap model costs where one of the strong one costs 1. The data has no prices; hosts ask about five times as much
 * for a model of 50 to 70 billion parameters as for one of 7 or 8.
 */
export const CHEAP_PRICE = 0.2;

/** Of the spend if everything went to the strong model. */
export const HALF = 0.5;

/** The share of the all-strong spend that a choice costs. */
export function costShare(cases: readonly Case[], isStrong: (index: number) => boolean): number {
  let spent = 0;
  let all = 0;
  for (const [index, { tokens }] of cases.entries()) {
    all += tokens;
    spent += tokens * (isStrong(index) ? 1 : CHEAP_PRICE);
  }
  return spent / all;
}

/** Mean score where the prompts that want the strong model most go there until half of the all-strong spend is used; ties in part. */
export function qualityAtHalf(ranking: Ranking, cases: readonly Case[]): number {
  const uplift = cases.map((one) => one.uplift);
  const tokens = cases.map((one) => one.tokens);
  const gained = gainWithin(ranking, uplift, tokens, CHEAP_PRICE, HALF) ?? Number.NaN;
  return (cases.reduce((sum, { cheap }) => sum + cheap, 0) + gained) / cases.length;
}

/** The want from which on a prompt goes to the strong model, so that on these prompts at most half of the all-strong spend is used. */
export function thresholdForHalf(
  { order, endsTie }: Ranking,
  cases: readonly Case[],
  wants: ArrayLike<number>,
): number {
  const total = cases.reduce((sum, { tokens }) => sum + tokens, 0);
  const room = (HALF - CHEAP_PRICE) * total;
  let extra = 0;
  let threshold = Number.POSITIVE_INFINITY;
  for (let at = 0; at < order.length; at++) {
    extra += (1 - CHEAP_PRICE) * (cases[order[at] ?? 0]?.tokens ?? 0);
    if (extra > room) break;
    if (endsTie[at] === 1) threshold = wants[order[at] ?? 0] ?? threshold;
  }
  return threshold;
}
