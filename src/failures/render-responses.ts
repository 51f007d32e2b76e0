import { type ClientError, clientError, type ErrorContext } from './client-error.ts';
import type { Failure } from './failure.ts';
import type { JsonRecord } from './json-record.ts';

/** What of a Responses stream was already sent. */
export interface SentSoFar {
  /** The number of the next event. */
  readonly sequenceNumber: number;
  /** The response as the client knows it; undefined where none was begun. */
  readonly response: JsonRecord | undefined;
}

/**
 * The in-band error of a Responses stream, after which the connection closes: `error`, which the official SDKs throw, then (once a response
 * was begun) `response.failed`, which is what codex looks for. OpenAI sends both too.
 */
export function renderResponsesStreamError(failure: Failure, context: ErrorContext, sent: SentSoFar): string {
  const error = clientError(failure, context);
  const { code, message, param, breakwater } = error;
  const { sequenceNumber, response } = sent;
  const event = {
    type: 'error',
    code,
    message,
    param,
    sequence_number: sequenceNumber,
    error: nested(error),
    breakwater,
  };
  const failed = {
    type: 'response.failed',
    response: { ...response, status: 'failed', error: { code: errorCode(error), message } },
    sequence_number: sequenceNumber + 1,
  };
  const bytes = `event: error\ndata: ${JSON.stringify(event)}\n\n`;
  return response === undefined ? bytes : `${bytes}event: response.failed\ndata: ${JSON.stringify(failed)}\n\n`;
}

/** The error as the JSON answers have it: the SDKs build their typed error from it. */
function nested({ message, type, param, code, breakwater }: ClientError): JsonRecord {
  return { message, type, param, code, breakwater };
}

/** Codes that mean something to clients of a failed response; any other failure is the server's. */
const TOLD: ReadonlySet<string> = new Set(['rate_limit_exceeded', 'context_length_exceeded', 'insufficient_quota']);

function errorCode({ code }: ClientError): string {
  return TOLD.has(code) ? code : 'server_error';
}
