import { isContent, type Token } from './profile.ts';

const SUPERLATIVES = /^(?:best|worst|favorite|[a-z]{2,}est)$/;
const NOT_SUPERLATIVES = new Set([
  'test',
  'request',
  'latest',
  'interest',
  'guest',
  'forest',
  'harvest',
  'manifest',
  'digest',
  'ingest',
  'rest',
  'nest',
  'quest',
  'suggest',
  'invest',
  'contest',
  'arrest',
]);

/**
 * `Which is the best sport for analytics` and `Which sport is best for analytics` ask the same: both become the second, if a
 * question starts so. The tokens come back unchanged where it does not.
 */
export function frontSuperlative(tokens: readonly Token[], boundaries: ReadonlySet<number>): readonly Token[] {
  const first = tokens[0];
  const isShort = first?.key === '?whatis';
  const be = tokens[1];
  if (first === undefined || !(isShort || (first.key === '?what' && be?.key === '+be'))) return tokens;
  const from = isShort ? 1 : 2;
  const best = tokens[from];
  if (best === undefined || !SUPERLATIVES.test(best.key) || NOT_SUPERLATIVES.has(best.key)) return tokens;
  let end = from + 1;
  for (; end < tokens.length; end++) {
    const token = tokens[end];
    if (token === undefined || !isContent(token) || boundaries.has(end)) break;
  }
  if (end === from + 1) return tokens;
  const copula: Token = { ...first, key: '+be', stem: '+be', reason: 'tense' };
  const question: Token = { ...first, key: '?what', stem: '?what' };
  return [question, ...tokens.slice(from + 1, end), copula, best, ...tokens.slice(end)];
}
