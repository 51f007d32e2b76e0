import type { IncomingHttpHeaders } from 'node:http';
import type { Provider, ProviderKey } from '../config/config.ts';

/**
 * Client headers that never go upstream: those of this hop, those that carry the client's own credentials, those the proxy answers
 * for itself. `accept-encoding` is among them because a compressed answer could not be checked as it streams.
 */
const NOT_FORWARDED = new Set([
  'accept-encoding',
  'authorization',
  'api-key',
  'connection',
  'content-length',
  'content-type',
  'cookie',
  'expect',
  'forwarded',
  'host',
  'keep-alive',
  'origin',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'referer',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
  'x-api-key',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
  'x-stainless-retry-count',
  'x-stainless-timeout',
]);

/** Provider headers that never reach the client: those of that hop, and those that would bind the client to the provider's host. */
const NOT_RETURNED = new Set([
  'access-control-allow-origin',
  'alt-svc',
  'connection',
  'content-encoding',
  'content-length',
  'date',
  'keep-alive',
  'proxy-authenticate',
  'retry-after',
  'retry-after-ms',
  'server',
  'set-cookie',
  'strict-transport-security',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'via',
  'x-should-retry',
]);

/** Headers that mean something to one provider alone, by the families that understand them. */
const ACCOUNT_HEADERS: ReadonlyMap<string, readonly string[]> = new Map([
  ['openai-organization', ['openai', 'azure']],
  ['openai-project', ['openai', 'azure']],
  ['anthropic-version', ['anthropic']],
  ['anthropic-beta', ['anthropic']],
]);

/** Whether a client's header of that name, in lower case, may go to a provider. */
export function reachesProviders(name: string): boolean {
  return !NOT_FORWARDED.has(name) && !name.startsWith('x-breakwater-');
}

/**
 * The request headers of one try, as a flat list.
 *
 * @param raw the client's headers as sent: name, value, name, value
 * @param authorization the client's own `Authorization`, sent on only to a provider configured without a key
 */
export function upstreamHeaders(
  raw: readonly string[],
  provider: Provider,
  key: ProviderKey | undefined,
  authorization: string | undefined,
): string[] {
  const headers = ['content-type', 'application/json'];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = (raw[i] ?? '').toLowerCase();
    if (!reachesProviders(name) || name in provider.headers) continue;
    const families = ACCOUNT_HEADERS.get(name);
    if (families !== undefined && !families.includes(provider.family)) continue;
    headers.push(name, raw[i + 1] ?? '');
  }
  for (const name in provider.headers) headers.push(name, provider.headers[name] ?? '');
  if (key !== undefined) {
    if (provider.auth.kind === 'bearer') headers.push('authorization', `Bearer ${key.secret}`);
    else if (provider.auth.kind === 'header') headers.push(provider.auth.name, key.secret);
  } else if (provider.passthrough && authorization !== undefined) {
    if (provider.auth.kind === 'header') headers.push(provider.auth.name, authorization.replace(/^Bearer\s+/i, ''));
    else headers.push('authorization', authorization);
  }
  return headers;
}

/** Shorter values are no secrets, and would be found in any text. */
const SHORTEST_SECRET = 8;

/** What of a try's headers only the provider may see: the key, and what the operator sends with every call. */
export function secretsIn(headers: readonly string[], provider: Provider): readonly string[] {
  const secrets: string[] = [];
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? '';
    const own = provider.auth.kind === 'header' && provider.auth.name === name;
    if (!own && name !== 'authorization' && !(name in provider.headers)) continue;
    const value = (headers[i + 1] ?? '').replace(/^(?:bearer|basic)\s+/i, '');
    if (value.length >= SHORTEST_SECRET) secrets.push(value);
  }
  return secrets;
}

/** The provider's response headers that a client may see, appended to a flat list. */
export function appendReturnedHeaders(list: string[], upstream: IncomingHttpHeaders): void {
  for (const name in upstream) {
    if (NOT_RETURNED.has(name) || name.startsWith('x-breakwater-')) continue;
    const value = upstream[name];
    if (typeof value === 'string') list.push(name, value);
    else if (value !== undefined) for (const one of value) list.push(name, one);
  }
}
