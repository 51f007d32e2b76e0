import type { Charge, LedgerLine, PausedScope, Settlement } from '../budget-store.ts';
import type { Counter, SavedCounter } from './counter.ts';

/** What the engine tells about, and asks for, beyond its own memory: a file that outlives the process, or nothing much. */
export interface Journal {
  /** Called before anything new is held. @throws {StateUnavailable} where settlements could not be kept */
  admit(): void;
  /** A settlement that was charged, `charges` in the windows they were counted in. Kept within an event-loop turn; never throws. */
  settled(settlement: Settlement, charges: readonly Charge[], now: number): void;
  /** A counter is not any more what was last written of it. Called once until it is written. */
  changed(counter: Counter): void;
  /** Counters may be dropped from memory as long as what is written of them is current. */
  readonly keepsCounters: boolean;
  /** Counters were dropped from memory, or did not fit when it was opened: ask {@link find} for what is not there. */
  dropped(): void;
  find(tenant: string, key: string): SavedCounter | undefined;
  /** Counters of a tenant that may not be in memory. */
  saved(tenant: string, limit: number): readonly SavedCounter[];
  /** @param since clock milliseconds: what was settled before may be left out */
  ledger(
    tenant: string,
    after: number,
    limit: number,
    since: number | undefined,
  ): readonly LedgerLine[] | Promise<readonly LedgerLine[]>;
  /** Durable when it returns. @throws {StateUnavailable} */
  pause(tenant: string, paused: PausedScope): void;
  /** Durable when it returns. @returns false where it was not paused @throws {StateUnavailable} */
  resume(tenant: string, scope: string): boolean;
  close(): void;
}
