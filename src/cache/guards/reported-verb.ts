import { stemOf } from './inflection.ts';
import { readWords } from './lexicon/read.ts';
import type { QuestionProfile } from './profile.ts';

/** Verbs whose -s form is no noun that could be a subject (`the calls`, `the processes` could). */
const VERBS = new Set(
  [
    ...readWords(`
mean work become behave belong happen differ depend allow enable require include contain provide apply exist relate determine describe
explain represent prevent protect make take give get go know think say come see affect occur handle send use manage read write connect
communicate authenticate decide choose calculate compute detect recover generate deliver operate perform compare validate verify encrypt
compress receive retrieve resolve show keep store
`),
  ].map(stemOf),
);

/**
 * Whether two tokens, the only difference of two questions, are one verb: `How does the cache work` and `Explain how the cache works`. One
 * question has a does, the other no helper at all, so that a verb of it must carry the -s. Where it might be the subject that is one here
 * and many there, it is not taken for the verb. Not behind what or which either: `Which job worker runs` asks for a worker.
 */
export function isReportedVerb(a: QuestionProfile, aAt: number, b: QuestionProfile, bAt: number): boolean {
  const one = a.tokens[aAt];
  const other = b.tokens[bAt];
  if (one === undefined || other === undefined || aAt < 2 || bAt < 2) return false;
  if (one.key === `${other.key}/s`) return isReport(b, a, aAt);
  return other.key === `${one.key}/s` && isReport(a, b, bAt);
}

function isReport(direct: QuestionProfile, reported: QuestionProfile, at: number): boolean {
  if (!direct.doSupport || reported.doSupport) return false;
  if (!/^\?(?:how|why|where)$/.test(reported.tokens[0]?.key ?? '')) return false;
  if ([direct, reported].some(({ tokens }) => tokens.some(({ key }) => key.startsWith('+')))) return false;
  return at === reported.tokens.length - 1 || VERBS.has(reported.tokens[at]?.stem ?? '');
}
