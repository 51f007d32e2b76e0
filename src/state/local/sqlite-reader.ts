import type { Clock } from '../../clock.ts';
import type { BudgetStore } from '../budget-store.ts';
import type { KeyStore } from '../key-store.ts';
import { CountersTable } from '../sqlite/counters-table.ts';
import { LedgerTable } from '../sqlite/ledger-table.ts';
import { databaseFile, openDatabase } from '../sqlite/open-database.ts';
import { PausedTable } from '../sqlite/paused-table.ts';
import { restoreCounters } from '../sqlite/restore-counters.ts';
import { SqliteKeys } from '../sqlite/sqlite-keys.ts';
import { stateFileError } from '../sqlite/state-file-error.ts';
import { CounterBook } from './counter-book.ts';
import { readCursor } from './ledger-cursor.ts';
import { MemoryJournal } from './memory-journal.ts';

/** What a process may do that does not own the budgets. What is held, and how rates stand, is known to the owner alone: here it is always 0. */
export type BudgetReader = Pick<BudgetStore, 'pause' | 'resume' | 'paused' | 'counters' | 'rates' | 'ledger'>;

export interface SqliteReader {
  readonly budgets: BudgetReader;
  readonly keys: KeyStore;
  close(): void;
}

/** A command may wait a little for the server to finish writing. */
const waitMs = 5_000;
const countersRead = 1_000_000;

/**
 * Opens the state of a directory beside the process that owns it, such as for a command: to read budgets and the ledger, to pause
 * and resume, to make and revoke keys. The owner sees it within a second.
 * @throws {StateFileError}
 */
export function openSqliteReader({ dir, clock }: { readonly dir: string; readonly clock: Clock }): SqliteReader {
  const file = databaseFile(dir);
  const db = openDatabase(dir, waitMs);
  try {
    const tables = { counters: new CountersTable(db), ledger: new LedgerTable(db) };
    const paused = new PausedTable(db);
    return {
      budgets: {
        pause: (tenant, scope, reason) => paused.pause(tenant, { scope, reason, since: Math.floor(clock.now()) }),
        resume: (tenant, scope) => paused.resume(tenant, scope),
        paused: (tenant) =>
          paused
            .all()
            .filter((one) => one.tenant === tenant)
            .map(({ scope, reason, since }) => ({ scope, reason, since })),
        counters: (tenant, limit, first = []) => {
          const book = new CounterBook(new MemoryJournal(1), Number.POSITIVE_INFINITY);
          restoreCounters(book, tables.counters.ofTenant(tenant, countersRead), tables, tenant);
          return book.states(tenant, limit, clock.now(), first);
        },
        rates: (_tenant, keys) => keys.map(() => 0),
        ledger: async (tenant, { after, since, limit }) => tables.ledger.page(tenant, readCursor(after), limit, since),
      },
      keys: new SqliteKeys(db),
      close: () => db.close(),
    };
  } catch (error) {
    db.close();
    throw stateFileError(file, error);
  }
}
