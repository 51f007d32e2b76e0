import { hash } from 'node:crypto';

/**
 * SHA-256 of a client key, hexadecimal. A plain hash is enough: a key is random and long, so there is nothing to guess, and a
 * slow hash would cost its 40 ms with every request.
 */
export function hashKey(key: string): string {
  return hash('sha256', key, 'hex');
}
