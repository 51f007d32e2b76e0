import { hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Provider, ProviderKey } from '../config/config.ts';

/**
 * Client headers that never go upstream: those of this hop, those that carry the client's own credentials, those the proxy answers
 * for itself. `accept-encoding` is among them because a compressed answer could not be checked as it streams: providers are told to send none.
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

/**
 * Headers that choose whose account at a provider a call is on, or are a credential by another name. With the operator's key they are the
 * operator's to set: a tenant could put its calls on another project, and what a provider refuses for them would rest the key for everybody.
 */
const CHOOSES_ACCOUNT = new Set([
  'cf-aig-authorization',
  'ocp-apim-subscription-key',
  'openai-organization',
  'openai-project',
  'x-goog-api-key',
  'x-goog-user-project',
]);

/** Whether a client's header of that name, in lower case, may go to a provider. */
export function reachesProviders(name: string): boolean {
  return !NOT_FORWARDED.has(name) && !name.startsWith('x-breakwater-');
}

/** Whose account at a provider a client's headers say it is on, its `Authorization` aside; undefined: they do not say. */
export function accountNamedIn(raw: readonly string[]): string | undefined {
  const lines: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = (raw[i] ?? '').toLowerCase();
    if (CHOOSES_ACCOUNT.has(name)) lines.push(`${name}: ${raw[i + 1]}`);
  }
  return lines.length === 0 ? undefined : lines.sort().join('\n');
}

/**
 * The request headers of one try, as a flat list.
 *
 * @param raw the client's headers as sent: name, value, name, value
 * @param authorization the client's own `Authorization`, sent on only to a provider configured without a key
 * @param tenant whose client it is: then whose account at the provider it is on is not its to say, nor whose calls its idempotency keys mean
 */
export function upstreamHeaders(
  raw: readonly string[],
  provider: Provider,
  key: ProviderKey | undefined,
  authorization: string | undefined,
  tenant?: string,
): string[] {
  const headers = ['content-type', 'application/json'];
  // Said, because whoever says nothing is taken to accept anything.
  if (!('accept-encoding' in provider.headers)) headers.push('accept-encoding', 'identity');
  const { auth } = provider;
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = (raw[i] ?? '').toLowerCase();
    if (!reachesProviders(name) || name in provider.headers) continue;
    // The key goes under that name: two of them are none.
    if (auth.kind === 'header' && auth.name === name) continue;
    if (tenant !== undefined && key !== undefined) {
      if (CHOOSES_ACCOUNT.has(name)) continue;
      if (name === 'idempotency-key') {
        // To a provider all tenants are one account: of two that count 1, 2, 3, one would be given the other's answers.
        headers.push(name, hash('sha256', JSON.stringify([tenant, raw[i + 1]]), 'hex'));
        continue;
      }
    }
    const families = ACCOUNT_HEADERS.get(name);
    if (families !== undefined && !families.includes(provider.family)) continue;
    headers.push(name, raw[i + 1] ?? '');
  }
  for (const name in provider.headers) headers.push(name, provider.headers[name] ?? '');
  if (key !== undefined) {
    if (auth.kind === 'bearer') headers.push('authorization', `Bearer ${key.secret}`);
    else if (auth.kind === 'header') headers.push(auth.name, key.secret);
  } else if (provider.passthrough && authorization !== undefined) {
    if (auth.kind === 'header') headers.push(auth.name, authorization.replace(/^Bearer\s+/i, ''));
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
