import type { Endpoint } from '../dialects/endpoint.ts';
import type { ErrorContext } from '../failures/client-error.ts';
import type { Failure } from '../failures/failure.ts';
import { renderAnthropicError, renderAnthropicStreamError } from '../failures/render-anthropic.ts';
import { renderOpenAiError, renderOpenAiStreamError } from '../failures/render-openai.ts';
import { renderResponsesStreamError } from '../failures/render-responses.ts';

/** An error answer in the shape of the client's dialect. Responses' is OpenAI's. */
export function renderError(
  endpoint: Endpoint | undefined,
  failure: Failure,
  context: ErrorContext,
): { status: number; headers: Record<string, string>; body: object } {
  const anthropic = endpoint === 'messages' || endpoint === 'count-tokens';
  return anthropic ? renderAnthropicError(failure, context) : renderOpenAiError(failure, context);
}

/** The in-band error of a stream of which nothing that counts was sent yet, or whose dialect does not count. */
export function renderStreamError(endpoint: Endpoint, failure: Failure, context: ErrorContext): string {
  switch (endpoint) {
    case 'messages':
      return renderAnthropicStreamError(failure, context);
    case 'responses':
      return renderResponsesStreamError(failure, context, { sequenceNumber: 0, response: undefined });
    default:
      return renderOpenAiStreamError(failure, context);
  }
}

/** Which kind of call a URL is for, as far as the shape of an error goes. */
export function endpointOfUrl(url: string): Endpoint | undefined {
  return /^\/v1\/messages(?:[/?]|$)/.test(url) ? 'messages' : undefined;
}
