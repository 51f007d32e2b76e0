import type { Clock } from '../../clock.ts';
import type { KeyStore } from '../key-store.ts';
import type { Outbox } from '../outbox.ts';
import { databaseFile, lockDirectory, openDatabase } from '../sqlite/open-database.ts';
import { SqliteJournal, type StoreTrouble } from '../sqlite/sqlite-journal.ts';
import { SqliteKeys } from '../sqlite/sqlite-keys.ts';
import { SqliteOutbox } from '../sqlite/sqlite-outbox.ts';
import { stateFileError } from '../sqlite/state-file-error.ts';
import { BudgetEngine } from './budget-engine.ts';
import type { StateStores } from './memory-store.ts';

export interface SqliteStoreOptions {
  /** The state directory; made where there is none. */
  readonly dir: string;
  readonly clock: Clock;
  /** Told when the file cannot be written, and when it can again. Default: nobody. */
  readonly onTrouble?: (trouble: StoreTrouble) => void;
  /** Calls back when it is time to write what was settled. Default: when the event-loop turn is over. */
  readonly schedule?: (callback: () => void) => void;
  /** Settlements that may wait for a disk that cannot be written, before nothing new is let in. Default 10,000. */
  readonly queueBound?: number;
  /** Counters kept in memory; the others are read from the file when they are needed. Default 100,000. */
  readonly counterBound?: number;
  /** What is kept of the ledger. Default 90 days, at most a million lines. */
  readonly retention?: { readonly ms: number; readonly rows: number };
}

export interface SqliteStore extends StateStores {
  readonly budgets: BudgetEngine;
  /** Asking its revision also takes over what other processes have paused or resumed. */
  readonly keys: KeyStore;
  readonly outbox: Outbox;
  /** Takes over what other processes have paused or resumed. */
  refresh(): void;
  /** Writes what is settled now rather than at the end of the turn. */
  flush(): void;
  /** Writes everything and lets another process own the directory. */
  close(): void;
}

/** Another process may be adding a key or pausing a scope: that takes a millisecond, and requests wait for it. */
const waitMs = 50;

const quarter = { ms: 90 * 24 * 3_600_000, rows: 1_000_000 };

/**
 * Budgets in memory, with a journal in an SQLite file of which this process becomes the only owner. Other processes use
 * `openSqliteReader`.
 * @throws {StateFileError} where another process owns it, or the file cannot be used
 */
export function openSqliteStore(options: SqliteStoreOptions): SqliteStore {
  const { dir, clock, onTrouble = () => undefined, schedule = setImmediate } = options;
  const { queueBound = 10_000, counterBound = 100_000, retention = quarter } = options;
  const file = databaseFile(dir);
  const unlock = lockDirectory(dir);
  try {
    const db = openDatabase(dir, waitMs);
    try {
      const settings = { clock, schedule, onTrouble, queueBound, counterBound, retention };
      const journal = new SqliteJournal(db, file, settings);
      const budgets = new BudgetEngine({ clock, journal, counterBound });
      journal.start(budgets.book);
      let pausedRevision = -1;
      const refresh = () => {
        const revision = journal.pausedTable.revision;
        if (revision === pausedRevision) return;
        budgets.book.restorePaused(journal.pausedTable.all());
        pausedRevision = revision;
      };
      refresh();
      const flush = () => void journal.flush();
      process.once('exit', flush);
      let open = true;
      const close = () => {
        if (!open) return;
        open = false;
        process.off('exit', flush);
        journal.close();
        db.close();
        unlock();
      };
      return { budgets, keys: new SqliteKeys(db, refresh), outbox: new SqliteOutbox(db), refresh, flush, close };
    } catch (error) {
      db.close();
      throw error;
    }
  } catch (error) {
    unlock();
    throw stateFileError(file, error);
  }
}
