import type { Clock } from '../../clock.ts';
import type { BudgetStore } from '../budget-store.ts';
import type { KeyStore } from '../key-store.ts';
import { BudgetEngine } from './budget-engine.ts';
import { MemoryJournal } from './memory-journal.ts';
import { MemoryKeys } from './memory-keys.ts';

/** Lines of the ledger that are kept, of all tenants together. */
const ledgerBound = 10_000;

/** Where budgets and client keys are kept. */
export interface StateStores {
  readonly budgets: BudgetStore;
  readonly keys: KeyStore;
  close(): void | Promise<void>;
}

export interface MemoryStore extends StateStores {
  readonly budgets: BudgetEngine;
  close(): void;
}

/** Budgets and keys that end with the process: for tests, and for trying out. */
export function openMemoryStore({ clock }: { readonly clock: Clock }): MemoryStore {
  const journal = new MemoryJournal(ledgerBound);
  const budgets = new BudgetEngine({ clock, journal, counterBound: Number.POSITIVE_INFINITY });
  return { budgets, keys: new MemoryKeys(), close: () => budgets.close() };
}
