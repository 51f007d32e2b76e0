import { VectorRefused } from './unit-vector.ts';
import type { EntryKey, VectorEntry, VectorQuery } from './vector-index.ts';

const longestPart = 200;
const longestTenant = 128;
const longestRef = 1_000;
const mostHits = 100;

/** @throws {VectorRefused} where what names a partition could be mistaken for another one's name */
export function checkScope(tenant: string, scope: string): void {
  checkTenant(tenant);
  checkPart('scope', scope);
}

/** @throws {VectorRefused} */
export function checkTenant(tenant: string): void {
  if (tenant === '' || Buffer.byteLength(tenant) > longestTenant || /[{}]/.test(tenant))
    throw new VectorRefused('key', `a tenant is 1 to ${longestTenant} bytes without braces`);
}

/** @throws {VectorRefused} */
export function checkKey({ tenant, scope, id }: EntryKey): void {
  checkScope(tenant, scope);
  checkPart('id', id);
}

/** Everything but the vector. @throws {VectorRefused} */
export function checkEntry(entry: VectorEntry): void {
  checkKey(entry);
  if (Buffer.byteLength(entry.ref) > longestRef) throw new VectorRefused('key', `a ref is at most ${longestRef} bytes`);
  if (!Number.isFinite(entry.expiresAt)) throw new VectorRefused('key', 'an entry needs a time at which it expires');
}

/** Everything but the vector. @throws {VectorRefused} */
export function checkQuery({ tenant, scope, k, atLeast }: VectorQuery): void {
  checkScope(tenant, scope);
  if (!Number.isInteger(k) || k < 1 || k > mostHits)
    throw new VectorRefused('query', `k is 1 to ${mostHits}, not ${k}`);
  if (!(atLeast >= -1 && atLeast <= 1)) throw new VectorRefused('query', `atLeast is a cosine, not ${atLeast}`);
}

function checkPart(what: string, text: string): void {
  if (text === '' || Buffer.byteLength(text) > longestPart || /[\s{}]/.test(text))
    throw new VectorRefused('key', `a ${what} is 1 to ${longestPart} bytes without spaces and braces`);
}
