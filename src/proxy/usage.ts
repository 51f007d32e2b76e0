import { inputEstimate } from '../context/input-bound.ts';
import { measureInput } from '../context/input-measure.ts';
import type { StreamProgress } from '../dialects/stream-progress.ts';
import type { Rung } from './chain.ts';
import type { Exchange, Usage } from './exchange.ts';

/** The tokens of a stream as far as it came, added to those of the streams that broke before it. */
export function seenUsage(progress: StreamProgress, before: Usage | undefined): Usage {
  const { usage, deltas } = progress;
  return {
    promptTokens: usage === undefined ? before?.promptTokens : usage.promptTokens + (before?.promptTokens ?? 0),
    completionTokens: (usage?.completionTokens ?? deltas) + (before?.completionTokens ?? 0),
    estimated: usage === undefined || before?.estimated === true,
  };
}

/** Counts the tokens of the request where nobody else did. A function of its own, which keeps nothing of a try alive. */
export function inputEstimateOf({ sent, endpoint }: Exchange, { contextWindow }: Rung): () => number {
  return () => inputEstimate(measureInput(endpoint, sent.body), contextWindow);
}
