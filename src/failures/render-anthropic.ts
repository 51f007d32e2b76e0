import { type ClientError, clientError, type ErrorContext } from './client-error.ts';
import type { Failure, FailureClass } from './failure.ts';

/** Anthropic's error types, and nothing else: its clients know no others. */
export type AnthropicErrorType =
  | 'invalid_request_error'
  | 'authentication_error'
  | 'billing_error'
  | 'permission_error'
  | 'not_found_error'
  | 'request_too_large'
  | 'rate_limit_error'
  | 'timeout_error'
  | 'api_error'
  | 'overloaded_error';

/** An error in Anthropic's shape, with this proxy's own findings beside it. */
export interface AnthropicErrorBody {
  readonly type: 'error';
  readonly error: {
    readonly type: AnthropicErrorType;
    readonly message: string;
    readonly code: string;
    readonly param: string | null;
    readonly breakwater: ClientError['breakwater'];
  };
  readonly request_id: string;
}

/** Where Anthropic's word, or its status, differs from what the status alone says. */
const OF_CLASS: Readonly<Partial<Record<FailureClass, { type: AnthropicErrorType; status?: number }>>> = {
  // Its clients know an overload by this status.
  overloaded: { type: 'overloaded_error', status: 529 },
  // 429 would have clients wait for what only money mends.
  quota_exhausted: { type: 'billing_error', status: 402 },
  content_blocked: { type: 'invalid_request_error' },
  timeout: { type: 'timeout_error' },
  client_cancelled: { type: 'api_error' },
};

const OF_STATUS: ReadonlyMap<number, AnthropicErrorType> = new Map<number, AnthropicErrorType>([
  [401, 'authentication_error'],
  [402, 'billing_error'],
  [403, 'permission_error'],
  [404, 'not_found_error'],
  [408, 'timeout_error'],
  [413, 'request_too_large'],
  [429, 'rate_limit_error'],
  [503, 'overloaded_error'],
  [504, 'timeout_error'],
  [529, 'overloaded_error'],
]);

/** The answer, to a Messages client, to a request that failed before anything of it was sent. */
export function renderAnthropicError(
  failure: Failure,
  context: ErrorContext,
): { status: number; headers: Record<string, string>; body: AnthropicErrorBody } {
  const error = clientError(failure, context);
  const status = OF_CLASS[failure.class]?.status ?? error.status;
  return {
    status,
    // The name under which Anthropic's SDKs look for it.
    headers: { ...error.headers, 'request-id': context.requestId },
    body: bodyOf(failure, error, status, context),
  };
}

/** The in-band error of a stream whose HTTP status has long been sent. The connection closes after it, without `message_stop`. */
export function renderAnthropicStreamError(failure: Failure, context: ErrorContext): string {
  const { body } = renderAnthropicError(failure, context);
  return `event: error\ndata: ${JSON.stringify(body)}\n\n`;
}

function bodyOf(failure: Failure, error: ClientError, status: number, { requestId }: ErrorContext): AnthropicErrorBody {
  const { code, param, breakwater } = error;
  const type = OF_CLASS[failure.class]?.type ?? typeOf(status);
  return {
    type: 'error',
    error: { type, message: messageOf(failure, error.message), code, param, breakwater },
    request_id: requestId,
  };
}

function typeOf(status: number): AnthropicErrorType {
  return OF_STATUS.get(status) ?? (status < 500 ? 'invalid_request_error' : 'api_error');
}

/** Clients of either kind look for their provider's words to know that they must shorten the conversation. */
function messageOf(failure: Failure, message: string): string {
  if (failure.class !== 'context_length' || /prompt is too long/i.test(message)) return message;
  return `prompt is too long: ${message}`;
}
