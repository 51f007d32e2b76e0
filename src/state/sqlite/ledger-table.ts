import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { setImmediate } from 'node:timers/promises';
import type { Charge, LedgerEntry, LedgerLine } from '../budget-store.ts';

/** One settlement on its way to the ledger. */
export interface SettledRow {
  readonly seq: number;
  /** Whole clock milliseconds. */
  readonly at: number;
  readonly tenant: string;
  readonly charges: readonly Charge[];
  /** Undefined: charged, but not a line to show. */
  readonly entry: LedgerEntry | undefined;
}

/** Rows looked at before other work gets its turn: about a millisecond. */
const slice = 2_000;

/**
 * The ledger, the truth from which all counters can be made again. Charges and entry are JSON: they are only ever read whole.
 * There is no index by tenant: with thousands of tenants, each settlement would write a page of it, which costs as much as all the
 * rest; a page of one tenant's lines is looked for slice by slice instead.
 */
export class LedgerTable {
  readonly #insert: StatementSync;
  readonly #page: StatementSync;
  readonly #tail: StatementSync;
  readonly #first: StatementSync;
  readonly #last: StatementSync;
  readonly #at: StatementSync;
  readonly #old: StatementSync;
  readonly #prune: StatementSync;

  constructor(db: DatabaseSync) {
    this.#insert = db.prepare('INSERT INTO ledger (seq, at, tenant, charges, entry) VALUES (?, ?, ?, ?, ?)');
    this.#page = db.prepare(
      'SELECT seq, entry FROM ledger WHERE seq > ? AND seq <= ? AND tenant = ? AND entry IS NOT NULL ORDER BY seq LIMIT ?',
    );
    this.#tail = db.prepare('SELECT seq, at, tenant, charges FROM ledger WHERE seq > ? ORDER BY seq');
    this.#first = db.prepare('SELECT min(seq) AS seq FROM ledger');
    this.#last = db.prepare('SELECT max(seq) AS seq FROM ledger');
    this.#at = db.prepare('SELECT seq, at FROM ledger WHERE seq >= ? ORDER BY seq LIMIT 1');
    this.#old = db.prepare(
      'SELECT max(seq) AS seq FROM (SELECT seq, at FROM ledger WHERE seq <= ? ORDER BY seq LIMIT ?) WHERE at < ? OR seq <= ?',
    );
    this.#prune = db.prepare('DELETE FROM ledger WHERE seq <= ?');
  }

  insert({ seq, at, tenant, charges, entry }: SettledRow): void {
    this.#insert.run(seq, at, tenant, chargesToText(charges), entry === undefined ? null : JSON.stringify(entry));
  }

  get lastSeq(): number {
    return Number(this.#last.get()?.seq ?? 0);
  }

  /** @param since clock milliseconds: lines settled before are left out */
  async page(tenant: string, after: number, limit: number, since?: number): Promise<readonly LedgerLine[]> {
    const lines: LedgerLine[] = [];
    const last = this.lastSeq;
    let from = Math.max(after, Number(this.#first.get()?.seq ?? 1) - 1);
    if (since !== undefined) from = this.#lastBefore(since, from, last);
    for (; from < last && lines.length < limit; from += slice) {
      for (const { seq, entry } of this.#page.all(from, from + slice, tenant, limit - lines.length)) {
        lines.push({ ...missing, ...(JSON.parse(String(entry)) as LedgerEntry), cursor: String(seq) });
      }
      await setImmediate();
    }
    return lines;
  }

  /**
   * The line after which those begin that were settled at a time or later. There is no index by time; the lines are in its order, so
   * some twenty looks find it. (Where the system's clock was set back, a moment near that step may be found on either side of it.)
   */
  #lastBefore(since: number, after: number, last: number): number {
    let before = after;
    let end = last;
    while (before < end) {
      const middle = before + Math.ceil((end - before) / 2);
      const row = this.#at.get(middle);
      if (row === undefined || Number(row.at) >= since) end = middle - 1;
      else before = Number(row.seq);
    }
    return before;
  }

  /** What was charged after a checkpoint, in order. */
  *after(seq: number): Generator<Omit<SettledRow, 'entry'>> {
    for (const row of this.#tail.iterate(seq)) {
      yield {
        seq: Number(row.seq),
        at: Number(row.at),
        tenant: String(row.tenant),
        charges: chargesFromText(String(row.charges)),
      };
    }
  }

  /**
   * Removes at most `step` rows that are too old or too many; never one after `upTo`, which the counters still need.
   * @returns whether there may be more
   */
  prune(upTo: number, olderThan: number, keepAfter: number, step: number): boolean {
    const seq = this.#old.get(upTo, step, olderThan, keepAfter)?.seq;
    if (seq === null || seq === undefined) return false;
    return Number(this.#prune.run(seq).changes) >= step;
  }
}

/** JSON leaves out what is undefined; a line has all its fields. */
const missing = {
  agent: undefined,
  user: undefined,
  session: undefined,
  task: undefined,
  key: undefined,
  target: undefined,
};

type ChargeRow = [key: string, amount: number, windowStart?: number, windowEnd?: number | null, forgetAfter?: number];

function chargesToText(charges: readonly Charge[]): string {
  const rows: ChargeRow[] = [];
  for (const { key, amount, windowStart, windowEnd, forgetAfter } of charges) {
    if (amount === 0) continue;
    if (forgetAfter !== undefined) rows.push([key, amount, windowStart, windowEnd ?? null, forgetAfter]);
    else if (windowEnd !== undefined) rows.push([key, amount, windowStart, windowEnd]);
    else rows.push([key, amount, windowStart]);
  }
  return JSON.stringify(rows);
}

const chargesFromText = (text: string): readonly Charge[] =>
  (JSON.parse(text) as readonly ChargeRow[]).map(([key, amount, windowStart = 0, windowEnd, forgetAfter]) => ({
    key,
    amount,
    windowStart,
    windowEnd: windowEnd ?? undefined,
    forgetAfter,
  }));
