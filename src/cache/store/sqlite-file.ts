import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Another layout is another file: what a cache holds is not worth migrating. */
const LAYOUT = 1;
/** SQLite's "damaged" and "not a database". */
const WORTHLESS = new Set([11, 26]);

export interface CacheFile {
  readonly db: DatabaseSync;
  /** Random, as old as the file. */
  readonly secret: Buffer;
  /** What was found there could not be used and was thrown away. */
  readonly startedAnew: boolean;
}

/**
 * Opens the file of a cache, made where there is none, readable by its owner only. One process at a time has it. A file that is damaged is
 * replaced: nothing in it is missed for long.
 *
 * @param use makes of it what it is opened for. Damage may be found only when its rows are read: then, too, the file is replaced, and this is
 *   called again
 * @throws {Error} where another process has it, or it cannot be written
 */
export function openCacheFile<T>(file: string, use: (file: CacheFile) => T): T {
  try {
    return used(open(file, false), use);
  } catch (error) {
    if (!WORTHLESS.has(resultCode(error))) throw error;
    discard(file);
    return used(open(file, true), use);
  }
}

function used<T>(file: CacheFile, use: (file: CacheFile) => T): T {
  try {
    return use(file);
  } catch (error) {
    // Nobody else could open it, this process included.
    file.db.close();
    throw error;
  }
}

function open(file: string, startedAnew: boolean): CacheFile {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  if (!existsSync(file)) closeSync(openSync(file, 'a', 0o600));
  const db = new DatabaseSync(file, { timeout: 0 });
  try {
    // No waiting for the disk: what a power failure takes from a cache is asked again.
    db.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF');
    db.exec('BEGIN IMMEDIATE');
    const layout = Number(db.prepare('PRAGMA user_version').get()?.user_version);
    const stale = layout !== LAYOUT;
    if (stale) {
      db.exec('DROP TABLE IF EXISTS entries; DROP TABLE IF EXISTS idempotency; DROP TABLE IF EXISTS secrets');
      db.exec(
        `CREATE TABLE entries (key TEXT PRIMARY KEY, keep_until REAL NOT NULL, payload BLOB NOT NULL) STRICT;
         CREATE TABLE idempotency (key TEXT PRIMARY KEY, keep_until REAL NOT NULL, payload BLOB NOT NULL) STRICT;
         CREATE TABLE secrets (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT;
         PRAGMA user_version = ${LAYOUT}`,
      );
      db.prepare("INSERT INTO secrets VALUES ('scope', ?)").run(randomBytes(32));
    }
    const secret: unknown = db.prepare("SELECT value FROM secrets WHERE name = 'scope'").get()?.value;
    db.exec('COMMIT');
    if (!(secret instanceof Uint8Array)) throw new Error(`${file} has no secret`);
    return { db, secret: Buffer.from(secret), startedAnew: startedAnew || (stale && layout !== 0) };
  } catch (error) {
    db.close();
    throw error;
  }
}

function discard(file: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true });
}

function resultCode(error: unknown): number {
  const code = error instanceof Error && 'errcode' in error ? error.errcode : undefined;
  return typeof code === 'number' ? code & 0xff : -1;
}
