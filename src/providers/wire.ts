import { codecs } from '../dialects/codecs.ts';
import type { Endpoint } from '../dialects/endpoint.ts';
import { MessagesStreamProgress } from '../dialects/messages/stream-progress.ts';
import { MESSAGE_STOP } from '../dialects/messages/stream-writer.ts';
import { readMessagesTokens } from '../dialects/messages/usage.ts';
import { OpenAiStreamProgress } from '../dialects/openai-stream-progress.ts';
import { readUsage } from '../dialects/openai-usage.ts';
import { checkResponsesAnswer } from '../dialects/responses/check-answer.ts';
import { ResponsesStreamProgress } from '../dialects/responses/stream-progress.ts';
import { readResponsesTokens } from '../dialects/responses/usage.ts';
import type { ReportedTokens, StreamProgress } from '../dialects/stream-progress.ts';
import { type CheckedAnswer, checkAnswer, checkTokenCount } from '../failures/check-answer.ts';
import { checkMessagesAnswer } from '../failures/check-messages-answer.ts';
import type { ProviderFamily } from '../failures/family.ts';
import type { HintHeaders } from '../failures/hints.ts';
import { isRecord } from '../failures/json-record.ts';

const DONE = 'data: [DONE]\n\n';

/** How a streamed answer is followed. */
export interface ProgressOptions {
  /** Choices asked for (`n`): the answer is complete when each has its finish. */
  readonly choices: number;
  /** The proxy asked for the usage chunk, the client did not: it is read and not passed on. */
  readonly dropUsage: boolean;
}

/** What follows a stream in the dialect that is spoken upstream. */
export function progressOf(wire: Endpoint, options: ProgressOptions): StreamProgress {
  switch (wire) {
    case 'messages':
      return new MessagesStreamProgress();
    case 'responses':
      return new ResponsesStreamProgress();
    default:
      return new OpenAiStreamProgress(options);
  }
}

/** Looks whether an HTTP 200 holds an answer to what was asked. */
export function checkWhole(
  wire: Endpoint,
  family: ProviderFamily,
  headers: HintHeaders,
  body: Buffer,
  now: number,
): CheckedAnswer {
  switch (wire) {
    case 'messages':
      return checkMessagesAnswer(family, headers, body, now);
    case 'responses':
      return checkResponsesAnswer(family, headers, body, now);
    case 'count-tokens':
      return checkTokenCount(family, headers, body, now);
    default:
      return checkAnswer(wire, family, headers, body, now);
  }
}

/** The tokens a whole answer says it used; undefined where it does not say. */
export function tokensOf(wire: Endpoint, json: unknown): ReportedTokens | undefined {
  if (!isRecord(json)) return undefined;
  if (wire !== 'messages' && wire !== 'responses') return readUsage(json.usage);
  return wire === 'messages' ? readMessagesTokens(json.usage) : readResponsesTokens(json.usage);
}

/** What ends a stream properly where the provider left it out after a finished answer. */
export function properEnd(wire: Endpoint, progress: StreamProgress): string {
  if (progress.done) return '';
  if (wire === 'messages') return MESSAGE_STOP;
  return wire === 'responses' ? '' : DONE;
}

/**
 * The dialect to speak with a provider: the client's own where the provider has it, so that its bytes pass as they are; else the
 * one it has that can be translated. Undefined: the provider cannot serve this kind of call.
 */
export function wireFor(endpoint: Endpoint, spoken: ReadonlySet<Endpoint>): Endpoint | undefined {
  if (spoken.has(endpoint)) return endpoint;
  if (!(endpoint in codecs)) return undefined;
  for (const other of ['chat', 'messages', 'responses'] as const) if (spoken.has(other)) return other;
  return undefined;
}
