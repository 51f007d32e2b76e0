import type { Clock } from '../clock.ts';
import type { BudgetStore } from '../state/budget-store.ts';
import type { State } from '../state/open-state.ts';

/** Where the proxy counts what it spends on purposes of its own: with all budgets; in memory where it keeps none. */
export async function openBudgets(state: State | undefined, clock: Clock): Promise<BudgetStore> {
  if (state !== undefined) return state.budgets;
  const { openMemoryStore } = await import('../state/local/memory-store.ts');
  return openMemoryStore({ clock }).budgets;
}
