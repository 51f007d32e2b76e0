import { isRecord, type JsonRecord } from '../failures/json-record.ts';
import { type ReportedTokens, tokenCount } from './reported-tokens.ts';

/**
 * Reads the `usage` object of a chat completion, a text completion or embeddings; undefined where there is none, or it counts nothing.
 *
 * Who deviates, as of November 2026:
 * - xAI, and Gemini's compatible endpoint, leave reasoning out of `completion_tokens` and count it in `total_tokens` only.
 * - DeepSeek names the cached part `prompt_cache_hit_tokens`, Moonshot and Together `cached_tokens`, gateways to Anthropic
 *   `cache_read_input_tokens` and `cache_creation_input_tokens`.
 */
export function readUsage(usage: unknown): ReportedTokens | undefined {
  if (!isRecord(usage)) return undefined;
  const prompt = tokenCount(usage.prompt_tokens);
  const completion = tokenCount(usage.completion_tokens);
  if (prompt === undefined && completion === undefined) return undefined;
  const input = recordOf(usage.prompt_tokens_details);
  const output = recordOf(usage.completion_tokens_details);
  const cachedTokens = first(
    input.cached_tokens,
    usage.prompt_cache_hit_tokens,
    usage.cached_tokens,
    usage.cache_read_input_tokens,
  );
  const writtenHour = first(recordOf(usage.cache_creation).ephemeral_1h_input_tokens);
  const cacheWriteTokens = first(
    input.cache_write_tokens,
    input.cache_creation_tokens,
    usage.cache_creation_input_tokens,
  );
  const reasoningTokens = first(output.reasoning_tokens, usage.reasoning_tokens);
  const counted = (prompt ?? 0) + (completion ?? 0);
  const uncounted = prompt === undefined ? 0 : Math.max(0, (tokenCount(usage.total_tokens) ?? 0) - counted);
  // The rest of the total is reasoning, unless it is just what came of the cache.
  const isInput = uncounted > 0 && uncounted !== reasoningTokens && uncounted === cachedTokens + cacheWriteTokens;
  return {
    promptTokens: (prompt ?? 0) + (isInput ? uncounted : 0),
    cachedTokens,
    cacheWriteTokens: Math.max(cacheWriteTokens, writtenHour),
    cacheWrite1hTokens: writtenHour,
    audioInputTokens: first(input.audio_tokens),
    completionTokens: (completion ?? 0) + (isInput ? 0 : uncounted),
    reasoningTokens,
    audioOutputTokens: first(output.audio_tokens),
  };
}

/** The first that is a count; 0 where none is. */
function first(...values: readonly unknown[]): number {
  for (const value of values) {
    const count = tokenCount(value);
    if (count !== undefined) return count;
  }
  return 0;
}

function recordOf(value: unknown): JsonRecord {
  return isRecord(value) ? value : {};
}
