import { isRecord, type JsonRecord } from '../../failures/json-record.ts';
import type { TokenUsage } from '../conversation/answer.ts';
import { readUsage } from '../openai-usage.ts';

/** Reads a chat answer's `usage`; undefined where it counts nothing. */
export function readChatUsage(usage: unknown): TokenUsage | undefined {
  const counted = readUsage(usage);
  if (counted === undefined) return undefined;
  const details = isRecord(usage) && isRecord(usage.prompt_tokens_details) ? usage.prompt_tokens_details : {};
  const written = details.cache_write_tokens;
  return {
    prompt: counted.promptTokens,
    completion: counted.completionTokens,
    cacheRead: counted.cachedTokens,
    cacheWritten: typeof written === 'number' && written > 0 ? written : 0,
    reasoning: counted.reasoningTokens,
  };
}

export function writeChatUsage(usage: TokenUsage): JsonRecord {
  const { prompt, completion, cacheRead, cacheWritten, reasoning } = usage;
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cacheRead, cache_write_tokens: cacheWritten, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: reasoning,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}
