import { normalisedAnswer } from '../certify/checkers/normalised-answer.ts';

/** Shorter answers are labels, figures, names: there every word counts. */
const SHORT = 200;
/** The share of the shorter answer's words that two wordings of the same have in common. */
const IN_COMMON = 0.5;

/**
 * Whether two stored answers can stand for each other, as far as that is seen without a model. Short ones must be the same to the letter; of
 * long ones no two are, so the figures in them must be the same, and half of the words.
 */
export function sayTheSame(one: string, other: string): boolean {
  const a = normalisedAnswer(one);
  const b = normalisedAnswer(other);
  if (a === b) return true;
  if (a.length < SHORT || b.length < SHORT) return false;
  return figuresIn(a) === figuresIn(b) && inCommon(wordsIn(a), wordsIn(b)) >= IN_COMMON;
}

function figuresIn(text: string): string {
  return (text.match(/\d+(?:[.,]\d+)*/g) ?? []).sort().join(' ');
}

function wordsIn(text: string): ReadonlySet<string> {
  return new Set(text.match(/\p{L}+/gu));
}

function inCommon(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const [few, many] = a.size < b.size ? [a, b] : [b, a];
  let shared = 0;
  for (const word of few) if (many.has(word)) shared++;
  return few.size === 0 ? 0 : shared / few.size;
}
