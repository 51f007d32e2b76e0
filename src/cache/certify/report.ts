import { type RateInterval, rateInterval, upperRateBound } from '../../statistics/binomial-bounds.ts';
import { type DetectionDelay, ErrorRateDetector } from '../../statistics/error-rate-detector.ts';
import { errorRateEvidence, passMark } from '../../statistics/error-rate-test.ts';
import { certifiedStep } from './fold-audit.ts';
import type { CertificateRecord } from './record.ts';
import type { CertifySettings } from './settings.ts';
import type { CertificateState } from './state.ts';

/** A share that was measured, with the exact interval at the route's confidence. */
export interface MeasuredShare extends RateInterval {
  readonly share: number;
}

export interface StepReport {
  readonly threshold: number;
  readonly audits: number;
  readonly errors: number;
  /** Exact one-sided upper bound on the error among hits at or above the threshold; 1 without audits. */
  readonly bound: number;
  /** How far the evidence has come: 0 to 1, passed at 1. 1 as well for thresholds that have passed. */
  readonly progress: number;
}

/** What `GET /admin/cache` tells of one route's certificate. */
export interface CertificateReport {
  readonly state: CertificateState;
  readonly epsilon: number;
  readonly confidence: number;
  readonly version: string;
  readonly attempt: number;
  /** Served right now. False also where the state is `certified` but no audit gets a verdict. */
  readonly serving: boolean;
  /** Certified, but no audit gets a verdict: nothing is served until one does. */
  readonly blind: boolean;
  /** The share of would-be hits audited at this moment, before the daily budget. */
  readonly auditShare: number;
  /** The threshold that the two error shares speak of: the one in force, else the one tested first. Undefined: none yet. */
  readonly threshold: number | undefined;
  /** The metric `semantic_error_bound`: exact one-sided upper bound at that threshold; 1 where nothing is known. */
  readonly bound: number;
  /** Wrong (or unsure) answers among hits at or above that threshold. */
  readonly errorAmongHits: MeasuredShare | undefined;
  /** The same among all semantic lookups: the error among hits times the share of lookups that are such hits, which is counted, not estimated. */
  readonly errorAmongRequests: MeasuredShare | undefined;
  readonly lookups: number;
  /** Would-be hits at or above the loosest threshold of the grid. */
  readonly wouldBeHits: number;
  readonly served: number;
  readonly audits: CertificateRecord['results'];
  readonly steps: readonly StepReport[];
  /** Audits until suspension, should the error become twice epsilon now. */
  readonly detection: DetectionDelay;
}

/** What only the process knows. */
export interface LiveView {
  readonly serving: boolean;
  readonly blind: boolean;
  readonly auditShare: number;
}

export function reportOf(record: CertificateRecord, settings: CertifySettings, live: LiveView): CertificateReport {
  const { grid, epsilon, confidence } = settings;
  const inForce = certifiedStep(record, settings);
  const index = inForce >= 0 ? inForce : (record.start ?? -1);
  const step = record.steps[index];
  const amongHits = step === undefined ? undefined : measured(step.errors, step.audits, confidence);
  const hitsThere = record.hits.slice(0, index + 1).reduce((sum, count) => sum + count, 0);
  return {
    state: record.state,
    epsilon,
    confidence,
    version: record.version,
    attempt: record.attempt,
    ...live,
    threshold: grid[index],
    bound: step === undefined ? 1 : upperRateBound(step.errors, step.audits, confidence),
    errorAmongHits: amongHits,
    errorAmongRequests: amongHits && record.lookups > 0 ? scaled(amongHits, hitsThere / record.lookups) : undefined,
    lookups: record.lookups,
    wouldBeHits: record.hits.reduce((sum, count) => sum + count, 0),
    served: record.served,
    audits: record.results,
    steps: stepReports(record, settings, inForce),
    detection: new ErrorRateDetector(epsilon).delay(epsilon),
  };
}

function stepReports(record: CertificateRecord, settings: CertifySettings, inForce: number): StepReport[] {
  return record.steps.map(({ audits, errors }, i) => {
    const evidence = errorRateEvidence(settings, record.attempt, errors, audits) / passMark(settings);
    return {
      threshold: settings.grid[i] ?? 1,
      audits,
      errors,
      bound: upperRateBound(errors, audits, settings.confidence),
      progress: i <= inForce ? 1 : Math.max(0, Math.min(1, evidence)),
    };
  });
}

function measured(errors: number, audits: number, confidence: number): MeasuredShare | undefined {
  return audits === 0 ? undefined : { share: errors / audits, ...rateInterval(errors, audits, confidence) };
}

function scaled({ share, lower, upper }: MeasuredShare, factor: number): MeasuredShare {
  return { share: share * factor, lower: lower * factor, upper: upper * factor };
}
