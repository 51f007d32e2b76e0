import { normalisedAnswer } from '../../../cache/certify/checkers/normalised-answer.ts';
import { byWholeness, type Checker, scores } from './checker.ts';
import type { AnswerPair, ComparedAnswer } from './compared-answer.ts';

/**
 * For answers that have one form: labels, numbers, JSON, tool calls. The strong model is taken for right: any difference but spelling (white
 * space, case, order of keys) is the cheap one's loss, so that nothing but the same answer is ever a success.
 */
export const exactChecker: Checker = {
  mayDecide: () => true,
  compare: (pair) => byWholeness(pair) ?? scores(saysTheSame(pair) ? 1 : 0, 1),
};

/** To the letter, but for spelling. */
export function saysTheSame({ cheap, strong }: Pick<AnswerPair, 'cheap' | 'strong'>): boolean {
  return formOf(cheap) === formOf(strong);
}

function formOf({ text, calls }: ComparedAnswer): string {
  // What is said beside a call is not what is asked for.
  const said = calls.length > 0 ? '' : normalisedAnswer(text);
  const called = calls.map(({ name, arguments: given }) => `${JSON.stringify(name)}${normalisedAnswer(given)}`);
  return JSON.stringify([said, called.sort()]);
}
