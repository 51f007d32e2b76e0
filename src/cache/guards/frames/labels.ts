import { readWords } from '../lexicon/read.ts';
import { isContent, type Token } from '../profile.ts';
import { type Frame, keyAt } from './segment.ts';

/**
 * What a thing has one or several of without the question being another: who asks for the benefit of something is told its benefits.
 * Not type, step, role, limit, risk or price, where one and several are two questions.
 */
const ASPECTS = readWords(`
cause reason benefit advantage disadvantage drawback downside symptom effect impact consequence implication difference similarity
distinction requirement prerequisite criterion characteristic feature limitation duty responsibility
`);

/** `What is the benefit of caching` and `What are the benefits of caching`. */
export const aspectNumber: Frame = ({ tokens }) => {
  if (keyAt(tokens, 0) !== '?whatis') return tokens;
  let head = 1;
  while (head + 1 < tokens.length && isName(tokens[head + 1])) head += 1;
  const token = tokens[head];
  if (token === undefined || !isName(token) || !ASPECTS.has(token.key) || !keyAt(tokens, head + 1).startsWith('>'))
    return tokens;
  // `a benefit` asks for one.
  if (token.determiner === 'a') return tokens;
  return tokens.map((kept, at) => (at === head ? { ...token, key: `${token.key}/s`, form: 'plural' } : kept));
};

function isName(token: Token | undefined): token is Token {
  return token !== undefined && isContent(token) && !token.linked;
}

const NUMBERED_KINDS: ReadonlySet<string> = new Set(['error', 'port', 'status']);
/** Below it `1 error` may be a count. */
const SMALLEST_LABEL = 100;

/** `a 502 error` is error 502. */
export const numberedKind: Frame = ({ tokens }) => {
  const at = tokens.findIndex((token, place) => {
    const value = /^#(\d+)$/.exec(keyAt(tokens, place - 1))?.[1];
    return NUMBERED_KINDS.has(token.key) && value !== undefined && Number(value) >= SMALLEST_LABEL;
  });
  const kind = tokens[at];
  const number = tokens[at - 1];
  if (kind === undefined || number === undefined || keyAt(tokens, at + 1).startsWith('#')) return tokens;
  return [...tokens.slice(0, at - 1), kind, number, ...tokens.slice(at + 1)];
};

const MADE = readWords('generate produce');
const MADE_OR_CREATED = readWords('create');
const TEXTS = readWords(
  'query script regex function email letter summary message reply poem essay story paragraph note changelog docstring readme memo test',
);
const CREATED_TEXTS = readWords('query script regex email letter summary poem essay');
const FURTHEST = 4;

/** `Generate an SQL query` wants it written. What a system creates (a function, a message) is left to the letter. */
export const writtenText: Frame = ({ tokens, hasContext }) => {
  const [verb] = tokens;
  if (verb === undefined || hasContext) return tokens;
  const texts = MADE.has(verb.key) ? TEXTS : MADE_OR_CREATED.has(verb.key) ? CREATED_TEXTS : undefined;
  if (texts === undefined) return tokens;
  let at = 1;
  while (at < FURTHEST && isName(tokens[at])) at += 1;
  if (!tokens.slice(1, at).some(({ key }) => texts.has(key))) return tokens;
  return [{ ...verb, key: '?write', stem: '?write', reason: 'question' }, ...tokens.slice(1)];
};
