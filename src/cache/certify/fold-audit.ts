import { lowerRateBound, upperRateBound } from '../../statistics/binomial-bounds.ts';
import { ErrorRateDetector } from '../../statistics/error-rate-detector.ts';
import { refutes } from '../../statistics/error-rate-test.ts';
import type { CertificateEvent } from './certificate-event.ts';
import { startOf } from './layout.ts';
import { type CertificateRecord, NO_EVIDENCE, type StepEvidence } from './record.ts';
import type { CertifySettings } from './settings.ts';
import { nextState, type SuspensionReason } from './state.ts';
import type { CheckResult } from './verdict.ts';

export interface Audit {
  readonly cosine: number;
  readonly result: CheckResult;
  /** The attempt in which the hit was chosen: what was chosen before a suspension is no fresh evidence. */
  readonly attempt: number;
  /** The same kept answer was found right often enough: no evidence, but the detector of a rising error hears of it. */
  readonly repeated?: true;
}

export interface Folded {
  readonly record: CertificateRecord;
  readonly events: readonly CertificateEvent[];
}

/** Evidence that a stricter threshold is half of epsilon and not twice epsilon, with which it survives the breach of a looser one. */
const SURVIVES = Math.log(10);

/** Doubt that is left when a threshold is given up as hopeless: low, as the first few audits already ask. */
const HOPELESS = 0.999;

/** The result of one audit: what it does to the evidence, and what follows. Pure. */
export function foldAudit(record: CertificateRecord, audit: Audit, settings: CertifySettings, now: number): Folded {
  const results = { ...record.results, [audit.result]: record.results[audit.result] + 1 };
  const counted = { ...record, results };
  const evidence = audit.result !== 'unavailable' && audit.attempt === record.attempt;
  if (!evidence || record.state.kind === 'off' || record.start === null) return { record: counted, events: [] };
  const detector = new ErrorRateDetector(settings.epsilon);
  const inForce = certifiedStep(record, settings);
  const steps = withAudit(record, audit, settings, detector, inForce);
  const seen = { ...counted, steps };
  const current = steps[inForce];
  if (current !== undefined && detector.level(current.sums) >= 1) return breach(seen, inForce, settings, detector, now);
  const promoted = promote(seen, inForce, settings, now);
  return promoted.events.length > 0 ? promoted : giveUpHopeless(seen, inForce, settings);
}

/** Index into the grid of the threshold in force; -1: none. */
export function certifiedStep({ state }: CertificateRecord, { grid }: CertifySettings): number {
  return state.kind === 'certified' ? grid.indexOf(state.threshold) : -1;
}

/** Stops serving, whatever the evidence says; going on takes a new attempt. */
export function stop(
  record: CertificateRecord,
  reason: SuspensionReason,
  settings: CertifySettings,
  now: number,
): Folded {
  const inForce = certifiedStep(record, settings);
  const state = nextState(record.state, { kind: 'stopped', reason }, now);
  if (state === record.state) return { record, events: [] };
  const threshold = settings.grid[inForce];
  const restarted = newAttempt({ ...record, state }, -1, settings);
  const purge: CertificateEvent[] =
    threshold === undefined ? [] : [{ kind: 'purge', from: threshold, below: Infinity }];
  return {
    record: restarted.record,
    events: [{ kind: 'suspended', reason, threshold }, ...purge, ...restarted.events],
  };
}

/** Gives up the evidence on the steps looser than `kept` (-1: on all). Each attempt has a part of the doubt of its own. */
export function newAttempt(record: CertificateRecord, kept: number, { grid }: CertifySettings): Folded {
  const attempt = record.attempt + 1;
  const start = kept >= 0 || record.start === null ? record.start : startOf(record.hits, attempt, record.start);
  const steps = record.steps.map((step, i) =>
    i <= kept ? { ...step, recentAudits: 0, recentErrors: 0 } : NO_EVIDENCE,
  );
  const first = kept >= 0 ? kept + 1 : start;
  return {
    record: { ...record, attempt, start, steps },
    events: [{ kind: 'restarted', attempt, start: first === null ? undefined : grid[first] }],
  };
}

function withAudit(
  record: CertificateRecord,
  { cosine, result, repeated }: Audit,
  { grid }: CertifySettings,
  detector: ErrorRateDetector,
  inForce: number,
): StepEvidence[] {
  const error = result === 'right' ? 0 : 1;
  const steps = record.steps.map((step, i): StepEvidence => {
    const threshold = grid[i] ?? Infinity;
    if (cosine < threshold || i < (record.start ?? 0)) return step;
    const sums = i <= inForce ? detector.add(step.sums, error === 1) : step.sums;
    if (repeated) return { ...step, sums };
    return {
      audits: step.audits + 1,
      errors: step.errors + error,
      sums,
      recentAudits: inForce < 0 ? 0 : step.recentAudits + 1,
      recentErrors: inForce < 0 ? 0 : step.recentErrors + error,
    };
  });
  const current = steps[inForce];
  const atRest = current !== undefined && current.recentAudits > 0 && current.sums.every((sum) => sum === 0);
  return atRest ? steps.map((step) => ({ ...step, recentAudits: 0, recentErrors: 0 })) : steps;
}

/** Adopts the loosest threshold up to which all have passed. */
function promote(record: CertificateRecord, inForce: number, settings: CertifySettings, now: number): Folded {
  const candidate = inForce >= 0 ? inForce + 1 : (record.start ?? 0);
  let passed = candidate;
  for (let step = record.steps[passed]; step !== undefined; step = record.steps[++passed]) {
    if (!refutes(settings, record.attempt, step.errors, step.audits)) break;
  }
  return passed === candidate ? { record, events: [] } : adopt(record, passed - 1, settings, now);
}

function adopt(record: CertificateRecord, index: number, settings: CertifySettings, now: number): Folded {
  const threshold = settings.grid[index];
  const step = record.steps[index];
  if (threshold === undefined || step === undefined) throw new RangeError(`no threshold at ${index} of the grid`);
  const { audits, errors } = step;
  const adopted = { threshold, bound: upperRateBound(errors, audits, settings.confidence), audits, errors };
  const state = nextState(record.state, { kind: 'adopted', ...adopted }, now);
  return { record: { ...record, state }, events: [{ kind: 'certified', ...adopted }] };
}

/** Too many errors: back to the loosest threshold that the latest audits speak for, or to none. */
function breach(
  record: CertificateRecord,
  inForce: number,
  settings: CertifySettings,
  detector: ErrorRateDetector,
  now: number,
): Folded {
  const from = settings.grid[inForce] ?? 1;
  let kept = inForce - 1;
  for (; kept >= (record.start ?? 0); kept--) {
    const step = record.steps[kept];
    if (step === undefined || detector.level(step.sums) >= 0.5) continue;
    if (detector.evidence(step.recentErrors, step.recentAudits) <= -SURVIVES) break;
  }
  const to = settings.grid[kept];
  if (to === undefined || kept < (record.start ?? 0)) return stop(record, 'breach', settings, now);
  const tightened = adopt(record, kept, settings, now);
  const restarted = newAttempt(tightened.record, kept, settings);
  return {
    record: restarted.record,
    events: [{ kind: 'tightened', from, to }, { kind: 'purge', from, below: to }, ...restarted.events],
  };
}

/** The first threshold is too loose to ever pass, and nothing is in force: begins anew with a stricter one, if there is one. */
function giveUpHopeless(record: CertificateRecord, inForce: number, settings: CertifySettings): Folded {
  const first = record.steps[record.start ?? 0];
  const stricter = inForce < 0 && record.start !== null && record.start > 0;
  // The bound is looked for only where the share alone is beyond epsilon already: most audits then cost nothing here.
  const hopeless =
    stricter &&
    first !== undefined &&
    first.errors > settings.epsilon * first.audits &&
    lowerRateBound(first.errors, first.audits, HOPELESS) > settings.epsilon;
  return hopeless ? newAttempt(record, -1, settings) : { record, events: [] };
}
