import type { DatabaseSync } from 'node:sqlite';
import { StateFileError } from './state-file-error.ts';

/**
 * The schema, step by step: entry n leads from version n to n + 1. An entry that was released is never changed again; what
 * should be different is a new one.
 */
const migrations: readonly string[] = [
  `CREATE TABLE keys (
     id TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, hint TEXT NOT NULL, tenant TEXT NOT NULL, agent TEXT, label TEXT,
     created_at REAL NOT NULL, expires_at REAL, revoked_at REAL
   ) STRICT;
   CREATE TABLE paused (
     tenant TEXT NOT NULL, scope TEXT NOT NULL, reason TEXT NOT NULL, since REAL NOT NULL, PRIMARY KEY (tenant, scope)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE ledger (
     seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, tenant TEXT NOT NULL, charges TEXT NOT NULL, entry TEXT
   ) STRICT;
   CREATE TABLE counters (
     tenant TEXT NOT NULL, key TEXT NOT NULL, window_start REAL NOT NULL, window_end REAL, forget_after REAL,
     spent INTEGER NOT NULL, touched_at REAL NOT NULL, seq INTEGER NOT NULL, forget_at REAL, PRIMARY KEY (tenant, key)
   ) STRICT, WITHOUT ROWID;
   CREATE INDEX counters_by_forget_at ON counters (forget_at) WHERE forget_at IS NOT NULL;
   CREATE TABLE marks (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
   INSERT INTO marks VALUES ('keys', 0), ('paused', 0), ('checkpoint', 0);`,
  `CREATE TABLE outbox (
     seq INTEGER PRIMARY KEY, hook TEXT NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL, body TEXT NOT NULL, attempts INTEGER NOT NULL,
     due_at REAL NOT NULL, UNIQUE (hook, id)
   ) STRICT;`,
];

/** Brings a database to the schema of this version. @throws {StateFileError} where a newer one has written it */
export function migrate(db: DatabaseSync, file: string, steps: readonly string[] = migrations): void {
  const version = () => Number(db.prepare('PRAGMA user_version').get()?.user_version);
  if (version() === steps.length) return;
  db.exec('BEGIN IMMEDIATE');
  try {
    // Asked again, now that no other process can migrate.
    const from = version();
    if (from > steps.length) {
      throw new StateFileError(
        `${file} was written by a newer version of Breakwater (schema ${from}, this one knows ${steps.length}). ` +
          'Start that version, or one newer still.',
      );
    }
    for (const step of steps.slice(from)) db.exec(step);
    db.exec(`PRAGMA user_version = ${steps.length}`);
    db.exec('COMMIT');
  } catch (error) {
    db.exec('ROLLBACK');
    throw error;
  }
}
