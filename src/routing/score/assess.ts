import { apgr, rank } from './apgr.ts';
import { type CalibrateOptions, calibratedScorer, featuresOfRow, type PairedRow } from './calibrate.ts';
import { randomFrom, shuffled } from './seeded.ts';

/** How well a score would do on prompts it has not seen, estimated from the rows it is calibrated on. */
export interface Assessment {
  readonly rows: number;
  /** Average performance gap recovered, and its 95% interval; 0.5 is chance. NaN where the strong model is not better. */
  readonly apgr: number;
  readonly low: number;
  readonly high: number;
  /** In a sentence. */
  readonly verdict: string;
}

const FOLDS = 5;
const RESAMPLES = 400;
const SEED = 20_240_601;

/**
 * Calibrates on four fifths of the rows and judges the others, five times.
 *
 * @throws CalibrationError as `calibrate` does
 */
export function assess(given: readonly PairedRow[], options: CalibrateOptions = {}): Assessment {
  const rows = given.map((row) => ({ ...row, features: featuresOfRow(row) }));
  const wants = new Float64Array(rows.length);
  const order = shuffled(rows.length, SEED);
  for (let fold = 0; fold < FOLDS; fold++) {
    const test = order.filter((_, place) => place % FOLDS === fold);
    const scorer = calibratedScorer(
      order.flatMap((index, place) => (place % FOLDS === fold ? [] : (rows[index] ?? []))),
      options,
    );
    for (const index of test) {
      const row = rows[index];
      if (row !== undefined) wants[index] = scorer.judge(row.features, row.key).rank;
    }
  }
  const uplift = rows.map(({ cheap, strong }) => strong - cheap);
  const ranking = rank(wants);
  const value = apgr(ranking, uplift);
  const { low, high } = interval((times) => apgr(ranking, uplift, times), rows.length, RESAMPLES, SEED);
  return { rows: rows.length, apgr: value, low, high, verdict: verdictOn(uplift, low) };
}

function verdictOn(uplift: readonly number[], low: number): string {
  const gap = uplift.reduce((sum, value) => sum + value, 0) / uplift.length;
  if (!(gap > 0)) return 'The strong model is not better on these rows: there is no gap for a score to recover.';
  if (!(low > 0.5))
    return 'The score does not order these prompts better than chance: routing by it does not pay here.';
  return 'The score orders these prompts better than chance.';
}

/** The 95% interval of a statistic, by the percentiles of resampled rows. Seeded: the same rows give the same interval. */
export function interval(
  statistic: (times: ArrayLike<number>) => number,
  rows: number,
  resamples: number,
  seed: number,
): { readonly low: number; readonly high: number } {
  const random = randomFrom(seed);
  const times = new Float64Array(rows);
  const values: number[] = [];
  for (let sample = 0; sample < resamples; sample++) {
    times.fill(0);
    for (let draw = 0; draw < rows; draw++) {
      const index = Math.floor(random() * rows);
      times[index] = (times[index] ?? 0) + 1;
    }
    values.push(statistic(times));
  }
  values.sort((a, b) => a - b);
  const at = (share: number) => values[Math.round(share * (values.length - 1))] ?? Number.NaN;
  return { low: at(0.025), high: at(0.975) };
}
