import type { Clock } from '../../clock.ts';
import type { SemanticSettings } from '../../config/cache-config.ts';
import type { AnswerChecker } from '../certify/checkers/answer-checker.ts';
import { embeddingChecker } from '../certify/checkers/embedding-checker.ts';
import { exactChecker } from '../certify/checkers/exact-checker.ts';
import { judgeChecker } from '../certify/checkers/judge-checker.ts';
import type { Embedder } from '../embedders/embedder.ts';
import { cosineOf, unitVector } from '../vectors/unit-vector.ts';
import type { Judge } from './judge.ts';
import type { ModelUse } from './semantic-ask.ts';

/** Longest question and answers together that a judge compares, characters. */
const JUDGED_LENGTH = 24_000;
/** Cosines of two answers that say the same, and that do not. */
const SAME_ANSWER = 0.95;
const OTHER_ANSWER = 0.85;

/** What embeddings are made with. */
export interface CheckerTools {
  readonly embedder: Embedder;
  /** Milliseconds. */
  readonly embedTimeout: number;
  readonly clock: Clock;
}

/** What compares the answers of a route: as configured, else its judge, else to the letter. */
export function checkerFor(
  { checker }: SemanticSettings,
  judge: Judge | undefined,
  tools: CheckerTools,
  onSpent: (use: ModelUse) => void,
): AnswerChecker {
  if (judge !== undefined && (checker ?? 'judge') === 'judge')
    return judgeChecker({
      ask: (prompt) => judge.ask(prompt, onSpent),
      id: judge.config.target,
      maxLength: JUDGED_LENGTH,
    });
  if (checker !== 'embedding') return exactChecker;
  return embeddingChecker({
    cosineOf: (a, b) => cosineOfTexts(a, b, tools, onSpent),
    right: SAME_ANSWER,
    wrong: OTHER_ANSWER,
    id: tools.embedder.id,
  });
}

async function cosineOfTexts(
  a: string,
  b: string,
  { embedder, embedTimeout, clock }: CheckerTools,
  onSpent: (use: ModelUse) => void,
): Promise<number | undefined> {
  const [one, other] =
    (await embedder.embed([a, b], {
      deadline: clock.now() + embedTimeout,
      onUsage: ({ inputTokens }) => onSpent(embeddingUse(embedder.id, a + b, inputTokens)),
    })) ?? [];
  if (one === undefined || other === undefined) return undefined;
  return cosineOf(unitVector(one, one.length), unitVector(other, one.length));
}

/** Where the provider does not say, four characters are taken for a token. */
export function embeddingUse(embedder: string, text: string, inputTokens: number | undefined): ModelUse {
  const target = embedder.replace(/@\d+$/, '');
  const estimated = inputTokens === undefined;
  return { target, inputTokens: inputTokens ?? Math.ceil(text.length / 4), outputTokens: 0, estimated };
}
