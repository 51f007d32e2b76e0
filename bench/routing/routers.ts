import { featuresOf } from '../../src/routing/features/features.ts';
import { chooseTier, TIERS } from '../../src/routing/score/article.ts';
import { calibratedScorer, type PairedRow } from '../../src/routing/score/calibrate.ts';
import type { Case } from './data.ts';

/** How much a prompt wants the strong model. Only the order counts. */
export type Want = (one: Case) => number;

/** A way of routing, learned from other prompts than it is judged on. */
export interface Router {
  readonly name: string;
  readonly fit: (rows: readonly Case[]) => Want;
  /** Knows nothing of a task it has not seen. */
  readonly needsKey?: boolean;
  /** All that is done for one decision, from the text; where it differs from what `fit` gives, which has the features at hand. */
  readonly decide?: (rows: readonly Case[]) => Want;
}

const pairedRow = ({ features, cheap, strong, key }: Case): PairedRow => ({ features, cheap, strong, key });
const withoutKey = ({ features, cheap, strong }: Case): PairedRow => ({ features, cheap, strong });

export const LENGTH: Router = { name: 'length', fit: () => (one) => one.length };

/** By tier, and within a tier by complexity: more than the article asks of it. */
export const HEURISTIC: Router = {
  name: "the article's heuristic",
  fit: () => (one) => {
    const { tier, complexity } = chooseTier(one.text);
    return TIERS.indexOf(tier) + 0.999 * complexity.value;
  },
};

/** Ranks and not scores are compared: scores of policies fitted on other rows differ in their level. */
export const OURS: Router = {
  name: 'ours, text alone',
  fit: (rows) => {
    const scorer = calibratedScorer(rows.map(withoutKey));
    return ({ features }) => scorer.judge(features).rank;
  },
  decide: (rows) => {
    const scorer = calibratedScorer(rows.map(withoutKey));
    return ({ text }) => scorer.judge(featuresOf(text)).rank;
  },
};

export const OURS_WITH_KEY: Router = {
  name: 'ours, text and route key',
  needsKey: true,
  fit: (rows) => {
    const scorer = calibratedScorer(rows.map(pairedRow));
    return ({ features, key }) => scorer.judge(features, key).rank;
  },
  decide: (rows) => {
    const scorer = calibratedScorer(rows.map(pairedRow));
    return ({ text, key }) => scorer.judge(featuresOf(text), key).rank;
  },
};

export const TASK_LABEL: Router = {
  name: 'task label',
  needsKey: true,
  fit: (rows) => {
    const means = taskMeans(rows);
    return ({ key }) => means.get(key) ?? 0;
  },
};

/** Knows the outcome. */
export const ORACLE: Router = { name: 'oracle', fit: () => (one) => one.uplift };

export const ROUTERS: readonly Router[] = [LENGTH, HEURISTIC, OURS, OURS_WITH_KEY, TASK_LABEL, ORACLE];

/** Mean uplift by task. */
export function taskMeans(rows: readonly Case[]): ReadonlyMap<string, number> {
  const sums = new Map<string, { n: number; sum: number }>();
  for (const { key, uplift } of rows) {
    const entry = sums.get(key) ?? { n: 0, sum: 0 };
    entry.n++;
    entry.sum += uplift;
    sums.set(key, entry);
  }
  return new Map([...sums].map(([key, { n, sum }]) => [key, sum / n]));
}
