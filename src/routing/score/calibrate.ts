import { MeanBound } from '../../statistics/mean-bound.ts';
import { FEATURE_NAMES, featuresOf } from '../features/features.ts';
import { promptText } from '../features/prompt-text.ts';
import { fitRidgeLogistic, type Observation } from './ridge-logistic.ts';
import type { ScorePolicy } from './score-policy.ts';
import { Scorer, standardise } from './scorer.ts';

/** One prompt that both models answered, and how good either answer was. */
export interface PairedRow {
  /** The user's last turn; not needed where there are features. */
  readonly prompt?: string;
  /** In the order of FEATURE_NAMES. */
  readonly features?: Float64Array;
  /** What kind of work it was, in the caller's own terms. */
  readonly key?: string | undefined;
  /** Scores, 0 to 1. */
  readonly cheap: number;
  readonly strong: number;
}

export interface CalibrateOptions {
  /** Mean loss up to which the cheap model may have a key. Default 0.05. */
  readonly delta?: number;
  /** Of the bound on it, one-sided. Default 0.95. */
  readonly confidence?: number;
  /** Penalty on the weights. Default {@link RIDGE}. */
  readonly ridge?: number;
}

/** Rows that cannot be calibrated on, with a sentence for the user. */
export class CalibrationError extends Error {
  override readonly name = 'CalibrationError';
}

/** Strong on purpose: some seventy features and a few hundred or thousand rows. Over a factor of ten either way little changes. */
export const RIDGE = 300;
/** A key's own rate weighs as much as the features once it has about a dozen rows. */
const KEY_RIDGE = 3;
/** A key with fewer rows has no rate of its own, and its requests are observed. */
export const LEAST_KEY_ROWS = 20;
export const LEAST_ROWS = 100;
/** Share of the calibrated rows that would themselves pass for unlike them. */
const UNLIKE = 0.005;
/** What is exactly as unusual as a calibrated row is not observed for a rounding error. */
const LEEWAY = 1.001;
const QUANTILES = 100;

/**
 * Fits a score to paired outcomes: how much better the strong model is expected to do on a prompt. Not whether the cheap one will fail:
 * a prompt on which both fail is not worth the strong one's price. The outcome (uplift, -1 to 1) is moved to 0 to 1 and fitted as a
 * share, so one set of weights tells it all. Deterministic, and independent of the order of the rows but for rounding.
 *
 * @throws CalibrationError where there are too few rows or a score is not between 0 and 1
 */
export function calibrate(rows: readonly PairedRow[], options: CalibrateOptions = {}): ScorePolicy {
  const { delta = 0.05, confidence = 0.95, ridge = RIDGE } = options;
  check(rows);
  const values = rows.map(featuresOfRow);
  const scales = scalesOf(values);
  const keys = keysOf(rows);
  const groups = new Map(keys.map(({ key }, index) => [key, index]));
  const observations: Observation[] = rows.map(({ key, cheap, strong }, index) => ({
    x: standardised(values[index], scales),
    group: key === undefined ? -1 : (groups.get(key) ?? -1),
    y: (strong - cheap + 1) / 2,
  }));
  const fit = fitRidgeLogistic(observations, keys.length, { ridge, groupRidge: KEY_RIDGE });

  const logits: number[] = [];
  const novelties: number[] = [];
  for (const { x, group } of observations) {
    let logit = fit.intercept + (fit.offsets[group] ?? 0);
    let squares = 0;
    for (const [index, value] of x.entries()) {
      logit += value * (fit.weights[index] ?? 0);
      squares += value * value;
    }
    logits.push(logit);
    novelties.push(squares / Math.max(1, x.length));
  }
  const sorted = logits.sort((a, b) => a - b);
  novelties.sort((a, b) => a - b);
  const usual = quantileOf(novelties, 1 - UNLIKE);
  return {
    version: 1,
    rows: rows.length,
    cheap: rounded(mean(rows, ({ cheap }) => cheap)),
    strong: rounded(mean(rows, ({ strong }) => strong)),
    delta,
    confidence,
    intercept: rounded(fit.intercept),
    features: scales.map(({ name, mean: middle, scale }, index) => ({
      name,
      mean: rounded(middle),
      scale: rounded(scale),
      weight: rounded(fit.weights[index] ?? 0),
    })),
    ranks: Array.from({ length: QUANTILES + 1 }, (_, step) => rounded(quantileOf(sorted, step / QUANTILES))),
    noveltyLimit: rounded(LEEWAY * Math.max(0.01, usual)),
    keys: Object.fromEntries(
      keys.map(({ key, bound }, index) => {
        const upper = bound.upper(confidence);
        const evidence = { n: bound.n, offset: rounded(fit.offsets[index] ?? 0), loss: rounded(bound.mean) };
        return [key, { ...evidence, upper: rounded(upper), admitted: upper <= delta }];
      }),
    ),
  };
}

/** The same, ready to judge. */
export function calibratedScorer(rows: readonly PairedRow[], options: CalibrateOptions = {}): Scorer {
  return new Scorer(calibrate(rows, options));
}

export function featuresOfRow({ features, prompt }: PairedRow): Float64Array {
  return features ?? featuresOf(promptText(prompt ?? ''));
}

function check(rows: readonly PairedRow[]): void {
  if (rows.length < LEAST_ROWS) {
    throw new CalibrationError(`${rows.length} paired rows are too few to calibrate on: at least ${LEAST_ROWS}.`);
  }
  for (const [index, { cheap, strong, features, prompt }] of rows.entries()) {
    const sane = cheap >= 0 && cheap <= 1 && strong >= 0 && strong <= 1;
    if (!sane) throw new CalibrationError(`Row ${index + 1}: both scores must be between 0 and 1.`);
    if (features === undefined ? prompt === undefined : features.length !== FEATURE_NAMES.length) {
      throw new CalibrationError(`Row ${index + 1}: a prompt, or its ${FEATURE_NAMES.length} features, is missing.`);
    }
  }
}

interface Scale {
  readonly name: string;
  readonly index: number;
  readonly mean: number;
  readonly scale: number;
}

/** Of the features that vary. Rounded as the policy keeps them, so that the fit is of what will be used. */
function scalesOf(values: readonly Float64Array[]): Scale[] {
  return FEATURE_NAMES.flatMap((name, index) => {
    let sum = 0;
    for (const value of values) sum += value[index] ?? 0;
    const middle = sum / values.length;
    let squares = 0;
    for (const value of values) squares += ((value[index] ?? 0) - middle) ** 2;
    const scale = Math.sqrt(squares / values.length);
    return scale < 1e-6 ? [] : [{ name, index, mean: rounded(middle), scale: rounded(scale) }];
  });
}

function standardised(values: Float64Array | undefined, scales: readonly Scale[]): Float64Array {
  return Float64Array.from(scales, ({ index, mean: middle, scale }) =>
    standardise(values?.[index] ?? 0, middle, scale),
  );
}

/** The keys that have enough rows, by name, with the bound on their loss. */
function keysOf(rows: readonly PairedRow[]): { key: string; bound: MeanBound }[] {
  const bounds = new Map<string, MeanBound>();
  for (const { key, cheap, strong } of rows) {
    if (key === undefined) continue;
    const bound = bounds.get(key) ?? new MeanBound();
    bound.add(strong - cheap);
    bounds.set(key, bound);
  }
  return [...bounds]
    .filter(([, { n }]) => n >= LEAST_KEY_ROWS)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, bound]) => ({ key, bound }));
}

function mean(rows: readonly PairedRow[], of: (row: PairedRow) => number): number {
  return rows.reduce((sum, row) => sum + of(row), 0) / rows.length;
}

function quantileOf(sorted: readonly number[], share: number): number {
  return sorted[Math.round(share * (sorted.length - 1))] ?? 0;
}

/** Five digits: what is published is what is used. */
function rounded(value: number): number {
  return Number(value.toPrecision(5));
}
