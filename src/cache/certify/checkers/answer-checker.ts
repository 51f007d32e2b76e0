import type { CheckResult } from '../verdict.ts';

/** A would-be answer beside the live one. */
export interface AnswerPair {
  /** The question asked now. */
  readonly question: string;
  readonly cachedAnswer: string;
  readonly liveAnswer: string;
}

/** Says whether the cached answer would have done. Never rejects: what cannot be checked now is `unavailable`. */
export interface AnswerChecker {
  /** Names the checker and its settings: part of what is certified. */
  readonly id: string;
  check(pair: AnswerPair): Promise<CheckResult>;
}
