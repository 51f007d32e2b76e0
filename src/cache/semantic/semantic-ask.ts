import type { JudgeConfig, SemanticSettings } from '../../config/cache-config.ts';
import type { SplitQuestion } from '../conversation-scope.ts';
import type { SemanticQuestion } from '../guards/index.ts';

/** One call of a model for the cache's own ends: somebody has to pay it. */
export interface ModelUse {
  /** `provider/model`. */
  readonly target: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Counted here, as the provider did not say. */
  readonly estimated: boolean;
}

/** All that the semantic cache has to know of one request. */
export interface SemanticAsk {
  /** Empty: the proxy asks nobody for a key. */
  readonly tenant: string;
  /** The model's name in the configuration. */
  readonly route: string;
  /** All that the name stands for: another one is another certificate. */
  readonly fingerprint: string;
  readonly settings: SemanticSettings;
  /** The agent's own least cosine. */
  readonly threshold: number | undefined;
  readonly question: SemanticQuestion;
  readonly epoch: string;
  /** The oldest answer that will do, milliseconds. */
  readonly maxAge: number;
  /** Clock milliseconds after which nobody waits for the lookup, judge included. */
  readonly deadline: number;
  /** The question, and a key of all else; undefined: no near question can answer it. */
  split(): SplitQuestion | undefined;
  /** The text of a kept answer; undefined: it has none that could be compared. */
  textOf(body: Buffer): string | undefined;
  /** Something was spent on this request's behalf, perhaps long after its answer. */
  onSpent(use: ModelUse): void;
}

/** Asks a model. Rejects where it does not answer by then. `until`: clock milliseconds. */
export type AskModel = (question: {
  readonly target: string;
  readonly prompt: string;
  readonly until: number;
}) => Promise<{
  readonly text: string;
  readonly use: ModelUse /** Nano-dollars. */;
  readonly cost: number | undefined;
}>;

/** Sets aside what a question to a judge can cost. Undefined: its budget has not enough left, or that cannot be told. */
export type HoldForJudge = (
  judge: JudgeConfig,
  prompt: string,
) => Promise<{ /** @param nanos nano-dollars. Must not throw. */ settle(nanos: number): void } | undefined>;
