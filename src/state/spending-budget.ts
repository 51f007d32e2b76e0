import type { Clock } from '../clock.ts';
import {
  type BudgetStore,
  type Charge,
  type CounterAsk,
  type ReserveReply,
  type SettleReply,
  StateUnavailable,
} from './budget-store.ts';

/** The store's time and ours may lie on two sides of a window's end; more than twice is no clock. */
const WINDOW_TRIES = 3;
/** What one hold takes at most, as a part of the limit: of dear calls several must fit, or their budget could never be used. */
const LARGEST_HOLD = 1 / 8;
/** A hold that nobody settles (its process died) is freed after so long, milliseconds: longer than any call it is made for. */
const LEASE_MS = 300_000;

/** Where what belongs to no tenant is kept. No tenant has this name: those are of letters, digits and "_.-". */
export const NO_TENANT = '~';

export interface SpendingBudgetOptions {
  readonly store: Pick<BudgetStore, 'reserve' | 'settle'>;
  readonly clock: Pick<Clock, 'now'>;
  /** Whose money it is; {@link NO_TENANT}: nobody's in particular. */
  readonly tenant: string;
  /** Names the counter within its tenant: printable, at most 400 bytes, with no "/". */
  readonly name: string;
  /** Nano-dollars in each window. */
  readonly limit: number;
  /** How long a window is, milliseconds. Windows begin at whole multiples of it, UTC. */
  readonly periodMs: number;
  /** The store could not be asked; must not throw. */
  readonly onTrouble?: (reason: string) => void;
}

/** What is known to be spent in a window, by all processes. */
export interface SpentInWindow {
  /** Clock milliseconds, by the store. */
  readonly windowStart: number;
  /** Nano-dollars. */
  readonly spent: number;
}

/** Money set aside for one call, or for some that belong together. */
export interface SpendingHold extends SpentInWindow {
  /**
   * Releases it, and charges what was used; once.
   *
   * @param nanos nano-dollars
   * @returns undefined where it is not known: another window has begun, or the store is told later. Never rejects.
   */
  settle(nanos: number): Promise<SpentInWindow | undefined>;
}

/**
 * What the proxy itself may spend in a time, on purposes of its own: kept in the state, so that all replicas together keep it and a restart does
 * not forget it. What is spent and held never exceeds the limit; a call that could cost more than an eighth of it is held for with an eighth,
 * so that only what such calls really cost beyond that can.
 */
export class SpendingBudget {
  readonly #options: SpendingBudgetOptions;
  readonly #key: string;

  constructor(options: SpendingBudgetOptions) {
    this.#options = options;
    this.#key = `${options.name}/usd/${options.periodMs}ms`;
  }

  /**
   * @param id unique in the tenant; of nothing else that is held
   * @param most what the call can cost at worst, nano-dollars
   * @returns undefined: there is not enough left, or the store cannot be asked. Never rejects for the store's sake.
   */
  async hold(id: string, most: number): Promise<SpendingHold | undefined> {
    const { clock, limit, periodMs } = this.#options;
    const amount = Math.min(Math.ceil(most), Math.max(1, Math.floor(limit * LARGEST_HOLD)));
    let now = clock.now();
    for (let tries = 0; tries < WINDOW_TRIES; tries++) {
      const windowStart = Math.floor(now / periodMs) * periodMs;
      const window = { key: this.#key, windowStart, windowEnd: windowStart + periodMs, forgetAfter: undefined };
      const reply = await this.#reserve(id, { ...window, limit, amount });
      if (reply?.kind === 'stale-window') {
        now = reply.now;
        continue;
      }
      // Where a request would pass by the policy, nothing is held: what is not counted is not spent here.
      if (reply?.kind !== 'held' || reply.degraded === true) return undefined;
      return {
        windowStart,
        spent: reply.counters[0]?.spent ?? 0,
        settle: async (nanos) => {
          const level = await this.#settle(id, { ...window, amount: Math.ceil(nanos) });
          return level && { windowStart, spent: level.after };
        },
      };
    }
    return undefined;
  }

  async #reserve(id: string, counter: CounterAsk): Promise<ReserveReply | undefined> {
    const { store, tenant } = this.#options;
    try {
      return await store.reserve({ tenant, id, leaseMs: LEASE_MS, scopes: [], counters: [counter], rates: [] });
    } catch (error) {
      if (!(error instanceof StateUnavailable)) throw error;
      this.#options.onTrouble?.(error.message);
      return undefined;
    }
  }

  async #settle(id: string, charge: Charge): Promise<SettleReply['counters'][number]> {
    const { store, tenant } = this.#options;
    try {
      const charges = [charge];
      const settled = await store.settle({ tenant, ids: [id], held: true, charges, refunds: [], entry: undefined });
      return settled.counters[0];
    } catch (error) {
      // Nobody waits for it; the hold ends with its lease.
      this.#options.onTrouble?.(error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }
}
