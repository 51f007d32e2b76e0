import { after, before, describe } from 'node:test';
import type { BudgetStore } from '../../src/state/budget-store.ts';
import { FakeClock } from '../breakers/fake-clock.ts';
import { holdsConform } from './conformance-holds.ts';
import { pausesAndLedgerConform } from './conformance-ledger.ts';
import { budgetsHoldUnderAnyInterleaving } from './conformance-property.ts';
import { ratesConform } from './conformance-rates.ts';
import { settlingConforms } from './conformance-settle.ts';
import { spendingBudgetsConform } from './conformance-spending.ts';
import { windowsAndLeasesConform } from './conformance-windows.ts';

export { keyStoreConformance } from './conformance-keys.ts';

export interface OpenedBudgets {
  readonly budgets: BudgetStore;
  /** Ends the store and opens it again on the same state; absent where nothing outlives the process. */
  reopen?(): BudgetStore | Promise<BudgetStore>;
  close(): void | Promise<void>;
}

/** Opens a store that takes its time from `clock`, also where it has a time of its own (a server's). */
export type OpenBudgets = (options: { readonly clock: FakeClock }) => OpenedBudgets | Promise<OpenedBudgets>;

/** What the tests of one store share. Each test has a tenant of its own, so that one opened store serves them all. */
export interface Stand {
  readonly clock: FakeClock;
  store(): BudgetStore;
  freshTenant(): string;
  /** False where the store cannot be reopened, or was not this time. */
  reopen(): Promise<boolean>;
}

/** A minute, an hour and a day begin here. */
const start = Date.UTC(2026, 10, 2);

/** What every {@link BudgetStore} promises, as tests. Run by each store's own test file. */
export function budgetStoreConformance(name: string, open: OpenBudgets): void {
  describe(`${name} as a budget store`, () => {
    const clock = new FakeClock(start);
    let opened: OpenedBudgets | undefined;
    let current: BudgetStore | undefined;
    let tenants = 0;

    before(async () => {
      opened = await open({ clock });
      current = opened.budgets;
    });
    after(() => opened?.close());

    const stand: Stand = {
      clock,
      store() {
        if (current === undefined) throw new Error('the store is not open yet');
        return current;
      },
      freshTenant: () => `tenant-${process.pid}-${tenants++}`,
      async reopen() {
        if (opened?.reopen === undefined) return false;
        current = await opened.reopen();
        return true;
      },
    };

    holdsConform(stand);
    windowsAndLeasesConform(stand);
    settlingConforms(stand);
    ratesConform(stand);
    spendingBudgetsConform(stand);
    pausesAndLedgerConform(stand);
    budgetsHoldUnderAnyInterleaving(stand);
  });
}
