import { isRecord, type JsonRecord } from '../../failures/json-record.ts';
import type { TokenUsage } from '../conversation/answer.ts';

/** Reads a Responses `usage`; undefined where there is none, or it counts nothing. */
export function readResponsesUsage(usage: unknown): TokenUsage | undefined {
  if (!isRecord(usage)) return undefined;
  const { input_tokens, output_tokens, input_tokens_details, output_tokens_details } = usage;
  if (typeof input_tokens !== 'number' && typeof output_tokens !== 'number') return undefined;
  const input = isRecord(input_tokens_details) ? input_tokens_details : {};
  const output = isRecord(output_tokens_details) ? output_tokens_details : {};
  return {
    prompt: count(input_tokens),
    completion: count(output_tokens),
    cacheRead: count(input.cached_tokens),
    cacheWritten: count(input.cache_write_tokens),
    reasoning: count(output.reasoning_tokens),
  };
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

/** A provider's count, trusted only as far as it is a count: anything else is 0. */
function count(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? Math.floor(value) : 0;
}
