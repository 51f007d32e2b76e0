import { isRecord, type JsonRecord } from '../../failures/json-record.ts';
import { type TokenUsage, usageOf } from '../conversation/answer.ts';
import { NO_TOKENS, type ReportedTokens, tokenCount } from '../reported-tokens.ts';

/**
 * Reads Anthropic's `usage`. Its `input_tokens` leave out what came from the cache or went into it.
 *
 * @param before what an earlier event of the stream said. Counts are cumulative: none becomes less, and what is left out stays.
 */
export function readMessagesTokens(usage: unknown, before?: ReportedTokens): ReportedTokens | undefined {
  if (!isRecord(usage)) return before;
  const input = tokenCount(usage.input_tokens);
  const output = tokenCount(usage.output_tokens);
  if (input === undefined && output === undefined) return before;
  const had = before ?? NO_TOKENS;
  const most = (value: unknown, earlier: number): number => Math.max(tokenCount(value) ?? 0, earlier);
  const kept = isRecord(usage.cache_creation) ? usage.cache_creation : {};
  const details = isRecord(usage.output_tokens_details) ? usage.output_tokens_details : {};
  const cachedTokens = most(usage.cache_read_input_tokens, had.cachedTokens);
  const cacheWrite1hTokens = most(kept.ephemeral_1h_input_tokens, had.cacheWrite1hTokens);
  const written = (tokenCount(kept.ephemeral_5m_input_tokens) ?? 0) + cacheWrite1hTokens;
  const cacheWriteTokens = Math.max(most(usage.cache_creation_input_tokens, had.cacheWriteTokens), written);
  const fresh = Math.max(input ?? 0, had.promptTokens - had.cachedTokens - had.cacheWriteTokens);
  return {
    ...NO_TOKENS,
    promptTokens: fresh + cachedTokens + cacheWriteTokens,
    cachedTokens,
    cacheWriteTokens,
    cacheWrite1hTokens,
    completionTokens: Math.max(output ?? 0, had.completionTokens),
    reasoningTokens: most(details.thinking_tokens, had.reasoningTokens),
  };
}

/** The same in the terms of translation. */
export function readMessagesUsage(usage: unknown): TokenUsage | undefined {
  const tokens = readMessagesTokens(usage);
  return tokens === undefined ? undefined : usageOf(tokens);
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
