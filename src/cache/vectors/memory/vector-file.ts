import { closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { RowRecord } from './row-book.ts';

/** A row with its vector and code. */
export interface FiledRow extends RowRecord {
  readonly bytes: Uint8Array;
}

export interface RowChanges {
  readonly puts: readonly FiledRow[];
  readonly deletes: readonly number[];
}

/** What the rows of a file are: those of another space, or written by other means, are of no use. */
export interface FileHeader {
  readonly embedder: string;
  readonly dimensions: number;
  readonly codeVersion: number;
}

/** Of the tables. */
const layout = 1;

/** The rows of an index on disk, under the same numbers. Losing the file loses no more than a cache does. */
export class VectorFile {
  readonly #db: DatabaseSync;

  /** @throws where the file is damaged or no database: see {@link setAside} */
  constructor(file: string) {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    // Vectors tell much of the texts they stand for: readable by the owner only.
    if (!existsSync(file)) closeSync(openSync(file, 'a', 0o600));
    this.#db = new DatabaseSync(file, { timeout: 5_000 });
    try {
      this.#db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
      this.#db.exec(`
        CREATE TABLE IF NOT EXISTS header (header TEXT NOT NULL) STRICT;
        CREATE TABLE IF NOT EXISTS entries (
          row INTEGER PRIMARY KEY, tenant TEXT NOT NULL, scope TEXT NOT NULL, id TEXT NOT NULL, ref TEXT NOT NULL,
          expires_at REAL NOT NULL, bytes BLOB NOT NULL
        ) STRICT`);
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  /** Makes it a file of these rows. @returns false where it held others, which are gone now */
  claim(header: FileHeader): boolean {
    const wanted = JSON.stringify({ layout, ...header });
    const found = this.#db.prepare('SELECT header FROM header').get()?.header;
    if (found === wanted) return true;
    this.#db.exec('DELETE FROM entries; DELETE FROM header');
    this.#db.prepare('INSERT INTO header VALUES (?)').run(wanted);
    return found === undefined;
  }

  /** All rows, by their numbers. */
  *rows(): Generator<FiledRow> {
    const select = this.#db.prepare('SELECT row, tenant, scope, id, ref, expires_at, bytes FROM entries ORDER BY row');
    for (const { row, tenant, scope, id, ref, expires_at: expiresAt, bytes } of select.iterate()) {
      if (!(bytes instanceof Uint8Array)) continue;
      yield {
        row: Number(row),
        tenant: String(tenant),
        scope: String(scope),
        id: String(id),
        ref: String(ref),
        expiresAt: Number(expiresAt),
        bytes,
      };
    }
  }

  apply({ puts, deletes }: RowChanges): void {
    const put = this.#db.prepare('INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)');
    const remove = this.#db.prepare('DELETE FROM entries WHERE row = ?');
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      for (const row of deletes) remove.run(row);
      for (const each of puts)
        put.run(each.row, each.tenant, each.scope, each.id, each.ref, each.expiresAt, each.bytes);
      this.#db.exec('COMMIT');
    } catch (error) {
      // Some errors (a full disk) have ended the transaction already.
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }

  close(): void {
    this.#db.close();
  }
}

/** Moves a file that cannot be read out of the way, to `<file>.damaged`, in place of one moved before. */
export function setAside(file: string): void {
  for (const suffix of ['-wal', '-shm']) rmSync(file + suffix, { force: true });
  if (existsSync(file)) renameSync(file, `${file}.damaged`);
}
