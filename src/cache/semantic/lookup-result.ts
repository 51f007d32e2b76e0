import type { AnswerChecker } from '../certify/checkers/answer-checker.ts';
import type { CheckResult } from '../certify/verdict.ts';
import type { IneligibleReason } from '../guards/index.ts';
import type { CacheEntry } from '../store/cache-store.ts';
import type { Place } from './near-candidates.ts';
import type { MissReason, NearFacts, SemanticResult } from './semantic-events.ts';

/** A would-be hit whose live answer is to be compared. */
export interface OpenAudit {
  readonly facts: NearFacts;
  readonly question: string;
  readonly cachedAnswer: string | undefined;
  readonly checker: AnswerChecker;
  readonly tell: (result: CheckResult) => void;
}

/** What came of asking an audited question live. */
export type LiveAnswer =
  | { readonly kind: 'text'; readonly text: string }
  /** It was answered, and not with a text that could be compared: cut at a cap, refused, filtered. */
  | { readonly kind: 'other' }
  /** Nothing is known of what the target would have said. */
  | { readonly kind: 'none' };

/** What came of a lookup. */
export interface SemanticLookup {
  readonly result: SemanticResult;
  readonly reason: IneligibleReason | MissReason | undefined;
  /** The answer to give; undefined: the request goes on. */
  readonly hit: { readonly entry: CacheEntry; readonly cosine: number } | undefined;
  /** Where the live answer may be kept for near questions; undefined: it may not. */
  readonly place: Place | undefined;
  readonly audit: OpenAudit | undefined;
}

/** No answer is given. */
export function nothing(result: SemanticResult, reason: SemanticLookup['reason']): SemanticLookup {
  return { result, reason, hit: undefined, place: undefined, audit: undefined };
}

/** That answer is given. */
export function served(entry: CacheEntry, cosine: number): SemanticLookup {
  return { ...nothing('hit', undefined), hit: { entry, cosine } };
}
