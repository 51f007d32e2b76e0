import type { Charge } from '../budget-store.ts';
import type { SavedCounter } from '../local/counter.ts';
import type { CounterBook } from '../local/counter-book.ts';
import type { TenantState } from '../local/tenant-state.ts';
import type { CountersTable } from './counters-table.ts';
import type { LedgerTable } from './ledger-table.ts';

interface Tables {
  readonly counters: CountersTable;
  readonly ledger: LedgerTable;
}

/**
 * Makes the counters as they were when the last settlement was written: those of the checkpoint, and then what the ledger says was
 * charged after it. Each counter knows the last settlement in it, so a checkpoint need not be of one moment.
 * @param tenant only of this one
 */
export function restoreCounters(
  book: CounterBook,
  saved: Iterable<SavedCounter>,
  tables: Tables,
  tenant?: string,
): void {
  for (const counter of saved) book.restore(counter);
  for (const row of tables.ledger.after(tables.counters.checkpoint)) {
    if (tenant !== undefined && row.tenant !== tenant) continue;
    const state = book.tenant(row.tenant);
    for (const charge of row.charges) replay(book, state, charge, row);
  }
}

function replay(book: CounterBook, tenant: TenantState, charge: Charge, row: { seq: number; at: number }): void {
  const counter = book.touched(tenant, charge.key, row.at) ?? book.create(tenant, charge.key, row.at);
  if (counter.seq >= row.seq || counter.windowStart > charge.windowStart) return;
  if (counter.windowStart < charge.windowStart) counter.roll(charge.windowStart);
  counter.windowEnd = charge.windowEnd;
  counter.forgetAfter = charge.forgetAfter;
  counter.spend(charge.amount);
  book.changed(counter);
}
