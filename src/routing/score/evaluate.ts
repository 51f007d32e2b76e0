import { apgr, callsFor, type Ranking, rank } from './apgr.ts';
import { interval } from './assess.ts';
import type { ScorePolicy } from './score-policy.ts';
import { Scorer } from './scorer.ts';

/** One prompt that both models answered, made ready. */
export interface EvaluatedRow {
  readonly features: Float64Array;
  readonly key: string | undefined;
  readonly cheap: number;
  readonly strong: number;
  /** What the call costs in proportion to others: its tokens; 1 where that is not known. */
  readonly tokens: number;
}

/** How a policy does on rows it was not calibrated on. */
export interface Evaluation {
  readonly rows: number;
  /** Mean scores. */
  readonly cheap: number;
  readonly strong: number;
  /** Average performance gap recovered by the order of the score, with its 95% interval; 0.5 is chance. NaN: there is no gap. */
  readonly apgr: number;
  readonly low: number;
  readonly high: number;
  /** The smallest share of strong calls that recovers half of the gap; NaN: there is no gap. */
  readonly cpt50: number;
  /** Mean score where half of what all-strong costs is spent; undefined where the cheap model alone costs more. */
  readonly qualityAtHalf: number | undefined;
  /** Share of the rows of which the score says nothing. */
  readonly observed: number;
  /** Keys that the policy gives to the cheap model, and what that loses here (strong minus cheap) with its 95% interval; NaN without rows. */
  readonly admitted: {
    readonly keys: readonly { readonly key: string; readonly rows: number; readonly loss: number }[];
    readonly share: number;
    readonly loss: number;
    readonly low: number;
    readonly high: number;
  };
}

const RESAMPLES = 1_000;
const SEED = 20_261_122;
const HALF = 0.5;

/** @param cheapPrice what a token of the cheap model costs where one of the strong one costs 1 */
export function evaluate(policy: ScorePolicy, rows: readonly EvaluatedRow[], cheapPrice: number): Evaluation {
  const scorer = new Scorer(policy);
  let observed = 0;
  const wants = rows.map(({ features, key }) => {
    const { state, rank: want } = scorer.judge(features, key);
    if (state === 'observe') observed++;
    return want;
  });
  const uplift = rows.map(({ cheap, strong }) => strong - cheap);
  const ranking = rank(wants);
  const mean = (of: (row: EvaluatedRow) => number) => rows.reduce((sum, row) => sum + of(row), 0) / rows.length;
  const gain = gainWithin(
    ranking,
    uplift,
    rows.map(({ tokens }) => tokens),
    cheapPrice,
    HALF,
  );
  const cheap = mean((row) => row.cheap);
  return {
    rows: rows.length,
    cheap,
    strong: mean((row) => row.strong),
    apgr: apgr(ranking, uplift),
    ...interval((times) => apgr(ranking, uplift, times), rows.length, RESAMPLES, SEED),
    cpt50: callsFor(ranking, uplift, HALF),
    qualityAtHalf: gain === undefined ? undefined : cheap + gain / rows.length,
    observed: observed / rows.length,
    admitted: admittedOf(policy, rows),
  };
}

/**
 * What is gained over all-cheap where the prompts that want the strong model most go there until so much of the all-strong spend is used; ties in
 * part. Undefined: the cheap model alone costs more than that.
 */
export function gainWithin(
  { order, endsTie }: Ranking,
  uplift: ArrayLike<number>,
  tokens: ArrayLike<number>,
  cheapPrice: number,
  share: number,
): number | undefined {
  let total = 0;
  for (let index = 0; index < tokens.length; index++) total += tokens[index] ?? 0;
  let left = (share - cheapPrice) * total;
  if (left < 0) return undefined;
  let gained = 0;
  let extra = 0;
  let tiedGain = 0;
  for (let at = 0; at < order.length; at++) {
    const index = order[at] ?? 0;
    extra += (1 - cheapPrice) * (tokens[index] ?? 0);
    tiedGain += uplift[index] ?? 0;
    if (endsTie[at] === 0) continue;
    if (extra >= left) return gained + (extra === 0 ? 0 : (tiedGain * left) / extra);
    gained += tiedGain;
    left -= extra;
    extra = 0;
    tiedGain = 0;
  }
  return gained;
}

function admittedOf(policy: ScorePolicy, rows: readonly EvaluatedRow[]): Evaluation['admitted'] {
  const byKey = new Map<string, { rows: number; loss: number }>();
  const losses: number[] = [];
  for (const { key, cheap, strong } of rows) {
    if (key === undefined || !Object.hasOwn(policy.keys, key) || policy.keys[key]?.admitted !== true) continue;
    losses.push(strong - cheap);
    const sum = byKey.get(key) ?? { rows: 0, loss: 0 };
    byKey.set(key, { rows: sum.rows + 1, loss: sum.loss + strong - cheap });
  }
  const mean = (times?: ArrayLike<number>): number => {
    let sum = 0;
    let n = 0;
    for (const [index, loss] of losses.entries()) {
      const count = times === undefined ? 1 : (times[index] ?? 0);
      sum += count * loss;
      n += count;
    }
    return sum / n;
  };
  const none = { low: Number.NaN, high: Number.NaN };
  return {
    keys: [...byKey].map(([key, { rows: n, loss }]) => ({ key, rows: n, loss: loss / n })),
    share: losses.length / rows.length,
    loss: mean(),
    ...(losses.length === 0 ? none : interval(mean, losses.length, RESAMPLES, SEED)),
  };
}
