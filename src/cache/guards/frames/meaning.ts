import { isContent, type Token } from '../profile.ts';
import { areNaming, type Frame, keyAt, smallToken } from './segment.ts';

/** `What does 502 mean` asks for the meaning of 502; `What does SLA stand for` for its full form; `What does it cost` how much. */
export const meaningOf: Frame = ({ tokens }) => {
  const [question] = tokens;
  if (question === undefined) return tokens;
  if (question.key === '?howmuch') return costOf(tokens, question);
  if (question.key !== '?what') return tokens;
  const mean = tokens.findIndex(({ key }) => key === 'mean' || key === 'mean/s');
  if (mean > 0) return nounOf(tokens, question, mean, MEANING);
  const cost = tokens.findIndex(({ key }) => key === 'cost');
  if (cost > 0) return nounOf(tokens, question, cost, COST);
  const last = keyAt(tokens, tokens.length - 1);
  if (last === '>for' && /^stand(?:\/s)?$/.test(keyAt(tokens, tokens.length - 2))) {
    const named = tokens.slice(1, -2);
    return areNaming(named) ? [smallToken('?stand-for', question), ...named] : tokens;
  }
  return tokens;
};

/** `What does X mean in Y`: the meaning of X in Y. */
function nounOf(
  tokens: readonly Token[],
  question: Token,
  verb: number,
  noun: Pick<Token, 'key' | 'stem' | 'reason'>,
): readonly Token[] {
  const named = tokens.slice(1, verb);
  const rest = tokens.slice(verb + 1);
  if (!areNaming(named) || (rest.length > 0 && !WHERE_OR_PER.has(keyAt(rest, 0)))) return tokens;
  return [smallToken('?whatis', question), { ...question, ...noun }, smallToken('>of', question), ...named, ...rest];
}

/** Whoever asks what a word means asks of that word: not of one that is said for it elsewhere, nor of an abbreviation of it. */
export const wordMeant: Frame = ({ tokens }) => {
  if (keyAt(tokens, 0) === '?stand-for') return tokens.map((token, at) => (at === 0 ? token : asSaid(token)));
  const isOneWord =
    tokens.length === 4 &&
    keyAt(tokens, 0) === '?whatis' &&
    keyAt(tokens, 1) === 'meaning' &&
    keyAt(tokens, 2) === '>of';
  return isOneWord ? tokens.map((token, at) => (at === 3 ? asSaid(token) : token)) : tokens;
};

function asSaid(token: Token): Token {
  return isContent(token) ? { ...token, key: token.said, stem: token.said } : token;
}

const WHERE_OR_PER: ReadonlySet<string> = new Set(['>in', '>on', '>for', '%per']);
const MEANING = { key: 'meaning', stem: 'meaning', reason: 'wording' } as const;
const COST = { key: 'cost', stem: 'cost', reason: 'wording' } as const;

function costOf(tokens: readonly Token[], question: Token): readonly Token[] {
  const cost = tokens.findIndex(({ key }) => key === 'cost');
  return cost > 0 ? nounOf(tokens, question, cost, COST) : tokens;
}

/** `How does A differ from B` and `How is A different from B` ask for the difference between them. */
export const differenceOf: Frame = ({ tokens }) => {
  const [question] = tokens;
  if (question?.key !== '?how') return tokens;
  const isAdjective = keyAt(tokens, 1) === '+be';
  const from = isAdjective ? 2 : 1;
  const verb = tokens.findIndex(({ key }) =>
    isAdjective ? key === 'different' : key === 'differ' || key === 'differ/s',
  );
  if (verb < 0) return tokens;
  const before = tokens.slice(from, verb);
  const after = tokens.slice(verb + 1);
  const joint = before.findIndex(({ key }) => key === '>and');
  if (after.length === 0 && joint > 0)
    return between(question, before.slice(0, joint), before.slice(joint + 1), tokens);
  return keyAt(after, 0) === '>from' ? between(question, before, after.slice(1), tokens) : tokens;
};

function between(
  question: Token,
  one: readonly Token[],
  other: readonly Token[],
  otherwise: readonly Token[],
): readonly Token[] {
  if (!areNaming(one) || !areNaming(other)) return otherwise;
  return [
    smallToken('?whatis', question),
    { ...question, ...DIFFERENCE },
    smallToken('>between', question),
    ...one,
    smallToken('>and', question),
    ...other,
  ];
}

const DIFFERENCE = { key: 'difference', stem: 'differenc', reason: 'wording' } as const;
