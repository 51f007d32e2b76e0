import { apgr, callsFor, type Ranking, rank, recovered } from '../../src/routing/score/apgr.ts';
import { interval } from '../../src/routing/score/assess.ts';
import { randomFrom } from '../../src/routing/score/seeded.ts';
import { CHEAP_PRICE, qualityAtHalf } from './cost.ts';
import type { Case } from './data.ts';
import { byTask, judgeHeldOut, type Split } from './held-out.ts';
import { HEURISTIC, LENGTH, OURS, ROUTERS } from './routers.ts';

export const RESAMPLES = 1_000;
const RANDOM_RUNS = 400;
const SEED = 7;

/** A line of the table. NaN: not defined for it. */
export interface Line {
  readonly router: string;
  readonly apgr: number;
  readonly low: number;
  readonly high: number;
  /** Smallest share of strong calls that recovers half of the gap. */
  readonly cpt50: number;
  readonly qualityAtHalf: number;
  readonly realisedCost: number;
}

/** Ours minus another's, by prompts resampled in pairs. */
export interface Difference {
  readonly over: string;
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface Comparison {
  readonly lines: readonly Line[];
  readonly differences: readonly Difference[];
  /** APGR of ours where each task is routed on its own and the gains are added: telling hard from easy, not one task from another. */
  readonly within: number;
}

/** All routers on prompts that they were not fitted on. */
export function compare(cases: readonly Case[], split: Split, unseen: boolean): Comparison {
  const uplift = Float64Array.from(cases, (one) => one.uplift);
  const rankings = new Map<string, Ranking>();
  const judged = new Map<string, Float64Array>();
  const lines: Line[] = [
    constantLine('all cheap', cases, 0),
    constantLine('all strong', cases, 1),
    randomLine(cases, uplift),
  ];
  for (const router of ROUTERS) {
    if (unseen && router.needsKey) continue;
    const { wants, realisedCost } = judgeHeldOut(router, cases, split);
    const ranking = rank(wants);
    rankings.set(router.name, ranking);
    judged.set(router.name, wants);
    lines.push({
      router: router.name,
      apgr: apgr(ranking, uplift),
      ...interval((times) => apgr(ranking, uplift, times), cases.length, RESAMPLES, SEED),
      cpt50: callsFor(ranking, uplift, 0.5),
      qualityAtHalf: qualityAtHalf(ranking, cases),
      realisedCost,
    });
  }
  const differences = [LENGTH, HEURISTIC].flatMap(({ name }) => {
    const ours = rankings.get(OURS.name);
    const other = rankings.get(name);
    if (ours === undefined || other === undefined) return [];
    const statistic = (times?: ArrayLike<number>) => apgr(ours, uplift, times) - apgr(other, uplift, times);
    return [{ over: name, value: statistic(), ...interval(statistic, cases.length, RESAMPLES, SEED) }];
  });
  const wants = judged.get(OURS.name) ?? new Float64Array(cases.length);
  return { lines, differences, within: withinTasks(cases, wants) };
}

function withinTasks(cases: readonly Case[], wants: Float64Array): number {
  let area = 0;
  let gap = 0;
  for (const indices of byTask(cases)) {
    const ranking = rank(indices.map((index) => wants[index] ?? 0));
    const part = recovered(
      ranking,
      indices.map((index) => cases[index]?.uplift ?? 0),
    );
    area += part.area;
    gap += part.gap;
  }
  return area / gap;
}

function constantLine(router: string, cases: readonly Case[], share: 0 | 1): Line {
  const quality = cases.reduce((sum, { cheap, strong }) => sum + (share === 1 ? strong : cheap), 0) / cases.length;
  const none = Number.NaN;
  const realisedCost = share === 1 ? 1 : CHEAP_PRICE;
  return { router, apgr: none, low: none, high: none, cpt50: none, qualityAtHalf: quality, realisedCost };
}

/** The mean over many random orders, and where 95% of them fall. */
function randomLine(cases: readonly Case[], uplift: Float64Array): Line {
  const random = randomFrom(SEED);
  const values: number[] = [];
  let cpt50 = 0;
  for (let run = 0; run < RANDOM_RUNS; run++) {
    const ranking = rank(Float64Array.from(cases, () => random()));
    values.push(apgr(ranking, uplift));
    cpt50 += callsFor(ranking, uplift, 0.5) / RANDOM_RUNS;
  }
  values.sort((a, b) => a - b);
  const tied = rank(new Float64Array(cases.length));
  return {
    router: 'random',
    apgr: values.reduce((sum, value) => sum + value, 0) / values.length,
    low: values[Math.round(0.025 * RANDOM_RUNS)] ?? Number.NaN,
    high: values[Math.round(0.975 * RANDOM_RUNS)] ?? Number.NaN,
    cpt50,
    qualityAtHalf: qualityAtHalf(tied, cases),
    realisedCost: 0.5,
  };
}
