import type { Behaviour, ErrorReply } from './behaviour.ts';
import { InvalidCallError } from './call.ts';
import type { ModelApi } from './dialect.ts';
import type { Exchange } from './exchange.ts';
import { UnknownBehaviourError } from './grammar.ts';
import { openAIError } from './openai-error.ts';
import { type ErrorShape, PROVIDER_ERRORS } from './provider-errors.ts';
import { hintHeader } from './retry-hints.ts';

export const HTML_PAGE =
  '<!DOCTYPE html>\n<html><head><title>Gateway</title></head><body><h1>Something went wrong</h1></body></html>\n';

/** Answers with an error: the provider's own body where the shape has one, else the API's words for its status. */
export function refuse(exchange: Exchange, api: ModelApi, error: ErrorShape, reply?: ErrorReply): void {
  const html = reply?.html === true;
  const headers: Record<string, string> = { 'content-type': html ? 'text/html' : 'application/json', ...error.headers };
  for (const hint of reply?.hints ?? []) {
    const [name, value] = hintHeader(hint, exchange.now());
    headers[name] = value;
  }
  exchange.respond(error.status, headers, html ? HTML_PAGE : (error.body ?? api.error(error.status)));
}

/** Answers a request the simulator cannot make sense of. */
export function refuseInvalid(exchange: Exchange, api: ModelApi, error: unknown): void {
  if (error instanceof UnknownBehaviourError) {
    const message = `The model \`${error.behaviour}\` does not exist: ${error.message}. See docs/simulator.md for the names.`;
    refuse(exchange, api, { status: 404, body: api.error(404, { message, code: 'model_not_found', param: 'model' }) });
  } else if (error instanceof InvalidCallError) {
    refuse(exchange, api, { status: 400, body: api.error(400, { message: error.message, param: error.param }) });
  } else answerBug(exchange, error);
}

/** A bug in the simulator must not take down the proxy it may share a process with: it shows as a warning and a 500. */
export function answerBug(exchange: Exchange, error: unknown): void {
  process.emitWarning(error instanceof Error ? error : new Error(String(error)));
  if (exchange.record.status !== undefined) {
    exchange.cut();
    return;
  }
  exchange.respond(500, { 'content-type': 'application/json' }, openAIError(500, { message: `simulator: ${error}` }));
}

/** The error for a request that asks more than the behaviour can do. */
export function overLimit(
  api: ModelApi,
  promptTokens: number,
  prefix: string | undefined,
  behaviour: Behaviour,
): ErrorShape | undefined {
  if (behaviour.refusesPrefill && prefix !== undefined) return PROVIDER_ERRORS['prefill-400'];
  if (behaviour.contextWindow !== undefined && promptTokens > behaviour.contextWindow) return api.tooLong;
  return undefined;
}
