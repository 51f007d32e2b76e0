import { type ClientError, clientError, type ErrorContext } from './client-error.ts';
import type { Failure } from './failure.ts';

/** An error in OpenAI's shape, with this proxy's own findings beside it. */
export interface OpenAiErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: string;
    readonly breakwater: ClientError['breakwater'];
  };
}

/** The answer to a request that failed before anything of it was sent. */
export function renderOpenAiError(
  failure: Failure,
  context: ErrorContext,
): { status: number; headers: Record<string, string>; body: OpenAiErrorBody } {
  const error = clientError(failure, context);
  return { status: error.status, headers: error.headers, body: bodyOf(error) };
}

/**
 * The in-band error of a stream whose HTTP status has long been sent: one SSE event, after which the connection closes without
 * `[DONE]`. Its code is `upstream_stream_interrupted` for a `stream_broken`, as a failure is once part of the answer was delivered; a
 * stream that was held back until then tells the failure's own code.
 */
export function renderOpenAiStreamError(failure: Failure, context: ErrorContext): string {
  return `data: ${JSON.stringify(bodyOf(clientError(failure, context)))}\n\n`;
}

function bodyOf({ message, type, param, code, breakwater }: ClientError): OpenAiErrorBody {
  return { error: { message, type, param, code, breakwater } };
}
