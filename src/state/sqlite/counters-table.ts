import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import { type Counter, type SavedCounter, windowGraceMs } from '../local/counter.ts';

type Row = Record<string, SQLOutputValue>;

const optional = (value: SQLOutputValue | undefined): number | undefined =>
  value === null || value === undefined ? undefined : Number(value);

const savedOf = (row: Row): SavedCounter => ({
  tenant: String(row.tenant),
  key: String(row.key),
  windowStart: Number(row.window_start),
  windowEnd: optional(row.window_end),
  forgetAfter: optional(row.forget_after),
  spent: Number(row.spent),
  touchedAt: Number(row.touched_at),
  seq: Number(row.seq),
});

/** Counters as of some settlement each: what saves reading the whole ledger at start. */
export class CountersTable {
  readonly #upsert: StatementSync;
  readonly #find: StatementSync;
  readonly #ofTenant: StatementSync;
  readonly #latest: StatementSync;
  readonly #forget: StatementSync;
  readonly #mark: StatementSync;
  readonly #setMark: StatementSync;

  constructor(db: DatabaseSync) {
    this.#upsert = db.prepare(`INSERT OR REPLACE INTO counters VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`);
    this.#find = db.prepare('SELECT * FROM counters WHERE tenant = ? AND key = ?');
    this.#ofTenant = db.prepare('SELECT * FROM counters WHERE tenant = ? LIMIT ?');
    this.#latest = db.prepare('SELECT * FROM counters LIMIT ?');
    this.#forget = db.prepare(
      'DELETE FROM counters WHERE (tenant, key) IN (SELECT tenant, key FROM counters WHERE forget_at < ? LIMIT ?)',
    );
    this.#mark = db.prepare(`SELECT value FROM marks WHERE name = 'checkpoint'`);
    this.#setMark = db.prepare(`UPDATE marks SET value = ? WHERE name = 'checkpoint'`);
  }

  /** All settlements up to here are in the counters. */
  get checkpoint(): number {
    return Number(this.#mark.get()?.value);
  }

  set checkpoint(seq: number) {
    this.#setMark.run(seq);
  }

  save({ tenant, key, windowStart, windowEnd, forgetAfter, spent, touchedAt }: Counter, seq: number): void {
    const idle = forgetAfter === undefined ? Number.POSITIVE_INFINITY : touchedAt + forgetAfter + windowGraceMs;
    const over = windowEnd === undefined ? Number.POSITIVE_INFINITY : windowEnd + windowGraceMs;
    const forgetAt = Math.min(idle, over);
    this.#upsert.run(
      tenant,
      key,
      windowStart,
      windowEnd ?? null,
      forgetAfter ?? null,
      spent,
      touchedAt,
      seq,
      Number.isFinite(forgetAt) ? forgetAt : null,
    );
  }

  find(tenant: string, key: string): SavedCounter | undefined {
    const row = this.#find.get(tenant, key);
    return row === undefined ? undefined : savedOf(row);
  }

  ofTenant(tenant: string, limit: number): readonly SavedCounter[] {
    return this.#ofTenant.all(tenant, limit).map(savedOf);
  }

  *some(limit: number): Generator<SavedCounter> {
    for (const row of this.#latest.iterate(limit)) yield savedOf(row);
  }

  /** Removes at most `step` counters that nobody needs any more. @returns whether there may be more */
  forget(now: number, step: number): boolean {
    return Number(this.#forget.run(now, step).changes) >= step;
  }
}
