import { csvLine } from './csv.ts';
import { usdText } from './money.ts';
import type { BudgetShape, LedgerShape, TenantBudgets } from './shapes.ts';

/** Columns of the ledger as CSV, in this order. Money is in dollars, exact, and in nano-dollars. */
const LEDGER_COLUMNS: readonly (keyof LedgerShape)[] = [
  'at',
  'id',
  'tenant',
  'agent',
  'user',
  'session',
  'task',
  'key',
  'endpoint',
  'model',
  'target',
  'status',
  'billedTries',
  'inputTokens',
  'cachedTokens',
  'cacheWriteTokens',
  'outputTokens',
  'reasoningTokens',
  'costUsd',
  'costNanoUsd',
  'savedUsd',
  'savedNanoUsd',
  'estimated',
  'cursor',
];

export const LEDGER_CSV_HEAD = csvLine(LEDGER_COLUMNS);

export function ledgerCsv(lines: readonly LedgerShape[]): string {
  let text = '';
  for (const line of lines) {
    // As texts that a spreadsheet reads as numbers: a double may show as 1e-9.
    const exact = { ...line, costUsd: usdText(line.costNanoUsd), savedUsd: usdText(line.savedNanoUsd) };
    text += csvLine(LEDGER_COLUMNS.map((column) => exact[column]));
  }
  return text;
}

const BUDGET_COLUMNS: readonly (keyof BudgetShape)[] = [
  'scope',
  'within',
  'unit',
  'per',
  'limit',
  'spent',
  'held',
  'remaining',
  'resetsAt',
  'burnPerHour',
  'burnOverSeconds',
  'outlook',
  'projectedEnd',
  'paused',
  'counter',
];

export const BUDGETS_CSV_HEAD = csvLine(['tenant', ...BUDGET_COLUMNS]);

export function budgetsCsv(tenants: readonly TenantBudgets[]): string {
  let text = '';
  for (const { tenant, budgets } of tenants) {
    for (const budget of budgets) {
      const cells = BUDGET_COLUMNS.map((column) => {
        const value = budget[column];
        const nanos = exactOf(budget, column);
        return nanos === undefined ? (value as string | number | null) : usdText(nanos);
      });
      text += csvLine([tenant, ...cells]);
    }
  }
  return text;
}

function exactOf({ nanoUsd }: BudgetShape, column: keyof BudgetShape): number | undefined {
  if (nanoUsd === null || (column !== 'limit' && column !== 'spent' && column !== 'held' && column !== 'remaining'))
    return undefined;
  return nanoUsd[column] ?? undefined;
}
