import type { Endpoint } from '../../dialects/endpoint.ts';
import { isRecord, parseJsonText } from '../../failures/json-record.ts';
import { replayChoices } from './replay-choices.ts';
import { replayMessage } from './replay-message.ts';
import { replayResponse } from './replay-response.ts';

/** How a client wants an answer delivered. */
export interface Delivery {
  readonly stream: boolean;
  /** Usage at the end of a stream. */
  readonly includeUsage: boolean;
}

export interface Replayed {
  readonly contentType: string;
  readonly body: Buffer;
}

/**
 * A kept answer as the client asked for it: whole, or as a stream in its dialect. Undefined where what was kept is no JSON object, which only
 * somebody else can have put there.
 */
export function replay(endpoint: Endpoint, body: Buffer, { stream, includeUsage }: Delivery): Replayed | undefined {
  if (!stream) return { contentType: 'application/json', body };
  const answer = parseJsonText(body.toString('utf8'));
  if (!isRecord(answer)) return undefined;
  const text = (() => {
    switch (endpoint) {
      case 'messages':
        return replayMessage(answer);
      case 'responses':
        return replayResponse(answer);
      default:
        return replayChoices(answer, includeUsage);
    }
  })();
  return { contentType: 'text/event-stream; charset=utf-8', body: Buffer.from(text) };
}
