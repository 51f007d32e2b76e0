import type { LedgerLine, Settlement } from '../budget-store.ts';
import type { Journal } from './journal.ts';

/** No journal: the last lines of the ledger are kept in memory, all tenants together, and end with the process. */
export class MemoryJournal implements Journal {
  readonly keepsCounters = false;
  readonly #lines: LedgerLine[] = [];
  readonly #bound: number;
  #seq = 0;

  constructor(bound: number) {
    this.#bound = bound;
  }

  settled({ entry }: Settlement): void {
    if (entry === undefined) return;
    const seq = this.#seq++;
    this.#lines[seq % this.#bound] = { ...entry, cursor: String(seq + 1) };
  }

  ledger(tenant: string, after: number, limit: number, since = 0): readonly LedgerLine[] {
    const found: LedgerLine[] = [];
    for (let seq = Math.max(after, this.#seq - this.#bound); seq < this.#seq && found.length < limit; seq++) {
      const line = this.#lines[seq % this.#bound];
      if (line?.tenant === tenant && line.at >= since) found.push(line);
    }
    return found;
  }

  resume = () => false;
  find = () => undefined;
  saved = () => [];
  admit(): void {}
  changed(): void {}
  dropped(): void {}
  pause(): void {}
  close(): void {}
}
