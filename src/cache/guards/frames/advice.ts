import { readWords } from '../lexicon/read.ts';
import type { Token } from '../profile.ts';
import { areNaming, type Frame, keyAt, smallToken } from './segment.ts';

/** What follows a `what should I do` that asks for advice on a case. */
const CASES: ReadonlySet<string> = new Set(['>if', '>when', '>about']);

/**
 * `What should I do if`, `What do I do if` and `What to do if` ask for the same advice. Not with can, which may ask what is allowed, nor
 * with must.
 */
export const adviceOn: Frame = ({ tokens, doSupport, hasContext }) => {
  const [question] = tokens;
  if (question?.key !== '?what') return tokens;
  let at = 1;
  let person = '~i';
  if (keyAt(tokens, 1) === '>to') at = 2;
  else {
    if (keyAt(tokens, at) === '+should') at += 1;
    else if (!doSupport) return tokens;
    person = keyAt(tokens, at);
    if (person !== '~i' && person !== '~we') return tokens;
    at += 1;
  }
  if (keyAt(tokens, at) !== 'do') return tokens;
  const next = tokens[at + 1];
  if (next === undefined ? !hasContext : !CASES.has(next.key)) return tokens;
  return [smallToken('?whatdo', question), smallToken(person, question), ...tokens.slice(at + 1)];
};

/** `What happens when a pod is evicted` and `if`: of a case that may come at any time both say the same, before the question or behind it. */
export function sameCases(segments: readonly (readonly Token[])[]): readonly (readonly Token[])[] {
  if (!segments.some(asksOfCase)) return segments;
  return segments.map((tokens) => {
    const at = asksOfCase(tokens) ? 2 : 0;
    const joint = tokens[at];
    if (joint?.key !== '>when') return tokens;
    return [...tokens.slice(0, at), smallToken('>if', joint), ...tokens.slice(at + 1)];
  });
}

function asksOfCase(tokens: readonly Token[]): boolean {
  if (keyAt(tokens, 0) === '?whatdo') return true;
  return keyAt(tokens, 0) === '?what' && (keyAt(tokens, 1) === 'happen/s' || keyAt(tokens, 1) === 'mean');
}

/** What one goes to a place for: there `where can I`, `where do I` and `where to` ask the same. `Where do I live` does not. */
const ERRANDS = readWords(`
find get see view check download upload buy learn watch read apply report submit register change set configure enable disable track look
`);

export const placeOf: Frame = ({ tokens, doSupport }) => {
  const [question] = tokens;
  if (question?.key !== '?where') return tokens;
  // `Where is the file located` is `Where is the file`.
  if (keyAt(tokens, 1) === '+be' && /^(?:locat|situat)\/ed$/.test(keyAt(tokens, tokens.length - 1)))
    return tokens.slice(0, -1);
  let at = 1;
  if (keyAt(tokens, 1) === '>to') at = 2;
  else {
    if (keyAt(tokens, 1) === '+can') at += 1;
    else if (!doSupport) return tokens;
    if (keyAt(tokens, at) !== '~i') return tokens;
    at += 1;
  }
  return ERRANDS.has(keyAt(tokens, at)) ? [question, ...tokens.slice(at)] : tokens;
};

/** Whom one turns to: there `who do I`, `who can I` and `who should I` ask the same. `Who do I report to` does not. */
const TURNING = readWords('contact ask notify inform email call');

export const personFor: Frame = ({ tokens, doSupport }) => {
  const [question] = tokens;
  if (question?.key !== '?who') return tokens;
  let at = 1;
  if (keyAt(tokens, 1) === '+can' || keyAt(tokens, 1) === '+should') at += 1;
  else if (!doSupport) return tokens;
  const person = keyAt(tokens, at);
  if ((person !== '~i' && person !== '~we') || !TURNING.has(keyAt(tokens, at + 1))) return tokens;
  return [question, ...tokens.slice(at)];
};

/** `How long will a backup take` is how long it takes. */
export const durationOf: Frame = ({ tokens }) => {
  const helper = keyAt(tokens, 1);
  if (keyAt(tokens, 0) !== '?howlong' || (helper !== '+will' && helper !== '+would')) return tokens;
  const take = tokens.findIndex(({ key }) => key === 'take');
  return take > 2 && areNaming(tokens.slice(2, take)) ? [...tokens.slice(0, 1), ...tokens.slice(2)] : tokens;
};

/** `How many users are there in the team` counts the users in the team. */
export const countOf: Frame = ({ tokens }) => {
  if (keyAt(tokens, 0) !== '?howmany') return tokens;
  const be = tokens.findIndex(({ key }) => key === '+be');
  if (be < 2) return tokens;
  const next = tokens[be + 1];
  return next === undefined || next.key === '>in' || next.key === '>on'
    ? [...tokens.slice(0, be), ...tokens.slice(be + 1)]
    : tokens;
};
