import type { ProviderKey } from './config.ts';
import type { Report } from './path.ts';
import type { ProviderShape } from './schema.ts';

/** What a header can carry of a key: a pasted line break would split the request. */
const KEY = /^[\x21-\x7e]+$/;

/** The provider's keys, named `openai#1`, `openai#2`. Messages never repeat one. */
export function buildKeys(
  provider: string,
  given: Pick<ProviderShape, 'apiKey' | 'apiKeys'>,
  report: Report,
): ProviderKey[] {
  if (given.apiKey !== undefined && given.apiKeys !== undefined) report(['apiKeys'], 'write either apiKey or apiKeys');
  const secrets = given.apiKey === undefined ? (given.apiKeys ?? []) : [given.apiKey];
  return secrets.map((secret, index) => {
    const path = given.apiKey === undefined ? ['apiKeys', index] : ['apiKey'];
    if (!KEY.test(secret)) report(path, 'holds a blank, a line break or a character a header cannot carry');
    else if (secrets.indexOf(secret) !== index)
      report(path, `is the same key as number ${secrets.indexOf(secret) + 1}`);
    return makeKey(`${provider}#${index + 1}`, secret);
  });
}

/** The secret is not enumerable, so that logging or serialising a configuration does not show it. */
export function makeKey(id: string, secret: string): ProviderKey {
  return Object.defineProperty({ id, secret }, 'secret', { enumerable: false });
}

/** Tells two keys apart for an operator without telling the key: `set, ...3f9a`. */
export function maskKey(secret: string): string {
  return secret.length >= 20 ? `...${secret.slice(-4)}` : '(short)';
}
