import type { Failure } from '../failures/failure.ts';
import type { ComparedAnswer } from '../routing/evidence/checkers/compared-answer.ts';
import type { Chain } from './chain.ts';

/** In place of an answer of a model that turned the request down: whole it is not, and it says nothing. */
export const NOTHING_SAID: ComparedAnswer = Object.freeze({ text: '', calls: Object.freeze([]), finished: false });

/** Whether a model's provider refused the request for what it asks, and another target of its chain would not have been asked. That is no outage. */
export function isTurnedDown({ class: failureClass, origin }: Failure, { model }: Chain): boolean {
  if (origin !== 'upstream') return false;
  if (failureClass === 'content_blocked') return !model.fallbackOn.includes('content_blocked');
  return failureClass === 'invalid_request';
}
