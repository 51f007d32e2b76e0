import type { EvidenceSettings } from '../../config/routing-config.ts';
import { MeanBound, type TickCounts } from '../../statistics/mean-bound.ts';
import type { EvidenceEvent } from './change.ts';
import { economyOf } from './economy.ts';
import type { EvidenceRecord, Suspension } from './record.ts';
import { CANARY_CONFIDENCE, confidenceOf, LEAST_COMPARED, restOf, TRIAL } from './terms.ts';
import { verdictText } from './verdict-text.ts';
import { baselineOf, detectorOf } from './watch.ts';

export interface Folded {
  readonly record: EvidenceRecord;
  readonly events: readonly EvidenceEvent[];
}

/** A delta of 1 accepts anything; the bound needs room above it. */
const MOST_DELTA = 0.99;
/** Each of the two bounds on outcomes; together 95%. */
const OUTCOME_CONFIDENCE = 0.975;

/**
 * Moves a pair up or down as far as its evidence says:
 *
 *   shadow -> canary      the 80% bound on the loss is at most delta
 *   canary -> admitted    the 95% bound is, clients have got enough cheap answers, and a regression could be noticed in time
 *   admitted -> canary    the bound is above delta
 *   canary -> shadow      the mean is
 *   any -> suspended      the loss is proven above delta, by comparisons or by outcomes, or it does not pay
 *
 * (`observe -> shadow` is a matter of traffic, `suspended -> shadow` one of time. A regression suspends before this is asked.)
 */
export function climb(record: EvidenceRecord, settings: EvidenceSettings, now: number): Folded {
  if (record.state === 'observe' || record.state === 'suspended') return { record, events: [] };
  const delta = Math.min(settings.delta, MOST_DELTA);
  const why = reasonToSuspend(record, settings, delta);
  if (why !== undefined) return suspend(record, why, settings, now);
  const loss = new MeanBound(record.losses);
  if (loss.n < LEAST_COMPARED) return { record, events: [] };
  const good = loss.refutes(delta, confidenceOf(record.attempt));
  switch (record.state) {
    case 'shadow':
      return moved(record, loss.refutes(delta, CANARY_CONFIDENCE) ? 'canary' : 'shadow', now);
    case 'canary': {
      if (!good) return moved(record, loss.mean > delta ? 'shadow' : 'canary', now);
      // Where the operator wants no canary, the comparisons alone decide.
      if (record.trial < TRIAL && settings.canary > 0) return { record, events: [] };
      return admit(record, loss, now);
    }
    case 'admitted':
      return moved(record, good ? 'admitted' : 'canary', now);
  }
}

/** Serves the strong model only, for a time that grows; then a new attempt begins. */
export function suspend(record: EvidenceRecord, why: Suspension, settings: EvidenceSettings, now: number): Folded {
  const until = now + restOf(record.attempt, why === 'loss' || why === 'cost');
  const suspended: EvidenceRecord = { ...record, state: 'suspended', since: now, suspended: why, until };
  return { record: suspended, events: [{ kind: 'suspended', why, text: verdictText(suspended, settings) }] };
}

function moved(record: EvidenceRecord, state: 'shadow' | 'canary' | 'admitted', now: number): Folded {
  return { record: record.state === state ? record : { ...record, state, since: now, trial: 0 }, events: [] };
}

function admit(record: EvidenceRecord, loss: MeanBound, now: number): Folded {
  // Where it was admitted before, what has been seen since that time still counts against it.
  const baseline = record.baseline ?? baselineOf(record.losses);
  // Working it out takes milliseconds, and a single comparison more changes little.
  if (record.watchable === false && loss.n % 10 !== 0) return { record, events: [] };
  const watchable = detectorOf(baseline).watchable;
  if (!watchable) return { record: record.watchable === false ? record : { ...record, watchable }, events: [] };
  const admitted: EvidenceRecord = { ...record, state: 'admitted', since: now, baseline, watchable };
  const upper = loss.upper(confidenceOf(record.attempt));
  return { record: admitted, events: [{ kind: 'admitted', n: loss.n, loss: loss.mean, upper }] };
}

function reasonToSuspend(record: EvidenceRecord, settings: EvidenceSettings, delta: number): Suspension | undefined {
  if (lowerBound(record.losses, confidenceOf(record.attempt), delta)) return 'loss';
  if (outcomesAreWorse(record, delta)) return 'outcomes';
  const economy = economyOf(record, settings.shadow);
  return economy !== undefined && economy.net <= 0 ? 'cost' : undefined;
}

/** Whether the mean is above `mean`, with that confidence, however often one looks. */
function lowerBound(counts: TickCounts, confidence: number, mean: number): boolean {
  const bound = new MeanBound(negated(counts));
  // Most looks are at means that are no cause for concern: nothing is computed for them.
  return bound.n > 0 && -bound.mean > mean && bound.refutes(-mean, confidence);
}

/** Work that the cheap model alone has done goes worse than what the strong one has, by more than delta, beyond doubt. */
function outcomesAreWorse({ outcomes }: EvidenceRecord, delta: number): boolean {
  const cheap = new MeanBound(outcomes.cheap);
  const strong = new MeanBound(outcomes.strong);
  if (cheap.n === 0 || strong.n === 0 || strong.mean - cheap.mean <= delta) return false;
  const atLeast = -new MeanBound(negated(outcomes.strong)).upper(OUTCOME_CONFIDENCE);
  return atLeast - cheap.upper(OUTCOME_CONFIDENCE) > delta;
}

function negated(counts: TickCounts): TickCounts {
  return Object.fromEntries(Object.entries(counts).map(([tick, count]) => [String(-Number(tick)), count]));
}
