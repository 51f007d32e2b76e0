import type { AnswerChecker } from './answer-checker.ts';
import { normalisedAnswer } from './normalised-answer.ts';

export interface EmbeddingCheck {
  /** Cosine of two answers; undefined: the embedder cannot tell now. Rejections count as that too. */
  readonly cosineOf: (a: string, b: string) => Promise<number | undefined>;
  /** At or above: right. */
  readonly right: number;
  /** Below: wrong. Between the two: unsure. */
  readonly wrong: number;
  readonly id: string;
}

/**
 * For free text where no judge may be asked. Embeddings do not see a changed number or a "not", so this certifies less than a judge does:
 * choose `right` high.
 */
export function embeddingChecker({ cosineOf, right, wrong, id }: EmbeddingCheck): AnswerChecker {
  return {
    id: `embedding ${id} ${right} ${wrong}`,
    async check({ cachedAnswer, liveAnswer }) {
      if (normalisedAnswer(cachedAnswer) === normalisedAnswer(liveAnswer)) return 'right';
      const cosine = await cosineOf(cachedAnswer, liveAnswer).catch(() => undefined);
      if (cosine === undefined || !Number.isFinite(cosine)) return 'unavailable';
      if (cosine >= right) return 'right';
      return cosine < wrong ? 'wrong' : 'unsure';
    },
  };
}
