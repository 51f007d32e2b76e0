import { isRecord } from '../failures/json-record.ts';

/** Token counts as an OpenAI-compatible provider reported them. */
export interface ReportedUsage {
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Part of the prompt that came from the provider's cache. */
  readonly cachedTokens: number;
  /** Part of the completion that was reasoning. */
  readonly reasoningTokens: number;
}

/** Reads a `usage` object; undefined where there is none, or it counts nothing. */
export function readUsage(usage: unknown): ReportedUsage | undefined {
  if (!isRecord(usage)) return undefined;
  const { prompt_tokens, completion_tokens, prompt_tokens_details, completion_tokens_details } = usage;
  if (typeof prompt_tokens !== 'number' && typeof completion_tokens !== 'number') return undefined;
  return {
    promptTokens: count(prompt_tokens),
    completionTokens: count(completion_tokens),
    cachedTokens: isRecord(prompt_tokens_details) ? count(prompt_tokens_details.cached_tokens) : 0,
    reasoningTokens: isRecord(completion_tokens_details) ? count(completion_tokens_details.reasoning_tokens) : 0,
  };
}

/** A provider's count, trusted only as far as it is a count: anything else is 0. */
function count(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? Math.floor(value) : 0;
}
