import type { JsonRecord } from '../../failures/json-record.ts';
import { type TokenUsage, usageOf } from '../conversation/answer.ts';
import { readUsage } from '../openai-usage.ts';

/** Reads a chat answer's `usage`; undefined where it counts nothing. */
export function readChatUsage(usage: unknown): TokenUsage | undefined {
  const counted = readUsage(usage);
  return counted === undefined ? undefined : usageOf(counted);
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
