import type { Conversation } from '../../../dialects/conversation/request.ts';
import type { ComparisonResult } from '../change.ts';
import type { AnswerPair, ComparedAnswer } from './compared-answer.ts';

/** Says how good each of two answers to one request is. Never rejects: what cannot be checked now is `unavailable`. */
export interface Checker {
  /** Whether anything can come of asking the other model too: that costs money. */
  mayDecide(request: Conversation, served: ComparedAnswer): boolean;
  compare(pair: AnswerPair): ComparisonResult | Promise<ComparisonResult>;
}

export const UNDECIDED: ComparisonResult = { kind: 'undecided' };
export const UNAVAILABLE: ComparisonResult = { kind: 'unavailable' };

export function scores(cheap: number, strong: number): ComparisonResult {
  return { kind: 'scores', cheap, strong };
}

/**
 * An answer that was cut, filtered, refused or is empty is worth nothing beside one that is whole. Of two such there is nothing to be learned.
 * Undefined: both are whole, and somebody has to look.
 */
export function byWholeness({ cheap, strong }: AnswerPair): ComparisonResult | undefined {
  if (cheap.finished && strong.finished) return undefined;
  if (!cheap.finished && !strong.finished) return UNDECIDED;
  return scores(cheap.finished ? 1 : 0, strong.finished ? 1 : 0);
}
