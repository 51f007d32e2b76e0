import type { DatabaseSync } from 'node:sqlite';
import type { Clock, Timer } from '../../clock.ts';
import { type Charge, type LedgerLine, type PausedScope, type Settlement, StateUnavailable } from '../budget-store.ts';
import type { Counter, SavedCounter } from '../local/counter.ts';
import type { CounterBook } from '../local/counter-book.ts';
import type { Journal } from '../local/journal.ts';
import { CountersTable } from './counters-table.ts';
import { LedgerTable, type SettledRow } from './ledger-table.ts';
import { PausedTable } from './paused-table.ts';
import { restoreCounters } from './restore-counters.ts';
import { transaction } from './transaction.ts';

/** What goes wrong with the file while requests go on. */
export type StoreTrouble =
  /** Settlements could not be written; they wait in memory and are tried again. */
  | { readonly kind: 'write-failed'; readonly file: string; readonly error: unknown; readonly waiting: number }
  /** So many wait that nothing new is let in: reserve throws a {@link StateUnavailable}. */
  | { readonly kind: 'queue-full'; readonly file: string; readonly waiting: number }
  | { readonly kind: 'recovered'; readonly file: string }
  /** The store was closed and these could not be written any more. */
  | { readonly kind: 'lost'; readonly file: string; readonly error: unknown; readonly waiting: number };

export interface JournalSettings {
  readonly clock: Clock;
  /** Calls back when it is time to write what was settled. */
  readonly schedule: (callback: () => void) => void;
  readonly onTrouble: (trouble: StoreTrouble) => void;
  /** Settlements that may wait for the disk. */
  readonly queueBound: number;
  /** Counters in memory. */
  readonly counterBound: number;
  /** How long lines of the ledger are kept, milliseconds, and how many at most. */
  readonly retention: { readonly ms: number; readonly rows: number };
}

const retryMs = 1_000;
/** Between checkpoints, and between the small steps of one. */
const checkpointMs = 10_000;
const stepMs = 250;
const countersPerStep = 250;
const pruneMs = 600_000;
const rowsPerStep = 200;

/**
 * Writes settlements to the ledger, those of a short time in one transaction, and now and then the counters, so
 * that a start need not read the whole ledger. Nothing of this waits for the disk's cache: see docs/state.md on durability.
 */
export class SqliteJournal implements Journal {
  readonly keepsCounters = true;
  readonly #db: DatabaseSync;
  readonly #file: string;
  readonly #settings: JournalSettings;
  readonly #ledger: LedgerTable;
  readonly #counters: CountersTable;
  readonly #paused: PausedTable;
  #pending: SettledRow[] = [];
  #seq: number;
  #scheduled = false;
  #failing = false;
  #full = false;
  /** Counters are on disk that are not in memory. */
  #more = false;
  #changed: Counter[] = [];
  /** What is left of the checkpoint under way, and the settlement it began after. */
  #checkpoint: { readonly left: Counter[]; readonly seq: number } | undefined;
  #prunedAt = Number.NEGATIVE_INFINITY;
  #retry: Timer | undefined;
  #housekeeping: Timer | undefined;

  constructor(db: DatabaseSync, file: string, settings: JournalSettings) {
    this.#db = db;
    this.#file = file;
    this.#settings = settings;
    this.#ledger = new LedgerTable(db);
    this.#counters = new CountersTable(db);
    this.#paused = new PausedTable(db);
    this.#seq = Math.max(this.#ledger.lastSeq, this.#counters.checkpoint);
  }

  /** Fills the engine's memory from the file, and begins to keep house. */
  start(book: CounterBook): void {
    restoreCounters(book, this.#bounded(), { counters: this.#counters, ledger: this.#ledger });
    this.#keepHouseIn(checkpointMs);
  }

  get pausedTable(): PausedTable {
    return this.#paused;
  }

  admit(): void {
    if (this.#pending.length < this.#settings.queueBound) return;
    if (!this.#full) this.#settings.onTrouble({ kind: 'queue-full', file: this.#file, waiting: this.#pending.length });
    this.#full = true;
    throw new StateUnavailable(`${this.#file} cannot be written: ${this.#pending.length} settlements wait for it`);
  }

  settled({ tenant, entry }: Settlement, charges: readonly Charge[], now: number): void {
    if (entry === undefined && charges.every(({ amount }) => amount === 0)) return;
    this.#pending.push({ seq: ++this.#seq, at: Math.floor(now), tenant, charges, entry });
    if (this.#scheduled || this.#failing) return;
    this.#scheduled = true;
    this.#settings.schedule(this.#turnOver);
  }

  changed(counter: Counter): void {
    this.#changed.push(counter);
  }

  dropped(): void {
    this.#more = true;
  }

  find(tenant: string, key: string): SavedCounter | undefined {
    return this.#more ? this.#ask(() => this.#counters.find(tenant, key)) : undefined;
  }

  saved(tenant: string, limit: number): readonly SavedCounter[] {
    return this.#more ? this.#ask(() => this.#counters.ofTenant(tenant, limit)) : [];
  }

  async ledger(tenant: string, after: number, limit: number, since?: number): Promise<readonly LedgerLine[]> {
    this.flush();
    try {
      return await this.#ledger.page(tenant, after, limit, since);
    } catch (error) {
      throw this.#unavailable(error);
    }
  }

  pause(tenant: string, paused: PausedScope): void {
    this.#ask(() => this.#paused.pause(tenant, paused));
  }

  resume(tenant: string, scope: string): boolean {
    return this.#ask(() => this.#paused.resume(tenant, scope));
  }

  /** Writes what waits now. @returns false where it could not be, and waits on */
  flush(): boolean {
    return this.#pending.length === 0 || this.#write([]);
  }

  /** Writes everything, so that the next start reads nothing of the ledger. */
  close(): void {
    this.#settings.clock.clearTimeout(this.#retry);
    this.#settings.clock.clearTimeout(this.#housekeeping);
    const left = [...(this.#checkpoint?.left ?? []), ...this.#changed];
    this.#checkpoint = undefined;
    this.#changed = [];
    try {
      this.#commit(left, this.#seq);
    } catch (error) {
      this.#settings.onTrouble({ kind: 'lost', file: this.#file, error, waiting: this.#pending.length });
    }
  }

  #turnOver = (): void => {
    this.#scheduled = false;
    if (!this.#failing) this.flush();
  };

  #write(counters: readonly Counter[], checkpoint?: number): boolean {
    try {
      this.#commit(counters, checkpoint);
    } catch (error) {
      this.#failed(error);
      return false;
    }
    if (this.#failing) this.#settings.onTrouble({ kind: 'recovered', file: this.#file });
    this.#failing = false;
    this.#full = false;
    return true;
  }

  /** All that waits, and these counters with it: so they are exactly as of the last row. */
  #commit(counters: readonly Counter[], checkpoint: number | undefined): void {
    if (this.#pending.length === 0 && counters.length === 0 && checkpoint === undefined) return;
    transaction(this.#db, () => {
      for (const row of this.#pending) this.#ledger.insert(row);
      for (const counter of counters) this.#counters.save(counter, this.#seq);
      if (checkpoint !== undefined) this.#counters.checkpoint = checkpoint;
    });
    this.#pending = [];
    for (const counter of counters) {
      counter.dirty = false;
      counter.savedTouchAt = counter.touchedAt;
    }
  }

  #failed(error: unknown): void {
    if (!this.#failing) {
      this.#settings.onTrouble({ kind: 'write-failed', file: this.#file, error, waiting: this.#pending.length });
    }
    this.#failing = true;
    this.#settings.clock.clearTimeout(this.#retry);
    this.#retry = this.#settings.clock.setTimeout(() => this.#write([]), retryMs);
    this.#retry.unref?.();
  }

  #keepHouseIn(ms: number): void {
    this.#housekeeping = this.#settings.clock.setTimeout(() => {
      const more = !this.#failing && (this.#takeCheckpointStep() || this.#prune());
      this.#keepHouseIn(more ? stepMs : checkpointMs);
    }, ms);
    this.#housekeeping.unref?.();
  }

  /** @returns whether there is more to write */
  #takeCheckpointStep(): boolean {
    if (this.#checkpoint === undefined) {
      if (this.#changed.length === 0) return false;
      this.#checkpoint = { left: this.#changed, seq: this.#seq };
      this.#changed = [];
    }
    const { left, seq } = this.#checkpoint;
    const step = left.splice(-countersPerStep);
    const last = left.length === 0;
    if (!this.#write(step, last ? seq : undefined)) {
      left.push(...step);
      return false;
    }
    if (last) this.#checkpoint = undefined;
    return !last;
  }

  /** @returns whether there is more to remove */
  #prune(): boolean {
    const now = this.#settings.clock.now();
    if (now - this.#prunedAt < pruneMs) return false;
    const { ms, rows } = this.#settings.retention;
    try {
      const lines = this.#ledger.prune(this.#counters.checkpoint, now - ms, this.#seq - rows, rowsPerStep);
      const counters = this.#counters.forget(now, rowsPerStep);
      if (lines || counters) return true;
    } catch (error) {
      this.#failed(error);
    }
    this.#prunedAt = now;
    return false;
  }

  *#bounded(): Generator<SavedCounter> {
    let room = this.#settings.counterBound;
    for (const saved of this.#counters.some(room + 1)) {
      if (room-- > 0) yield saved;
      else this.#more = true;
    }
  }

  #ask<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw this.#unavailable(error);
    }
  }

  #unavailable = (cause: unknown) => new StateUnavailable(`${this.#file} cannot be used`, { cause });
}
