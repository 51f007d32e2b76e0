import type { Exchange } from './exchange.ts';
import type { Runtime } from './runtime.ts';

/** The client's own key for the provider, in whichever of the two ways it sent it; its key for this proxy goes nowhere. */
export function clientAuthorization({ headers, account }: Exchange, { tenancy }: Runtime): string | undefined {
  if (tenancy !== undefined) return tenancy.authorizationOf(headers, account?.identity.keySource);
  const key = headers['x-api-key'];
  return headers.authorization ?? (typeof key === 'string' ? `Bearer ${key}` : undefined);
}
