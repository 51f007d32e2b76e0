import { cleanTrialsNeeded } from './binomial-bounds.ts';
import { type LogPart, logMixture } from './log-mixture.ts';

/** What the test may spend: the error rate to be refuted, and the doubt that all attempts together may leave. */
export interface ErrorRateGoal {
  /** The rate that must be refuted, above 0, below 1. */
  readonly epsilon: number;
  /** 1 - the chance that any attempt ever passes at an error rate of epsilon or more. */
  readonly confidence: number;
}

/** Error rates, as shares of epsilon, that an attempt is prepared to find. 0 is apart: it alone gives the counts of clean audits. */
const TOLERATED = [0.1, 0.25, 0.5];

/** Less than this is no weight to tolerate an error with; the count of clean trials then is one more. */
const LEAST_RESERVE = 1e-4;

/**
 * The evidence against "the error rate is epsilon or more", as a test that may be looked at after every single trial.
 *
 * It is the likelihood ratio of a mixture of smaller rates q against epsilon. Where the true rate is epsilon or more, the ratio is a
 * non-negative supermartingale, so that it ever reaches 1 / alpha with a chance of at most alpha, however often one looks (Ville).
 *
 * How the mixture is weighed: the clean run (q = 0) of the first attempt gets just enough to pass at `cleanTrialsNeeded` (299, 149, 59).
 * What rounding up to a whole trial leaves is the reserve: half of it tolerates errors in the first attempt, the other half is for later
 * attempts, each with half of the one before. All attempts together weigh at most 1, so the promise holds for all of them together.
 *
 * @param attempt counted from 1; evidence must be fresh for each
 * @returns the logarithm of the evidence: the attempt has passed where it is at least {@link passMark}
 */
export function errorRateEvidence(goal: ErrorRateGoal, attempt: number, errors: number, trials: number): number {
  const { epsilon } = goal;
  const parts: LogPart[] = [
    { weight: cleanWeight(goal, attempt), log: errors === 0 ? -trials * Math.log1p(-epsilon) : -Infinity },
  ];
  const each = tolerantWeight(goal, attempt) / TOLERATED.length;
  for (const share of TOLERATED) {
    const q = share * epsilon;
    const log = errors * Math.log(share) + (trials - errors) * (Math.log1p(-q) - Math.log1p(-epsilon));
    parts.push({ weight: each, log });
  }
  return logMixture(parts);
}

/** The logarithm of 1 / alpha: evidence that reaches it has passed. */
export function passMark({ confidence }: ErrorRateGoal): number {
  return -Math.log(1 - confidence);
}

/** Whether the attempt has refuted epsilon. */
export function refutes(goal: ErrorRateGoal, attempt: number, errors: number, trials: number): boolean {
  // The clean run meets the mark exactly; the last digit of a double must not cost it a trial.
  return errorRateEvidence(goal, attempt, errors, trials) >= passMark(goal) - 1e-9;
}

/** Clean trials with which an attempt passes. */
export function cleanTrialsOfAttempt(goal: ErrorRateGoal, attempt: number): number {
  let trials = cleanTrialsNeeded(goal.epsilon, goal.confidence);
  while (!refutes(goal, attempt, 0, trials)) trials++;
  return trials;
}

/** The share of all weight that is left when the first attempt's clean run has what it needs. */
function reserve({ epsilon, confidence }: ErrorRateGoal): number {
  const alpha = 1 - confidence;
  const needed = cleanTrialsNeeded(epsilon, confidence);
  const left = 1 - Math.exp(needed * Math.log1p(-epsilon)) / alpha;
  return left >= LEAST_RESERVE ? left : 1 - Math.exp((needed + 1) * Math.log1p(-epsilon)) / alpha;
}

function weightOf(goal: ErrorRateGoal, attempt: number): number {
  const left = reserve(goal);
  return attempt === 1 ? 1 - left / 2 : left * 2 ** -attempt;
}

function cleanWeight(goal: ErrorRateGoal, attempt: number): number {
  return attempt === 1 ? 1 - reserve(goal) : weightOf(goal, attempt) / 2;
}

function tolerantWeight(goal: ErrorRateGoal, attempt: number): number {
  return weightOf(goal, attempt) - cleanWeight(goal, attempt);
}
