import type { ContextConfig } from '../../config/context-config.ts';

/** What a plan keeps to, tokens. */
export interface CompactionLimits {
  readonly maxInputTokens: number;
  readonly keepTurns: number;
  /** Room for the summary. It is asked to be no longer. */
  readonly summaryTokens: number;
}

/** A twentieth of the window is for the summary. */
export function limitsOf({
  maxInputTokens,
  keepTurns,
}: Pick<ContextConfig, 'maxInputTokens' | 'keepTurns'>): CompactionLimits {
  return { maxInputTokens, keepTurns, summaryTokens: Math.min(4000, Math.max(200, Math.floor(maxInputTokens / 20))) };
}
