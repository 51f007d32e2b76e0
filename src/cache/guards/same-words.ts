import { comparePair, type PairVerdict } from './compare.ts';
import { isContent, type QuestionProfile } from './profile.ts';
import type { VetoReason } from './reasons.ts';

/**
 * Whether the stored question's answer also answers the asked one where both follow the same earlier turns. Stricter than
 * {@link comparePair}, for these can give words a meaning of their own: what is one thing in general (`delete` and `remove`, `plan` and
 * `the plan`) may be two things of which the conversation spoke. So here the words must be the same, in the same order, introduced by the
 * same article; what may differ is how the question is framed (`How do I`, `How can I`), how a number or a contraction is written, capitals,
 * punctuation, courtesy. No judge is asked: it would not know what was said before.
 */
export function compareFollowUps(asked: QuestionProfile, stored: QuestionProfile): PairVerdict {
  const verdict = comparePair(asked, stored);
  if (!verdict.ok) return veto(verdict.reason);
  const a = asked.tokens;
  const b = stored.tokens;
  // Allowed so far were other orders, too, and a phrase for a word.
  if (a.length !== b.length) return veto('wording');
  for (const [at, token] of a.entries()) {
    const other = b[at];
    if (other === undefined || token.key !== other.key) return veto('order');
    if (token.determiner !== other.determiner) return veto('form');
    if (isContent(token) && token.said !== other.said) return veto('wording');
  }
  return verdict;
}

function veto(reason: VetoReason): PairVerdict {
  return { ok: false, reason, judgeable: false };
}
