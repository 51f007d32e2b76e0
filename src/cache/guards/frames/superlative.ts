import { isContent } from '../profile.ts';
import { type Frame, smallToken } from './segment.ts';

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
 * question starts so.
 */
export const frontSuperlative: Frame = ({ tokens }) => {
  const [question, best] = tokens;
  if (question?.key !== '?whatis' || best === undefined) return tokens;
  if (!SUPERLATIVES.test(best.key) || NOT_SUPERLATIVES.has(best.key)) return tokens;
  let end = 2;
  for (; end < tokens.length; end++) {
    const token = tokens[end];
    if (token === undefined || !isContent(token)) break;
  }
  if (end === 2) return tokens;
  return [
    smallToken('?what', question),
    ...tokens.slice(2, end),
    smallToken('+be', question),
    best,
    ...tokens.slice(end),
  ];
};
