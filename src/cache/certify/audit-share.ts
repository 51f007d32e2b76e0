import { ErrorRateDetector } from '../../statistics/error-rate-detector.ts';
import { cleanTrialsOfAttempt } from '../../statistics/error-rate-test.ts';
import { certifiedStep } from './fold-audit.ts';
import type { CertificateRecord } from './record.ts';
import type { CertifySettings } from './settings.ts';

/**
 * The share of would-be hits to be audited, before the daily budget.
 *
 * All of them as long as nothing is certified: the live answer is there anyway. After that it falls with certainty and rises with suspicion:
 * the detector's level squared, so that one error among many hits is looked into a little and a third one closely.
 *
 * The share depends on the past only, never on the hit's cosine: audits above any threshold are then a fair sample of the hits above it.
 */
export function auditShare(record: CertificateRecord, settings: CertifySettings): number {
  const inForce = record.steps[certifiedStep(record, settings)];
  if (inForce === undefined) return 1;
  const needed = cleanTrialsOfAttempt(settings, 1);
  const certainty = Math.sqrt(needed / Math.max(needed, inForce.audits));
  const suspicion = new ErrorRateDetector(settings.epsilon).level(inForce.sums) ** 2;
  return Math.min(1, Math.max(settings.leastShare, settings.liveShare * certainty, suspicion));
}
