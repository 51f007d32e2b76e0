import { z } from 'zod';
import { FEATURE_NAMES } from '../features/features.ts';

const share = z.number().min(0).max(1);
const loss = z.number().min(-1).max(1);
const finite = z.number();

/** What `breakwater route calibrate` writes: a fitted score and the evidence of each route key. Numbers only, no text of any prompt. */
const scorePolicySchema = z.strictObject({
  version: z.literal(1),
  /** Paired rows it was fitted on. */
  rows: z.int().min(1),
  /** Mean scores of the two models on them. */
  cheap: share,
  strong: share,
  /** Above this mean loss (strong minus cheap) a key is not given to the cheap model. */
  delta: share,
  confidence: share,
  intercept: finite,
  /** Features that varied. A standardised value is (value - mean) / scale, kept within -4 and 4. */
  features: z.array(z.strictObject({ name: z.string(), mean: finite, scale: z.number().positive(), weight: finite })),
  /** The 0%, 1%, ... 100% quantiles of the score on the rows: they turn a score into a share of one's own traffic. */
  ranks: z.array(finite).length(101),
  /** Mean square of the standardised features above which a text is unlike the rows. */
  noveltyLimit: z.number().positive(),
  /** By route key. `upper`: the one-sided bound on its mean loss. */
  keys: z.record(
    z.string(),
    z.strictObject({ n: z.int().min(1), offset: finite, loss, upper: loss, admitted: z.boolean() }),
  ),
});

export type ScorePolicy = Readonly<z.infer<typeof scorePolicySchema>>;

/** A policy that cannot be used, with a sentence for whoever wrote or kept it. */
export class ScorePolicyError extends Error {
  override readonly name = 'ScorePolicyError';
}

/** @throws ScorePolicyError where the value is no policy, or one of features that this version does not know */
export function parseScorePolicy(value: unknown): ScorePolicy {
  const parsed = scorePolicySchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new ScorePolicyError(`not a calibrated policy: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
  }
  const unknown = parsed.data.features.find(({ name }) => !FEATURE_NAMES.includes(name));
  if (unknown !== undefined) {
    throw new ScorePolicyError(
      `the policy uses the feature ${unknown.name}, which this version does not have: calibrate again`,
    );
  }
  return parsed.data;
}
