import { askOnce } from '../load/connection.ts';
import { ADMIN_KEY } from './tenants.ts';

/** One money budget as the proxy's own books tell it, nano-dollars. */
export interface Book {
  readonly scope: string;
  readonly spent: number;
  readonly held: number;
}

/** Reads `GET /admin/budgets`. @throws Error where the answer is not one, or tells of no money */
export async function readBooks(port: number): Promise<readonly Book[]> {
  const head = `GET /admin/budgets HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: Bearer ${ADMIN_KEY}\r\n\r\n`;
  const reply = await askOnce(port, Buffer.from(head));
  if (reply.error !== undefined || reply.status !== 200) {
    throw new Error(`GET /admin/budgets: ${reply.error ?? `status ${reply.status}`} ${reply.body.slice(0, 200)}`);
  }
  return booksIn(JSON.parse(reply.body));
}

/** Every object in the answer that tells of money in whole nano-dollars. */
export function booksIn(answer: unknown): readonly Book[] {
  if (Array.isArray(answer)) return answer.flatMap(booksIn);
  if (typeof answer !== 'object' || answer === null) return [];
  const { nanoUsd, scope } = answer as Readonly<Record<string, unknown>>;
  if (typeof nanoUsd !== 'object' || nanoUsd === null) return Object.values(answer).flatMap(booksIn);
  const { spent, held } = nanoUsd as Readonly<Record<string, unknown>>;
  return typeof spent === 'number' && typeof held === 'number' ? [{ scope: String(scope), spent, held }] : [];
}
