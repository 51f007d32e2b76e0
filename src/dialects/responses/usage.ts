import { isRecord, type JsonRecord } from '../../failures/json-record.ts';
import { type TokenUsage, usageOf } from '../conversation/answer.ts';
import { NO_TOKENS, type ReportedTokens, tokenCount } from '../reported-tokens.ts';

/** Reads a Responses `usage`; undefined where there is none, or it counts nothing. */
export function readResponsesTokens(usage: unknown): ReportedTokens | undefined {
  if (!isRecord(usage)) return undefined;
  const prompt = tokenCount(usage.input_tokens);
  const completion = tokenCount(usage.output_tokens);
  if (prompt === undefined && completion === undefined) return undefined;
  const input = isRecord(usage.input_tokens_details) ? usage.input_tokens_details : {};
  const output = isRecord(usage.output_tokens_details) ? usage.output_tokens_details : {};
  // As in chat completions, some providers leave reasoning out of the output and count it in the total only.
  const total = prompt === undefined ? 0 : (tokenCount(usage.total_tokens) ?? 0);
  const uncounted = Math.max(0, total - (prompt ?? 0) - (completion ?? 0));
  return {
    ...NO_TOKENS,
    promptTokens: prompt ?? 0,
    cachedTokens: tokenCount(input.cached_tokens) ?? 0,
    cacheWriteTokens: tokenCount(input.cache_write_tokens) ?? 0,
    audioInputTokens: tokenCount(input.audio_tokens) ?? 0,
    completionTokens: (completion ?? 0) + uncounted,
    reasoningTokens: tokenCount(output.reasoning_tokens) ?? 0,
    audioOutputTokens: tokenCount(output.audio_tokens) ?? 0,
  };
}

/** The same in the terms of translation. */
export function readResponsesUsage(usage: unknown): TokenUsage | undefined {
  const tokens = readResponsesTokens(usage);
  return tokens === undefined ? undefined : usageOf(tokens);
}

export function writeResponsesUsage(usage: TokenUsage): JsonRecord {
  return {
    input_tokens: usage.prompt,
    input_tokens_details: { cached_tokens: usage.cacheRead, cache_write_tokens: usage.cacheWritten },
    output_tokens: usage.completion,
    output_tokens_details: { reasoning_tokens: usage.reasoning },
    total_tokens: usage.prompt + usage.completion,
  };
}
