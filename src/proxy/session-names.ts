import type { Exchange } from './exchange.ts';

/** The longest name that is heeded where nobody is asked for a key; tenants' are checked when they are identified. */
const LONGEST = 128;

/** '' where the proxy asks nobody for a key. */
export function tenantOf({ account }: Pick<Exchange, 'account'>): string {
  return account?.identity.tenant.name ?? '';
}

/** As the client named it; undefined: it did not. */
export function sessionOf({ account, headers }: Pick<Exchange, 'account' | 'headers'>): string | undefined {
  return account === undefined ? named(headers['x-breakwater-session']) : account.identity.session;
}

/** As the client named it; undefined: it did not. */
export function taskOf({ account, headers }: Pick<Exchange, 'account' | 'headers'>): string | undefined {
  return account === undefined ? named(headers['x-breakwater-task']) : account.identity.task;
}

function named(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' && value !== '' && value.length <= LONGEST ? value : undefined;
}
