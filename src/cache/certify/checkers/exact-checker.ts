import type { AnswerChecker } from './answer-checker.ts';
import { normalisedAnswer } from './normalised-answer.ts';

/** For answers that have one form: labels, numbers, JSON. Any other difference is wrong. */
export const exactChecker: AnswerChecker = {
  id: 'exact',
  async check({ cachedAnswer, liveAnswer }) {
    return normalisedAnswer(cachedAnswer) === normalisedAnswer(liveAnswer) ? 'right' : 'wrong';
  },
};
