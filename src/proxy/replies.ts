import type { IncomingHttpHeaders } from 'node:http';
import type { Failure } from '../failures/failure.ts';
import { renderOpenAiError, renderOpenAiStreamError } from '../failures/render-openai.ts';
import { appendReturnedHeaders } from '../providers/headers.ts';
import { type Exchange, triesOf } from './exchange.ts';
import type { Runtime } from './runtime.ts';

/** The headers by which every answer says how it came about, as a flat list. */
export function ownHeaders(exchange: Exchange, runtime: Runtime): string[] {
  const { outcome } = exchange;
  const spent = runtime.clock.now() - exchange.startedAt - exchange.waitedMs;
  exchange.overheadMs = Math.max(0, Math.round(spent * 1000) / 1000);
  const headers = [
    'x-breakwater-request-id',
    exchange.id,
    'x-breakwater-attempts',
    String(triesOf(exchange)),
    'x-breakwater-status',
    outcome.status,
    'x-breakwater-overhead-ms',
    String(exchange.overheadMs),
  ];
  if (outcome.target !== undefined) headers.push('x-breakwater-target', headerSafe(outcome.target));
  return headers;
}

/** Own headers, then the provider's that a client may see. */
export function answerHeaders(exchange: Exchange, runtime: Runtime, upstream: IncomingHttpHeaders): string[] {
  const headers = ownHeaders(exchange, runtime);
  appendReturnedHeaders(headers, upstream);
  return headers;
}

/** The failed exchange's answer. The client's connection may be gone: then nothing is written, only recorded. */
export function sendFailure(exchange: Exchange, runtime: Runtime, failure: Failure): void {
  exchange.outcome.status = failure.class === 'client_cancelled' ? 'cancelled' : 'failed';
  exchange.outcome.failure = failure;
  const context = {
    requestId: exchange.id,
    attempts: exchange.attempts,
    spent: true,
    ...(failure.retryAfterMs === undefined ? {} : { retryAfterMs: failure.retryAfterMs }),
  };
  if (exchange.client.headersSent) {
    exchange.client.end(Buffer.from(renderOpenAiStreamError(failure, context)));
    return;
  }
  const rendered = renderOpenAiError(failure, context);
  exchange.outcome.httpStatus = rendered.status;
  const headers = ownHeaders(exchange, runtime);
  headers.push('content-type', 'application/json; charset=utf-8');
  for (const [name, value] of Object.entries(rendered.headers)) {
    if (name !== 'x-breakwater-request-id') headers.push(name, value);
  }
  exchange.client.sendWhole(rendered.status, headers, Buffer.from(JSON.stringify(rendered.body)));
}

/** Targets are named by the operator and may hold any character; a header may not. */
function headerSafe(value: string): string {
  return /^[\x20-\x7e]*$/.test(value) ? value : encodeURIComponent(value);
}
