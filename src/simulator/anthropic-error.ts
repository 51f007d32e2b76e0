import type { ErrorDetails } from './dialect.ts';
import { PROVIDER_ERRORS } from './provider-errors.ts';

interface Wording {
  readonly type: string;
  readonly message: string;
}

const WORDINGS: Readonly<Record<number, Wording>> = {
  400: { type: 'invalid_request_error', message: 'The request is invalid.' },
  401: { type: 'authentication_error', message: 'invalid x-api-key' },
  402: { type: 'billing_error', message: 'There is a problem with your payment method.' },
  403: { type: 'permission_error', message: 'Your API key does not have permission to use the specified resource.' },
  404: { type: 'not_found_error', message: 'model: the model does not exist' },
  408: { type: 'timeout_error', message: 'Request timed out' },
  413: { type: 'request_too_large', message: 'Request exceeds the maximum size' },
  429: {
    type: 'rate_limit_error',
    message: "This request would exceed your organization's rate limit. Please try again later.",
  },
  500: { type: 'api_error', message: 'Internal server error' },
  502: { type: 'api_error', message: 'Bad gateway' },
  503: { type: 'api_error', message: 'Service unavailable' },
  504: { type: 'timeout_error', message: 'Gateway timed out' },
  529: { type: 'overloaded_error', message: 'Overloaded' },
};

/** The body of an Anthropic error. */
export function anthropicError(status: number, details?: ErrorDetails): string {
  const { type, message } = WORDINGS[status] ?? {
    type: status < 500 ? 'invalid_request_error' : 'api_error',
    message: 'Unknown error',
  };
  const error = { type, message: details === undefined ? message : withParam(details) };
  return JSON.stringify({ type: 'error', error, request_id: 'req_011CSimulated' });
}

/** Anthropic has no field for it: its messages begin with the parameter's name. */
function withParam({ message, param }: ErrorDetails): string {
  return param === undefined || param === null ? message : `${param}: ${message}`;
}

/** How Anthropic's API words its errors. */
export const anthropicErrors = {
  error: anthropicError,
  tooLong: PROVIDER_ERRORS['anthropic-context'] ?? { status: 400 },
  overloaded: PROVIDER_ERRORS['anthropic-529'] ?? { status: 529 },
};

/** An error in the middle of a stream. */
export const ANTHROPIC_ERROR_EVENT = `event: error\ndata: ${anthropicError(529)}\n\n`;
