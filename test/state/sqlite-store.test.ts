import { systemClock } from '../../src/clock.ts';
import { openSqliteStore } from '../../src/state/local/sqlite-store.ts';
import { budgetStoreConformance, keyStoreConformance } from './conformance.ts';
import { stateDir } from './state-dir.ts';

budgetStoreConformance('SQLite', ({ clock }) => {
  const dir = stateDir();
  let store = openSqliteStore({ dir, clock });
  return {
    budgets: store.budgets,
    reopen() {
      store.close();
      store = openSqliteStore({ dir, clock });
      return store.budgets;
    },
    close: () => store.close(),
  };
});

keyStoreConformance('SQLite', () => openSqliteStore({ dir: stateDir(), clock: systemClock }));
