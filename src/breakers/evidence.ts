import type { WindowCounts } from './rate-breaker.ts';
import type { CircuitSettings } from './settings.ts';

/**
 * Whether failures prove anything. At 30% random faults, most calls succeed and a retry rescues the rest; yet five failures in a
 * row come every 590 calls, and eleven in twenty not seldom. A circuit that opened on those would throw away a target that
 * answers, and under a steady load all circuits of a chain would be open at once within seconds.
 */

/** A run of failures this unlikely (or less) under the target's usual share is taken for a change, not for chance. */
const CHANCE = 1e-5;
/** Standard deviations from the usual share: about the same for a rate. */
const DEVIATIONS = 4;
const ROUNDING = 1e-9;

/** What is known when a run of failures is judged. */
export interface RunEvidence {
  /** Failures in a row, the latest included. */
  readonly run: number;
  /** Calls that have begun to deliver since the run began, and still do. */
  readonly delivering: number;
  /**
   * Calls in flight that began with the run or later. Failures are quick and answers slow: of sixteen calls begun together, the
   * five that fail come first, and prove nothing about the other eleven.
   */
  readonly undecided: number;
  /** The usual share of failures before the run; `undefined` while too little is known. */
  readonly usual: number | undefined;
}

/**
 * Failures in a row that open a circuit: `settings.failures`; for a target that fails now and then anyway, up to twice that; and
 * one more for each call undecided. Not at all while more calls have begun to deliver since the run began than failed in it.
 */
export function runToTrip(
  { failures }: CircuitSettings,
  { run, delivering, undecided, usual = 0 }: RunEvidence,
): number {
  if (delivering >= run) return Number.POSITIVE_INFINITY;
  const beyondChance = usual > 0 ? Math.ceil(Math.log(CHANCE) / Math.log(Math.min(usual, 0.99)) - ROUNDING) : 0;
  return Math.max(failures + undecided, Math.min(beyondChance, 2 * failures));
}

/**
 * Whether a failure rate that opossum has found too high holds: no calls undecided could bring it down, and it is no chance for a
 * target whose usual share is lower than the rate allowed.
 */
export function rateHolds(
  settings: CircuitSettings,
  { completed, failures }: WindowCounts,
  { undecided, usual = 0 }: Pick<RunEvidence, 'undecided' | 'usual'>,
): boolean {
  if (failures <= settings.rate * (completed + undecided)) return false;
  if (usual >= settings.rate) return true;
  return failures > completed * usual + DEVIATIONS * Math.sqrt(completed * usual * (1 - usual));
}
