import { comparePair, type PairVerdict } from './compare.ts';
import { readWords } from './lexicon/read.ts';
import type { QuestionProfile } from './profile.ts';

/** Words of courtesy and of the frame of a question. What a difference in them means, the usual rules decide. */
const FREE = readWords('please kindly hi hello hey thanks thank ok okay how can could would should do does i you we');

/**
 * Whether the stored question's answer also answers the asked one where both follow the same earlier turns. Stricter than
 * {@link comparePair}, for these can give words a meaning of their own: what is one thing in general (`delete` and `remove`, `a plan` and
 * `the plan`, `in Lisbon` and `in Lisbon, Portugal`) may be two things of which the conversation spoke. So besides passing all other rules the
 * questions must hold the same words in the same order, articles included; only courtesy and the frame (`How do I`, `How can I`) are free. No
 * judge is asked about others: it would not know what was said before.
 */
export function compareFollowUps(asked: QuestionProfile, stored: QuestionProfile): PairVerdict {
  const verdict = comparePair(asked, stored);
  if (!verdict.ok) return { ...verdict, judgeable: false };
  const a = asked.words.filter((word) => !FREE.has(word));
  const b = stored.words.filter((word) => !FREE.has(word));
  const same = a.length === b.length && a.every((word, at) => word === b[at]);
  return same ? verdict : { ok: false, reason: 'wording', judgeable: false };
}
