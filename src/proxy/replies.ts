import type { IncomingHttpHeaders } from 'node:http';
import { toMicroseconds } from '../clock.ts';
import { compactionLabel } from '../context/compaction/compaction-label.ts';
import type { ErrorContext } from '../failures/client-error.ts';
import type { Failure } from '../failures/failure.ts';
import { appendReturnedHeaders } from '../providers/headers.ts';
import type { Account } from './account.ts';
import type { CacheVisit } from './cache-visit.ts';
import { renderError, renderStreamError } from './client-errors.ts';
import { type Exchange, triesOf } from './exchange.ts';
import { routeHeader } from './route-header.ts';
import { routeSaving } from './route-saving.ts';
import type { Runtime } from './runtime.ts';
import { spendingOf } from './spending.ts';

/** The headers by which every answer says how it came about, as a flat list. */
export function ownHeaders(exchange: Exchange, runtime: Runtime): string[] {
  const { outcome } = exchange;
  const spent = runtime.clock.now() - exchange.startedAt - exchange.waitedMs;
  exchange.overheadMs = Math.max(0, toMicroseconds(spent));
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
  const saved = pushCost(headers, exchange, runtime);
  if (exchange.route !== undefined || exchange.account?.downgrade !== undefined) pushRoute(headers, exchange, saved);
  if (exchange.account !== undefined) pushAccountHeaders(headers, exchange, exchange.account);
  if (exchange.dropped.size > 0) headers.push('x-breakwater-dropped', headerSafe([...exchange.dropped].join(', ')));
  if (exchange.compaction !== undefined) headers.push('x-breakwater-compacted', compactionLabel(exchange.compaction));
  if (exchange.cache !== undefined) pushCacheHeaders(headers, exchange.cache);
  if (outcome.target !== undefined) headers.push('x-breakwater-target', headerSafe(outcome.target));
  return headers;
}

/**
 * What the tries have cost, where it is known before the answer goes out: a stream costs what it will have been.
 *
 * @returns what routing saved of it, nano-dollars, where that is known
 */
function pushCost(headers: string[], exchange: Exchange, runtime: Runtime): number | undefined {
  if (exchange.call.stream || exchange.bills.length === 0) return undefined;
  const spending = spendingOf(exchange, runtime.prices);
  if (!spending.unpriced) headers.push('x-breakwater-cost-usd', dollars(spending.cost));
  return routeSaving(exchange, runtime, spending);
}

/** Which model serves where the client named none, and which where a budget is spent. */
function pushRoute(headers: string[], { route, account, cascade }: Exchange, saved: number | undefined): void {
  const parts: string[] = [];
  if (route !== undefined) parts.push(routeHeader(route, saved));
  if (cascade?.note !== undefined) parts.push(`cascade=${cascade.note}`);
  const { downgrade } = account ?? {};
  if (downgrade !== undefined) parts.push(`downgrade; from=${downgrade.from}; to=${downgrade.to}`);
  headers.push('x-breakwater-route', headerSafe(parts.join('; ')));
}

/** Without an exponent, and without zeros behind. */
function dollars(nanos: number): string {
  const whole = Math.floor(nanos / 1e9);
  const rest = nanos - whole * 1e9;
  if (rest === 0) return String(whole);
  const digits = String(rest).padStart(9, '0');
  let end = digits.length;
  while (digits.charCodeAt(end - 1) === 48) end--;
  return `${whole}.${digits.slice(0, end)}`;
}

/** Where the answer comes from, or why the cache had none. */
function pushCacheHeaders(headers: string[], { header, replayed }: CacheVisit): void {
  if (header !== undefined) headers.push('x-breakwater-cache', headerSafe(header));
  if (replayed) headers.push('x-breakwater-idempotent', 'replayed');
}

/** What budgets did to the request, and which of them near their end. */
function pushAccountHeaders(headers: string[], { outputCap }: Exchange, { warnings, loop }: Account): void {
  if (outputCap !== undefined) headers.push('x-breakwater-clamped', String(outputCap));
  if (warnings.length > 0) headers.push('x-breakwater-budget', headerSafe(`warning; ${warnings.join(', ')}`));
  if (loop !== undefined) headers.push('x-breakwater-loop', loop);
}

/** Own headers, then the provider's that a client may see. */
export function answerHeaders(exchange: Exchange, runtime: Runtime, upstream: IncomingHttpHeaders): string[] {
  const headers = ownHeaders(exchange, runtime);
  appendReturnedHeaders(headers, upstream);
  return headers;
}

/**
 * The failed exchange's answer. The client's connection may be gone: then nothing is written, only recorded.
 *
 * @param inBand renders the error for a stream under way, where its dialect needs to know what was sent
 */
export function sendFailure(
  exchange: Exchange,
  runtime: Runtime,
  failure: Failure,
  inBand?: (failure: Failure, context: ErrorContext) => string | undefined,
): void {
  exchange.outcome.status = failure.class === 'client_cancelled' ? 'cancelled' : 'failed';
  exchange.outcome.failure = failure;
  const context = {
    requestId: exchange.id,
    attempts: exchange.attempts,
    spent: true,
    ...(failure.retryAfterMs === undefined ? {} : { retryAfterMs: failure.retryAfterMs }),
  };
  if (exchange.client.headersSent) {
    const event = inBand?.(failure, context) ?? renderStreamError(exchange.endpoint, failure, context);
    exchange.client.end(Buffer.from(event));
    return;
  }
  const rendered = renderError(exchange.endpoint, failure, context);
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
