import { rank } from '../../src/routing/score/apgr.ts';
import { shuffled } from '../../src/routing/score/seeded.ts';
import { costShare, thresholdForHalf } from './cost.ts';
import type { Case } from './data.ts';
import type { Router } from './routers.ts';

export const FOLDS = 10;
const SEED = 42;

/** Which prompts are judged together, by index, each exactly once; a router is fitted on the others. */
export type Split = readonly (readonly number[])[];

/** In-distribution: a tenth of the prompts at a time, at random. */
export function byRow(cases: readonly Case[]): Split {
  const order = shuffled(cases.length, SEED);
  return Array.from({ length: FOLDS }, (_, fold) => order.filter((_index, place) => place % FOLDS === fold));
}

/** Unseen tasks: one task at a time. */
export function byTask(cases: readonly Case[]): Split {
  const groups = new Map<string, number[]>();
  for (const [index, { key }] of cases.entries()) groups.set(key, [...(groups.get(key) ?? []), index]);
  return [...groups.values()];
}

/** What a router said of prompts that it was not fitted on. */
export interface HeldOut {
  readonly wants: Float64Array;
  /** Share of the all-strong spend, where the threshold was set for half of it on the prompts of the fit. */
  readonly realisedCost: number;
}

export function judgeHeldOut(router: Router, cases: readonly Case[], split: Split): HeldOut {
  const wants = new Float64Array(cases.length);
  const strong = new Uint8Array(cases.length);
  for (const test of split) {
    const held = new Set(test);
    const others = cases.filter((_, index) => !held.has(index));
    const want = router.fit(others);
    const known = others.map(want);
    const threshold = thresholdForHalf(rank(known), others, known);
    for (const index of test) {
      const one = cases[index];
      if (one === undefined) continue;
      wants[index] = want(one);
      strong[index] = (wants[index] ?? 0) >= threshold ? 1 : 0;
    }
  }
  return { wants, realisedCost: costShare(cases, (index) => strong[index] === 1) };
}
