import { reachesProviders } from '../providers/headers.ts';

/** Headers that providers get and that change no answer: who and what carries the request, not what is asked. */
const HARMLESS = new Set([
  'accept',
  'accept-charset',
  'accept-language',
  'b3',
  'anthropic-dangerous-direct-browser-access',
  'baggage',
  'cache-control',
  'dnt',
  'idempotency-key',
  'pragma',
  'priority',
  'purpose',
  'request-id',
  'sentry-trace',
  'traceparent',
  'tracestate',
  'uber-trace-id',
  'user-agent',
  'x-amzn-trace-id',
  'x-client-request-id',
  'x-cloud-trace-context',
  'x-correlation-id',
  'x-request-id',
  'x-request-start',
]);
/** Cloudflare's gateway for models reads what begins so: a key among it, and how to answer. */
const OF_A_GATEWAY = 'cf-aig-';
const HARMLESS_BEGINNINGS = ['sec-', 'x-stainless-', 'x-datadog-', 'x-b3-', 'x-forwarded-', 'cf-', 'cloudfront-'];

/**
 * What of a request's headers is part of its scope, as `name: value` lines in order of names. A provider gets nearly all headers, and may
 * answer by any of them (`anthropic-beta`): one that nobody knows is in the scope.
 *
 * @param raw as sent: name, value, name, value
 */
export function scopedHeaders(raw: readonly string[]): string {
  const lines: string[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = (raw[at] ?? '').toLowerCase();
    if (!reachesProviders(name) || HARMLESS.has(name)) continue;
    if (!name.startsWith(OF_A_GATEWAY) && HARMLESS_BEGINNINGS.some((beginning) => name.startsWith(beginning))) continue;
    lines.push(`${name}: ${raw[at + 1]}`);
  }
  return lines.length < 2 ? (lines[0] ?? '') : lines.sort().join('\n');
}
