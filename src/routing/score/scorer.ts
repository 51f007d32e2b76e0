import { FEATURE_NAMES } from '../features/features.ts';
import { sigmoid } from './ridge-logistic.ts';
import type { ScorePolicy } from './score-policy.ts';

/** Standardised values beyond it say "much", not "how much". */
export const MOST_DEVIATION = 4;

/**
 * What a score says of a request. `observe`: it says nothing, because requests like this one were not calibrated on; the request goes
 * where it would without a score, and may be learned from.
 */
export type Judgement = {
  /** Expected score of the strong model minus that of the cheap one, -1 to 1. */
  readonly uplift: number;
  /** Share of the calibrated traffic that wants the strong model less than this, 0 to 1: above 1 - s goes to strong for a share s. */
  readonly rank: number;
  /** Mean square of the standardised features; about 1 for the usual. */
  readonly novelty: number;
} & (
  | { readonly state: 'scored' }
  | { readonly state: 'observe'; readonly reason: 'unknown-key' | 'unlike-calibration' }
);

/** How much a feature moved a score, in the logit of the uplift. */
export interface Contribution {
  readonly feature: string;
  readonly value: number;
  readonly by: number;
}

/** A policy made ready: a decision is one pass over some seventy numbers. */
export class Scorer {
  readonly policy: ScorePolicy;
  readonly #index: Int32Array;
  readonly #mean: Float64Array;
  readonly #scale: Float64Array;
  readonly #weight: Float64Array;
  readonly #ranks: Float64Array;
  readonly #offsets: ReadonlyMap<string, number>;

  constructor(policy: ScorePolicy) {
    this.policy = policy;
    this.#index = Int32Array.from(policy.features, ({ name }) => FEATURE_NAMES.indexOf(name));
    this.#mean = Float64Array.from(policy.features, ({ mean }) => mean);
    this.#scale = Float64Array.from(policy.features, ({ scale }) => scale);
    this.#weight = Float64Array.from(policy.features, ({ weight }) => weight);
    this.#ranks = Float64Array.from(policy.ranks);
    this.#offsets = new Map(Object.entries(policy.keys).map(([key, { offset }]) => [key, offset]));
  }

  /** @param features in the order of FEATURE_NAMES */
  judge(features: Float64Array, key?: string): Judgement {
    let logit = this.policy.intercept;
    let squares = 0;
    for (let index = 0; index < this.#index.length; index++) {
      const value = this.#standard(features, index);
      logit += value * (this.#weight[index] ?? 0);
      squares += value * value;
    }
    const offset = key === undefined ? undefined : this.#offsets.get(key);
    logit += offset ?? 0;
    const novelty = squares / Math.max(1, this.#index.length);
    const judged = { uplift: 2 * sigmoid(logit) - 1, rank: rankOf(this.#ranks, logit), novelty };
    if (this.#offsets.size > 0 && offset === undefined) return { ...judged, state: 'observe', reason: 'unknown-key' };
    if (novelty > this.policy.noveltyLimit) return { ...judged, state: 'observe', reason: 'unlike-calibration' };
    return { ...judged, state: 'scored' };
  }

  /** What moved the score most, for explanations. */
  explain(features: Float64Array, most = 5): Contribution[] {
    return this.policy.features
      .map(({ name, weight }, index) => ({
        feature: name,
        value: features[this.#index[index] ?? -1] ?? 0,
        by: this.#standard(features, index) * weight,
      }))
      .sort((a, b) => Math.abs(b.by) - Math.abs(a.by))
      .slice(0, most);
  }

  #standard(features: Float64Array, index: number): number {
    const value = features[this.#index[index] ?? -1] ?? 0;
    return standardise(value, this.#mean[index] ?? 0, this.#scale[index] ?? 1);
  }
}

export function standardise(value: number, mean: number, scale: number): number {
  const deviation = (value - mean) / scale;
  return deviation > MOST_DEVIATION ? MOST_DEVIATION : deviation < -MOST_DEVIATION ? -MOST_DEVIATION : deviation;
}

/** Where a value stands among quantiles in equal steps, 0 to 1, by linear interpolation. */
export function rankOf(quantiles: Float64Array, value: number): number {
  const last = quantiles.length - 1;
  if (value <= (quantiles[0] ?? 0)) return 0;
  if (value >= (quantiles[last] ?? 0)) return 1;
  let low = 0;
  let high = last;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((quantiles[middle] ?? 0) <= value) low = middle;
    else high = middle;
  }
  const from = quantiles[low] ?? 0;
  const to = quantiles[high] ?? 0;
  return (low + (to > from ? (value - from) / (to - from) : 0)) / last;
}
