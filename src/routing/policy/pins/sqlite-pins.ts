import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { Clock, Timer } from '../../../clock.ts';
import type { Pin } from '../session-pins.ts';
import { type LocalPinStore, PIN_KEPT_MS, pinName } from './pin-store.ts';

const LAYOUT = 1;
/** So long a statement waits for another process that writes, milliseconds: as long as it may hold up the event loop. */
const WAIT_MS = 20;
/** What a crash may take, milliseconds: pins of so long are written together. */
const WRITTEN_TOGETHER_MS = 100;
/** Conversations in the file. */
const MOST = 20_000;
/** Rows between two looks at what should be gone. */
const ROWS_BETWEEN_LOOKS = 500;

/** Which model conversations are with, in a file of its own. It holds hashes, names of models and sizes, and no text of anybody. */
export class SqlitePinStore implements LocalPinStore {
  readonly shared = false;
  readonly #db: DatabaseSync;
  readonly #clock: Clock;
  readonly #onTrouble: (reason: string) => void;
  readonly #most: number;
  readonly #find: StatementSync;
  readonly #keep: StatementSync;
  readonly #waiting = new Map<string, Pin>();
  #timer: Timer | undefined;
  #written = 0;

  /**
   * Made where there is none, readable by its owner only.
   *
   * @param onTrouble pins could not be read or written; must not throw
   * @throws {Error} where the file cannot be used
   */
  constructor(file: string, clock: Clock, onTrouble: (reason: string) => void, most = MOST) {
    this.#clock = clock;
    this.#onTrouble = onTrouble;
    this.#most = most;
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    if (!existsSync(file)) closeSync(openSync(file, 'a', 0o600));
    this.#db = new DatabaseSync(file, { timeout: WAIT_MS });
    try {
      this.#lay(file);
      this.#find = this.#db.prepare('SELECT model, at, tokens FROM pins WHERE name = ? AND at > ?');
      this.#keep = this.#db.prepare(
        `INSERT INTO pins (name, model, at, tokens) VALUES (?, ?, ?, ?)
         ON CONFLICT (name) DO UPDATE SET model = excluded.model, at = excluded.at, tokens = excluded.tokens`,
      );
      this.#forget();
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  find(session: string): Pin | undefined {
    const name = pinName(session);
    const waiting = this.#waiting.get(name);
    if (waiting !== undefined) return waiting;
    try {
      const row = this.#find.get(name, this.#clock.now() - PIN_KEPT_MS);
      if (typeof row?.model !== 'string') return undefined;
      return { model: row.model, at: Number(row.at), tokens: Number(row.tokens) };
    } catch (error) {
      this.#failed(error);
      return undefined;
    }
  }

  keep(session: string, pin: Pin): void {
    this.#waiting.set(pinName(session), pin);
    if (this.#timer !== undefined) return;
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = undefined;
      this.#write();
    }, WRITTEN_TOGETHER_MS);
    this.#timer.unref?.();
  }

  close(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#write();
    this.#db.close();
  }

  /** What cannot be written is not tried again: it is in memory, and written with the next turn of its conversation. */
  #write(): void {
    const rows = [...this.#waiting];
    this.#waiting.clear();
    if (rows.length === 0) return;
    try {
      this.#db.exec('BEGIN IMMEDIATE');
      for (const [name, { model, at, tokens }] of rows) this.#keep.run(name, model, at, tokens);
      this.#written += rows.length;
      if (this.#written >= ROWS_BETWEEN_LOOKS) this.#forget();
      this.#db.exec('COMMIT');
    } catch (error) {
      if (this.#db.isOpen && this.#db.isTransaction) this.#db.exec('ROLLBACK');
      this.#failed(error);
    }
  }

  #forget(): void {
    this.#written = 0;
    this.#db.prepare('DELETE FROM pins WHERE at <= ?').run(this.#clock.now() - PIN_KEPT_MS);
    this.#db
      .prepare('DELETE FROM pins WHERE name IN (SELECT name FROM pins ORDER BY at DESC LIMIT -1 OFFSET ?)')
      .run(this.#most);
  }

  #failed(error: unknown): void {
    this.#onTrouble(error instanceof Error ? error.message : String(error));
  }

  #lay(file: string): void {
    // What a power failure takes is decided anew.
    this.#db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
    const layout = Number(this.#db.prepare('PRAGMA user_version').get()?.user_version);
    if (layout > LAYOUT) throw new Error(`${file} was written by a newer version`);
    this.#db.exec(
      `BEGIN IMMEDIATE;
       CREATE TABLE IF NOT EXISTS pins (name TEXT PRIMARY KEY, model TEXT NOT NULL, at REAL NOT NULL, tokens INTEGER NOT NULL)
         STRICT, WITHOUT ROWID;
       CREATE INDEX IF NOT EXISTS pins_by_age ON pins (at);
       PRAGMA user_version = ${LAYOUT};
       COMMIT`,
    );
  }
}
