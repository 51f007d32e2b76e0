import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import { StateUnavailable } from '../budget-store.ts';
import type { KeyStore, StoredKey } from '../key-store.ts';
import { isBusy } from './state-file-error.ts';
import { transaction } from './transaction.ts';

const text = (value: SQLOutputValue | undefined): string => String(value);
const maybe = <T>(value: SQLOutputValue | undefined, read: (value: SQLOutputValue) => T): T | undefined =>
  value === null || value === undefined ? undefined : read(value);

/** Client keys in the state database. Every process that opens it sees and makes the same ones. */
export class SqliteKeys implements KeyStore {
  readonly #db: DatabaseSync;
  readonly #revision: StatementSync;
  readonly #onPoll: () => void;

  /** @param onPoll called whenever the revision is asked for */
  constructor(db: DatabaseSync, onPoll: () => void = () => undefined) {
    this.#db = db;
    this.#onPoll = onPoll;
    this.#revision = db.prepare(`SELECT value FROM marks WHERE name = 'keys'`);
  }

  /** @throws {StateUnavailable} where it could not be written */
  add(key: StoredKey): void {
    this.#write(() => {
      if (this.#db.prepare('SELECT 1 FROM keys WHERE id = ?').get(key.id)) {
        throw new Error(`there is a key ${key.id} already`);
      }
      if (this.#db.prepare('SELECT 1 FROM keys WHERE hash = ?').get(key.hash)) {
        throw new Error(`there is a key with the hash of ${key.id} already`);
      }
      const { id, hash, hint, tenant, agent, label, createdAt, expiresAt, revokedAt } = key;
      this.#db
        .prepare('INSERT INTO keys VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)')
        .run(id, hash, hint, tenant, agent ?? null, label ?? null, createdAt, expiresAt ?? null, revokedAt ?? null);
      this.#changed();
    });
  }

  list(): readonly StoredKey[] {
    return this.#db
      .prepare('SELECT * FROM keys ORDER BY created_at, rowid')
      .all()
      .map((row) => ({
        id: text(row.id),
        hash: text(row.hash),
        hint: text(row.hint),
        tenant: text(row.tenant),
        agent: maybe(row.agent, text),
        label: maybe(row.label, text),
        createdAt: Number(row.created_at),
        expiresAt: maybe(row.expires_at, Number),
        revokedAt: maybe(row.revoked_at, Number),
      }));
  }

  /** @throws {StateUnavailable} where it could not be written */
  revoke(id: string, at: number): boolean {
    return this.#write(() => {
      const { changes } = this.#db
        .prepare('UPDATE keys SET revoked_at = ?1 WHERE id = ?2 AND (revoked_at IS NULL OR revoked_at > ?1)')
        .run(at, id);
      if (changes === 0) return this.#db.prepare('SELECT 1 FROM keys WHERE id = ?').get(id) !== undefined;
      this.#changed();
      return true;
    });
  }

  revision(): string {
    this.#onPoll();
    return String(this.#revision.get()?.value);
  }

  #changed(): void {
    this.#db.exec(`UPDATE marks SET value = value + 1 WHERE name = 'keys'`);
  }

  #write<T>(work: () => T): T {
    try {
      return transaction(this.#db, work);
    } catch (error) {
      if (!isBusy(error) && !(error instanceof Error && 'errcode' in error)) throw error;
      throw new StateUnavailable('the client keys could not be written', { cause: error });
    }
  }
}
