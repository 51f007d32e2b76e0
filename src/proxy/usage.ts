import type { StreamProgress } from '../dialects/stream-progress.ts';
import type { Usage } from './exchange.ts';

/** The tokens of a stream as far as it came, added to those of the streams that broke before it. */
export function seenUsage(progress: StreamProgress, before: Usage | undefined): Usage {
  const { usage, deltas } = progress;
  return {
    promptTokens: usage === undefined ? before?.promptTokens : usage.promptTokens + (before?.promptTokens ?? 0),
    completionTokens: (usage?.completionTokens ?? deltas) + (before?.completionTokens ?? 0),
    estimated: usage === undefined || before?.estimated === true,
  };
}
