import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Clock, Timer } from '../../clock.ts';
import type { CacheTrouble } from './cache-store.ts';

/** Changes wait so long to be written together, milliseconds. */
const GATHER_MS = 200;
/** A disk that could not be written is tried again after, milliseconds. */
const RETRY_MS = 5_000;
/** One turn of the event loop writes no more than this: about a millisecond. */
const MOST_ROWS = 64;
const MOST_BYTES = 512 * 1024;

interface Row {
  readonly keepUntil: number;
  /** Made when it is written: encrypting is not for the request's way. */
  readonly payload: () => Buffer;
  readonly bytes: number;
}

/**
 * A table of rows that are written after the event, together, a little at a time. Until then the latest change of each key waits
 * in memory; a row that could not be written is dropped, and one that could not be deleted is tried again: what was purged does not come back.
 */
export class SqliteTable {
  readonly #db: DatabaseSync;
  readonly #clock: Clock;
  readonly #onTrouble: (trouble: CacheTrouble) => void;
  readonly #put: StatementSync;
  readonly #delete: StatementSync;
  readonly #all: StatementSync;
  readonly #sweep: StatementSync;
  readonly #waiting = new Map<string, Row | undefined>();
  #timer: Timer | undefined;
  #failing = false;
  #closed = false;

  constructor(
    db: DatabaseSync,
    table: 'entries' | 'idempotency',
    clock: Clock,
    onTrouble: (trouble: CacheTrouble) => void,
  ) {
    this.#db = db;
    this.#clock = clock;
    this.#onTrouble = onTrouble;
    this.#put = db.prepare(`INSERT OR REPLACE INTO ${table} (key, keep_until, payload) VALUES (?, ?, ?)`);
    this.#delete = db.prepare(`DELETE FROM ${table} WHERE key = ?`);
    this.#all = db.prepare(`SELECT key, payload FROM ${table} ORDER BY rowid`);
    this.#sweep = db.prepare(`DELETE FROM ${table} WHERE keep_until <= ?`);
  }

  /** All rows that are not past their time, the oldest first. */
  *rows(): Generator<{ readonly key: string; readonly payload: Buffer }> {
    this.#sweep.run(this.#clock.now());
    for (const { key, payload } of this.#all.iterate()) {
      if (typeof key === 'string' && payload instanceof Uint8Array)
        yield { key, payload: Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength) };
    }
  }

  put(key: string, row: Row): void {
    this.#change(key, row);
  }

  delete(key: string): void {
    this.#change(key, undefined);
  }

  /** Writes everything now. */
  flush(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    while (this.#waiting.size > 0 && this.#write());
    if (this.#waiting.size > 0) this.#later(RETRY_MS);
  }

  close(): void {
    this.flush();
    this.abandon();
  }

  /** What waits is not written any more. */
  abandon(): void {
    this.#closed = true;
    this.#waiting.clear();
    this.#clock.clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #change(key: string, row: Row | undefined): void {
    if (this.#closed) return;
    // The latest change goes last.
    this.#waiting.delete(key);
    this.#waiting.set(key, row);
    if (this.#timer === undefined) this.#later(this.#failing ? RETRY_MS : GATHER_MS);
  }

  #later(ms: number): void {
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = undefined;
      const written = this.#write();
      if (this.#waiting.size > 0 && !this.#closed) this.#later(written ? 0 : RETRY_MS);
    }, ms);
    this.#timer.unref?.();
  }

  /** One transaction. False: the disk could not be written. */
  #write(): boolean {
    const batch: [string, Row | undefined][] = [];
    let bytes = 0;
    for (const [key, row] of this.#waiting) {
      if (batch.length >= MOST_ROWS || bytes >= MOST_BYTES) break;
      batch.push([key, row]);
      bytes += row?.bytes ?? 0;
    }
    for (const [key] of batch) this.#waiting.delete(key);
    try {
      this.#db.exec('BEGIN');
      for (const [key, row] of batch) {
        if (row === undefined) this.#delete.run(key);
        else this.#put.run(key, row.keepUntil, row.payload());
      }
      this.#db.exec('COMMIT');
      this.#failing = false;
      return true;
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      for (const [key, row] of batch) if (row === undefined) this.#waiting.set(key, row);
      if (!this.#failing)
        this.#onTrouble({ what: 'write', message: error instanceof Error ? error.message : String(error) });
      this.#failing = true;
      return false;
    }
  }
}
