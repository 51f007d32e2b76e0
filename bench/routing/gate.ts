import { interval } from '../../src/routing/score/assess.ts';
import { calibrate, calibratedScorer } from '../../src/routing/score/calibrate.ts';
import { shuffled } from '../../src/routing/score/seeded.ts';
import { MeanBound } from '../../src/statistics/mean-bound.ts';
import { RESAMPLES } from './compare.ts';
import { costShare } from './cost.ts';
import type { Case } from './data.ts';
import type { Split } from './held-out.ts';

export const DELTA = 0.05;
const CONFIDENCE = 0.95;
const SEED = 11;
const SPLITS = 1_000;

/** What the evidence gate let through, on prompts that its evidence does not hold. */
export interface GateResult {
  /** Keys that were given to the cheap model, with how often (over the folds). */
  readonly admitted: ReadonlyMap<string, number>;
  /** Share of the prompts that went to the cheap model. */
  readonly share: number;
  /** Mean loss (strong minus cheap) on them, with its 95% interval. */
  readonly loss: number;
  readonly low: number;
  readonly high: number;
  readonly quality: number;
  readonly allStrong: number;
  readonly cost: number;
  /** Of {@link SPLITS} halves as evidence: share in which a key that loses more than delta over all its prompts was admitted. */
  readonly badSplits: number;
}

/** Each key is admitted on nine tenths of its prompts and judged on the tenth. */
export function tryGate(cases: readonly Case[], split: Split): GateResult {
  const admitted = new Map<string, number>();
  const isCheap = new Uint8Array(cases.length);
  for (const test of split) {
    const held = new Set(test);
    const { keys } = calibrate(
      cases.filter((_, index) => !held.has(index)),
      { delta: DELTA, confidence: CONFIDENCE },
    );
    for (const [key, entry] of Object.entries(keys))
      if (entry.admitted) admitted.set(key, (admitted.get(key) ?? 0) + 1);
    for (const index of test) if (keys[cases[index]?.key ?? '']?.admitted) isCheap[index] = 1;
  }
  const losses = cases.filter((_, index) => isCheap[index] === 1).map(({ uplift }) => uplift);
  const mean = (times?: ArrayLike<number>) => weightedMean(losses, times);
  return {
    admitted,
    share: losses.length / cases.length,
    loss: mean(),
    ...interval(mean, losses.length, RESAMPLES, SEED),
    quality: cases.reduce((sum, one, index) => sum + (isCheap[index] === 1 ? one.cheap : one.strong), 0) / cases.length,
    allStrong: cases.reduce((sum, { strong }) => sum + strong, 0) / cases.length,
    cost: losses.length === 0 ? 1 : costShare(cases, (index) => isCheap[index] === 0),
    badSplits: badSplits(cases),
  };
}

function weightedMean(values: readonly number[], times?: ArrayLike<number>): number {
  let sum = 0;
  let n = 0;
  for (const [index, value] of values.entries()) {
    const count = times === undefined ? 1 : (times[index] ?? 0);
    sum += count * value;
    n += count;
  }
  return sum / n;
}

/** How often evidence from half of a key's prompts admits it, where all of its prompts say that it should not be. */
function badSplits(cases: readonly Case[]): number {
  const losses = new Map<string, number[]>();
  for (const { key, uplift } of cases) losses.set(key, [...(losses.get(key) ?? []), uplift]);
  const bad = [...losses.values()].filter((values) => weightedMean(values) > DELTA);
  let wrong = 0;
  for (let split = 0; split < SPLITS; split++) {
    const isWrong = bad.some((values) => {
      const bound = new MeanBound();
      for (const index of shuffled(values.length, SEED + split).slice(0, values.length >> 1))
        bound.add(values[index] ?? 0);
      return bound.refutes(DELTA, CONFIDENCE);
    });
    if (isWrong) wrong++;
  }
  return wrong / SPLITS;
}

/** How often the score abstains: on the tasks it was fitted on, and on one that it was not. */
export interface Abstention {
  readonly byKey: number;
  readonly byText: number;
}

export function abstention(cases: readonly Case[], split: Split): Abstention {
  let byKey = 0;
  let byText = 0;
  for (const test of split) {
    const held = new Set(test);
    const others = cases.filter((_, index) => !held.has(index));
    const keyed = calibratedScorer(others);
    const plain = calibratedScorer(others.map(({ features, cheap, strong }) => ({ features, cheap, strong })));
    for (const index of test) {
      const one = cases[index];
      if (one === undefined) continue;
      if (keyed.judge(one.features, one.key).state === 'observe') byKey++;
      if (plain.judge(one.features).state === 'observe') byText++;
    }
  }
  return { byKey: byKey / cases.length, byText: byText / cases.length };
}
