import type { DatabaseSync } from 'node:sqlite';
import type { PausedScope } from '../budget-store.ts';
import { transaction } from './transaction.ts';

/** Paused scopes, durable at once; any process may pause and resume. */
export class PausedTable {
  readonly #db: DatabaseSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
  }

  /** Changes with every change of whatever process. */
  get revision(): number {
    return Number(this.#db.prepare(`SELECT value FROM marks WHERE name = 'paused'`).get()?.value);
  }

  pause(tenant: string, { scope, reason, since }: PausedScope): void {
    transaction(this.#db, () => {
      this.#db.prepare('INSERT OR REPLACE INTO paused VALUES (?, ?, ?, ?)').run(tenant, scope, reason, since);
      this.#changed();
    });
  }

  /** @returns false where it was not paused */
  resume(tenant: string, scope: string): boolean {
    return transaction(this.#db, () => {
      const { changes } = this.#db.prepare('DELETE FROM paused WHERE tenant = ? AND scope = ?').run(tenant, scope);
      if (changes === 0) return false;
      this.#changed();
      return true;
    });
  }

  all(): readonly (PausedScope & { readonly tenant: string })[] {
    return this.#db
      .prepare('SELECT tenant, scope, reason, since FROM paused ORDER BY since')
      .all()
      .map(({ tenant, scope, reason, since }) => ({
        tenant: String(tenant),
        scope: String(scope),
        reason: String(reason),
        since: Number(since),
      }));
  }

  #changed(): void {
    this.#db.exec(`UPDATE marks SET value = value + 1 WHERE name = 'paused'`);
  }
}
