import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { migrate } from './migrations.ts';
import { isBusy, StateFileError, stateFileError } from './state-file-error.ts';

/** All of the state of one machine, in its state directory. */
const databaseName = 'breakwater.db';
/** Its lock tells who owns the budgets; it holds no data. */
const lockName = 'breakwater.lock';

export const databaseFile = (dir: string): string => join(dir, databaseName);

/**
 * Opens the database of a state directory, made where there is none: readable by its owner only.
 * @param waitMs how long a statement waits for another process to finish writing
 * @throws {StateFileError}
 */
export function openDatabase(dir: string, waitMs: number): DatabaseSync {
  const file = databaseFile(dir);
  let db: DatabaseSync | undefined;
  try {
    createPrivate(dir, file);
    db = new DatabaseSync(file, { timeout: Math.max(waitMs, 5_000) });
    db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON');
    migrate(db, file);
    db.exec(`PRAGMA busy_timeout = ${waitMs}`);
    return db;
  } catch (error) {
    db?.close();
    throw stateFileError(file, error);
  }
}

/**
 * Makes this process the owner of the budgets in a directory. The system gives the lock back when the process ends, however it
 * ends. @returns what releases it @throws {StateFileError}
 */
export function lockDirectory(dir: string): () => void {
  const file = join(dir, lockName);
  let db: DatabaseSync | undefined;
  try {
    createPrivate(dir, file);
    db = new DatabaseSync(file, { timeout: 0 });
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db?.close();
    if (!isBusy(error)) throw stateFileError(file, error);
    throw new StateFileError(
      `another Breakwater process uses the state in ${dir}. Budgets in a file belong to one process: ` +
        'give this one a directory of its own, or let all replicas share a Redis (state: {redis: ...}).',
      { cause: error },
    );
  }
  const held = db;
  return () => held.close();
}

function createPrivate(dir: string, file: string): void {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  // Only where it is new: closing a file drops all locks that this process has on it.
  if (!existsSync(file)) closeSync(openSync(file, 'a', 0o600));
}
