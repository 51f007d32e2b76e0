import { stemOf } from '../inflection.ts';
import { readWords } from '../lexicon/read.ts';
import { isContent, type Token } from '../profile.ts';
import { type Frame, keyAt, smallToken } from './segment.ts';

/** Verbs that are no nouns, so that their -s is no plural. */
const PURE_VERBS = readWords(`
mean work become behave belong happen differ depend allow enable require include contain provide apply exist relate determine describe
explain represent prevent protect make take give get go know think say come see affect occur
`);

/** `How does it works` is a slip: the does has the s. */
export const agreement: Frame = ({ tokens, doSupport }) => {
  if (!doSupport) return tokens;
  return tokens.map((token) => {
    if (token.form !== 'plural' || !token.key.endsWith('/s')) return token;
    const verb = token.key.slice(0, -2);
    return PURE_VERBS.has(verb) ? { ...token, key: verb, form: 'other' } : token;
  });
};

const TO_OR_GERUND: ReadonlySet<string> = new Set(['begin', 'continue']);
const TO_OR_INTO: ReadonlySet<string> = new Set(['translate', 'convert', 'transform']);
const WONDERING = new Set([...readWords('know tell check see determine decide ask wonder verify test')].map(stemOf));
const SOFT_QUESTIONS: ReadonlySet<string> = new Set(['?how', '?why', '?what', '?whatis']);

/**
 * Joints that may be said in two ways: `start learning` or `to learn`, `what is it like working` or `to work`, `translate into` or
 * `to`, `check whether` or `if`, `using Python` or `in Python`. An exactly behind how or why only stresses it.
 */
export const joints: Frame = ({ tokens }) => {
  const joined: Token[] = [];
  let converts = false;
  for (const [at, token] of tokens.entries()) {
    const before = tokens[at - 1];
    const beforeKey = before?.key ?? '';
    if (TO_OR_INTO.has(token.key)) converts = true;
    if (token.key.endsWith('/ing') && (TO_OR_GERUND.has(beforeKey) || isLike(tokens, at - 1)))
      joined.push(smallToken('>to', token), { ...token, form: 'gerund' });
    else if (token.key === '>into' && converts) joined.push(smallToken('>to', token));
    else if (token.key === '>whether' && WONDERING.has(before?.stem ?? '')) joined.push(smallToken('>if', token));
    else if (token.key === '>via' && tokens[at + 1]?.reason === 'language') joined.push(smallToken('>in', token));
    else if (!(token.key === '%exactly' && at === 1 && SOFT_QUESTIONS.has(beforeKey))) joined.push(token);
  }
  return joined;
};

function isLike(tokens: readonly Token[], at: number): boolean {
  return keyAt(tokens, at) === '>like' && keyAt(tokens, 0) === '?whatis';
}

/** `Is it safe or not` asks `Is it safe`. */
export const orNot: Frame = ({ tokens }) => {
  const length = tokens.length;
  if (keyAt(tokens, 0) !== '?yn' || keyAt(tokens, length - 2) !== '>or' || keyAt(tokens, length - 1) !== '!not')
    return tokens;
  return tokens.slice(0, -2);
};

/** What nobody asks as a practice of the one who is asked. `How do you handle refunds` may be about theirs. */
const ANYBODYS: ReadonlySet<string> = new Set(['say', 'spell', 'pronounce', 'become', 'login', 'logout', 'signup']);

/** `How do you spell it` is `How do I spell it`. */
export const anybodysHow: Frame = ({ tokens }) => {
  const [question, person, verb] = tokens;
  if (question?.key !== '?howto' || person?.key !== '~you' || verb === undefined || !ANYBODYS.has(verb.key))
    return tokens;
  return [question, verb.key === 'become' ? smallToken('+be', verb) : verb, ...tokens.slice(3)];
};

const MANNERS = readWords(`
quickly rapidly easily safely securely properly correctly automatically manually efficiently effectively reliably programmatically
`);

/** `How do I safely drain a node` is `How do I drain a node safely`. With a second verb it is open which of the two is meant. */
export const mannerFirst: Frame = ({ tokens }) => {
  const [question] = tokens;
  const last = tokens.at(-1);
  if (question?.key !== '?howto' || last === undefined || !MANNERS.has(last.key)) return tokens;
  const rest = tokens.slice(1, -1);
  if (!rest.every(isPlain) || rest.length > 6) return tokens;
  return [question, last, ...rest];
};

function isPlain(token: Token): boolean {
  if (token.linked || token.key.includes('/ed') || token.key.includes('/ing')) return false;
  return isContent(token) || token.key === '>in' || token.key === '>on' || token.key === '>from';
}

/** `the best film you have ever seen` is `the best film you have seen`. */
export const everSeen: Frame = ({ tokens }) => {
  const best = tokens.findIndex((token) => token.key === 'best' || /^[a-z]{3,}est$/.test(token.key));
  const ever = tokens.findIndex((token, at) => token.key === '%ever' && keyAt(tokens, at - 1) === '+perfect');
  if (best < 0 || ever < 0) return tokens;
  return [...tokens.slice(0, ever), ...tokens.slice(ever + 1)];
};
