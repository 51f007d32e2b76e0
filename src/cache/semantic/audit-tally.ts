import { upperRateBound } from '../../statistics/binomial-bounds.ts';
import type { CheckResult } from '../certify/verdict.ts';

const CONFIDENCE = 0.95;

/** What the audits of a live route have found: told, and decides nothing. */
export interface TallyReport {
  readonly right: number;
  readonly wrong: number;
  readonly unsure: number;
  readonly unavailable: number;
  /** Exact 95% upper bound on the error among hits; for one look. 1 without audits. */
  readonly bound: number;
}

/** Counts verdicts on a route whose threshold the operator has set. */
export class AuditTally {
  readonly #counts = { right: 0, wrong: 0, unsure: 0, unavailable: 0 };

  add(result: CheckResult): void {
    this.#counts[result]++;
  }

  report(): TallyReport {
    const { right, wrong, unsure } = this.#counts;
    return { ...this.#counts, bound: upperRateBound(wrong + unsure, right + wrong + unsure, CONFIDENCE) };
  }
}
