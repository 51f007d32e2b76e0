import type { Endpoint } from '../../dialects/endpoint.ts';
import { OpenAiAssembler } from '../../dialects/openai-assemble.ts';
import { readChunk } from '../../dialects/openai-chat-stream.ts';
import { type SseEvent, SseReader } from '../../dialects/sse-reader.ts';
import { isRecord, type JsonRecord, parseJsonText } from '../../failures/json-record.ts';
import { assembleMessage } from './assemble-message.ts';
import { isKnownChunk } from './known-chunk.ts';

/** Token counts, where the stream had none because the client had not asked for them. */
export interface SeenTokens {
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/**
 * The whole answer that a delivered stream makes, in the dialect it was delivered in; undefined where it makes none.
 *
 * @param tokens put into a chat or text completion whose stream had no usage
 * @param toKeep it is to be given again as the whole of what was said: none, where it has parts of which nobody here knows how to join the pieces
 */
export function assembleStream(
  endpoint: Endpoint,
  bytes: Buffer,
  tokens: SeenTokens | undefined,
  toKeep = false,
): JsonRecord | undefined {
  const events = new SseReader({ maxEventBytes: bytes.length + 1 }).push(bytes);
  switch (endpoint) {
    case 'chat':
    case 'completions':
      return assembleChoices(events, tokens, toKeep);
    case 'messages':
      return assembleMessage(events);
    case 'responses':
      return lastResponse(events);
    default:
      return undefined;
  }
}

function assembleChoices(
  events: readonly SseEvent[],
  tokens: SeenTokens | undefined,
  toKeep: boolean,
): JsonRecord | undefined {
  const assembler = new OpenAiAssembler();
  for (const event of events) {
    if (!event.hasData) continue;
    const { json, kind } = readChunk(event.data);
    if (kind === 'error' || kind === 'malformed') return undefined;
    if (json === undefined) continue;
    if (toKeep && !isKnownChunk(json)) return undefined;
    assembler.add(json);
  }
  const { completion, unfinished } = assembler.result();
  if (unfinished.length > 0) return undefined;
  return completion.usage === undefined && tokens !== undefined
    ? { ...completion, usage: usageOf(tokens) }
    : completion;
}

/** The last event of a Responses stream repeats all of it. */
function lastResponse(events: readonly SseEvent[]): JsonRecord | undefined {
  for (let at = events.length - 1; at >= 0; at--) {
    const event = events[at];
    if (event === undefined || !event.hasData) continue;
    const json = parseJsonText(event.data.toString('utf8'));
    if (!isRecord(json)) continue;
    return json.type === 'response.completed' && isRecord(json.response) ? json.response : undefined;
  }
  return undefined;
}

function usageOf({ promptTokens, completionTokens }: SeenTokens): JsonRecord {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  };
}
