import type { ErrorDetails } from './dialect.ts';
import { PROVIDER_ERRORS } from './provider-errors.ts';

interface Wording {
  readonly type: string;
  readonly code: string | null;
  readonly message: string;
}

const WORDINGS: Readonly<Record<number, Wording>> = {
  400: { type: 'invalid_request_error', code: null, message: 'The request is invalid.' },
  401: { type: 'invalid_request_error', code: 'invalid_api_key', message: 'Incorrect API key provided.' },
  403: { type: 'invalid_request_error', code: 'forbidden', message: 'You do not have access to this resource.' },
  404: {
    type: 'invalid_request_error',
    code: 'model_not_found',
    message: 'The model does not exist or you do not have access to it.',
  },
  408: { type: 'server_error', code: 'request_timeout', message: 'The request timed out.' },
  409: { type: 'server_error', code: 'conflict', message: 'The resource was being changed by another request.' },
  413: { type: 'invalid_request_error', code: 'request_too_large', message: 'The request is too large.' },
  422: { type: 'invalid_request_error', code: null, message: 'The request could not be processed.' },
  424: { type: 'server_error', code: 'failed_dependency', message: 'The model failed while it was answering.' },
  429: {
    type: 'requests',
    code: 'rate_limit_exceeded',
    message: 'Rate limit reached for requests. Please try again later.',
  },
  498: { type: 'capacity_error', code: 'capacity_exceeded', message: 'Capacity exceeded.' },
  500: {
    type: 'server_error',
    code: null,
    message: 'The server had an error while processing your request. Sorry about that!',
  },
  502: { type: 'server_error', code: 'bad_gateway', message: 'Bad gateway.' },
  503: { type: 'server_error', code: 'service_unavailable', message: 'The service is temporarily unavailable.' },
  504: { type: 'server_error', code: 'gateway_timeout', message: 'The gateway timed out.' },
  529: { type: 'overloaded_error', code: null, message: 'Overloaded' },
};

const UNKNOWN: Wording = { type: 'server_error', code: null, message: 'Unknown error.' };

/** The body of an OpenAI error. */
export function openAIError(status: number, details?: ErrorDetails): string {
  const wording = WORDINGS[status] ?? UNKNOWN;
  return JSON.stringify({
    error: {
      message: details?.message ?? wording.message,
      type: wording.type,
      param: details?.param ?? null,
      code: details?.code === undefined ? wording.code : details.code,
    },
  });
}

/** How every API of OpenAI's words its errors. */
export const openAIErrors = {
  error: openAIError,
  tooLong: PROVIDER_ERRORS.context ?? { status: 400 },
  overloaded: PROVIDER_ERRORS.overloaded ?? { status: 503 },
};

/** An error in the middle of a stream of chunks. */
export const OPENAI_ERROR_EVENT = `data: ${openAIError(500)}\n\n`;
