import { type Administration, type LedgerWish, MOST_A_PAGE, type TenantPage } from './administration.ts';
import type { LedgerShape, LedgerShapePage, TenantBudgets } from './shapes.ts';
import { BUDGETS_CSV_HEAD, budgetsCsv, LEDGER_CSV_HEAD, ledgerCsv } from './tables.ts';

const PAGE = MOST_A_PAGE / 2;

/**
 * The ledger page by page, each read when it is asked for.
 *
 * @param wish `limit`: lines in all; undefined: all there are
 */
export async function* ledgerPages(
  administration: Administration,
  { limit = Number.POSITIVE_INFINITY, ...wish }: LedgerWish,
): AsyncGenerator<readonly LedgerShape[], void> {
  let left = limit;
  let after = wish.after;
  while (left > 0) {
    const page: LedgerShapePage = await administration.ledger({ ...wish, after, limit: Math.min(PAGE, left) });
    left -= page.data.length;
    yield page.data;
    if (page.next === null) return;
    after = page.next;
  }
}

/** All tenants' budgets, or those of one. */
export async function* budgetPages(
  administration: Administration,
  wish: { readonly tenant?: string | undefined } & TenantPage,
): AsyncGenerator<readonly TenantBudgets[], void> {
  let after = wish.after;
  for (;;) {
    const { data, next } = await administration.budgets({ ...wish, after });
    yield data;
    if (next === null) return;
    after = next;
  }
}

/** As CSV, with its head. */
export async function* ledgerCsvPages(administration: Administration, wish: LedgerWish): AsyncGenerator<string, void> {
  yield* withHead(LEDGER_CSV_HEAD, ledgerPages(administration, wish), ledgerCsv);
}

/** As CSV, with its head. */
export async function* budgetsCsvPages(
  administration: Administration,
  wish: { readonly tenant?: string | undefined },
): AsyncGenerator<string, void> {
  yield* withHead(BUDGETS_CSV_HEAD, budgetPages(administration, wish), budgetsCsv);
}

/** The head goes out with the first page: what fails before is an error, not half a table. */
async function* withHead<T>(
  head: string,
  pages: AsyncIterable<T>,
  toCsv: (page: T) => string,
): AsyncGenerator<string, void> {
  let begun = false;
  for await (const page of pages) {
    yield begun ? toCsv(page) : head + toCsv(page);
    begun = true;
  }
  if (!begun) yield head;
}
