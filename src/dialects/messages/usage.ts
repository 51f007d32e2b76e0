import { isRecord, type JsonRecord } from '../../failures/json-record.ts';
import type { TokenUsage } from '../conversation/answer.ts';

/**
 * Reads Anthropic's `usage`. Its `input_tokens` leave out what came from the cache or went into it.
 *
 * @param before what an earlier event of the stream said, for what this one leaves out
 */
export function readMessagesUsage(usage: unknown, before?: TokenUsage): TokenUsage | undefined {
  if (!isRecord(usage)) return before;
  const { input_tokens, output_tokens, cache_read_input_tokens, cache_creation_input_tokens } = usage;
  if (typeof input_tokens !== 'number' && typeof output_tokens !== 'number') return before;
  const cacheRead = count(cache_read_input_tokens) ?? before?.cacheRead ?? 0;
  const cacheWritten = count(cache_creation_input_tokens) ?? before?.cacheWritten ?? 0;
  const fresh = count(input_tokens);
  const details = isRecord(usage.output_tokens_details) ? usage.output_tokens_details : {};
  return {
    prompt: fresh === undefined ? (before?.prompt ?? 0) : fresh + cacheRead + cacheWritten,
    completion: count(output_tokens) ?? before?.completion ?? 0,
    cacheRead,
    cacheWritten,
    reasoning: count(details.thinking_tokens) ?? before?.reasoning ?? 0,
  };
}

/** A provider's count, trusted only as far as it is a count. */
function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? Math.floor(value) : undefined;
}

/** The counts as `message_delta` has them; a whole message has more members. */
export function writeDeltaUsage(usage: TokenUsage | undefined): JsonRecord {
  const { prompt, completion, cacheRead, cacheWritten, reasoning } = usage ?? NOTHING_USED;
  return {
    input_tokens: Math.max(0, prompt - cacheRead - cacheWritten),
    cache_creation_input_tokens: cacheWritten,
    cache_read_input_tokens: cacheRead,
    output_tokens: completion,
    output_tokens_details: reasoning > 0 ? { thinking_tokens: reasoning } : null,
    server_tool_use: null,
  };
}

const NOTHING_USED: TokenUsage = { prompt: 0, completion: 0, cacheRead: 0, cacheWritten: 0, reasoning: 0 };

export function writeMessagesUsage(usage: TokenUsage | undefined): JsonRecord {
  return { ...writeDeltaUsage(usage), cache_creation: null, inference_geo: null, service_tier: null, speed: null };
}
