import type { Clock } from '../../clock.ts';
import type {
  BudgetStore,
  Charge,
  CounterAsk,
  CounterState,
  LedgerLine,
  LedgerPage,
  Level,
  PausedScope,
  Refusal,
  ReserveReply,
  ReserveRequest,
  Settlement,
  SettleReply,
} from '../budget-store.ts';
import { checkReserve, checkSettlement } from './check-numbers.ts';
import type { Counter } from './counter.ts';
import { CounterBook } from './counter-book.ts';
import { Hold } from './hold.ts';
import type { Journal } from './journal.ts';
import { LeaseHeap } from './lease-heap.ts';
import { readCursor } from './ledger-cursor.ts';
import { Once } from './once.ts';
import { Rate, take, waitFor } from './rate.ts';
import type { TenantState } from './tenant-state.ts';

/** How long a settlement may come after its lease, or be repeated without a hold, and still be charged once. */
const rememberedMs = 24 * 3_600_000;
/** At most so many of either are remembered. */
const remembered = 10_000;

const nothingSettled: SettleReply = { settled: false, late: false, counters: [] };

export interface EngineOptions {
  readonly clock: Clock;
  readonly journal: Journal;
  /** Counters in memory; beyond it those that lie still are dropped, where the journal keeps them. */
  readonly counterBound: number;
}

/**
 * The authority over the budgets of one process. Everything happens in memory and at once, so a reserve is atomic for being one
 * call; what must outlive the process goes to the journal.
 */
export class BudgetEngine implements BudgetStore {
  readonly #clock: Clock;
  readonly #journal: Journal;
  readonly #book: CounterBook;
  /** Rates count from here, for precision. */
  readonly #origin: number;
  readonly #leases = new LeaseHeap();
  /** Holds whose lease has run out and whose settlement may still come, the first freed first. */
  readonly #freed = new Set<Hold>();
  readonly #unheld = new Once(rememberedMs, remembered);

  constructor({ clock, journal, counterBound }: EngineOptions) {
    this.#clock = clock;
    this.#journal = journal;
    this.#book = new CounterBook(journal, counterBound);
    this.#origin = Math.floor(clock.now());
  }

  /** Where counters are found; for the journal that restores them. */
  get book(): CounterBook {
    return this.#book;
  }

  /** @throws {RangeError} @throws {StateUnavailable} */
  reserve(request: ReserveRequest): ReserveReply {
    checkReserve(request);
    const now = this.#clock.now();
    this.#freeExpired(now);
    const tenant = this.#book.tenant(request.tenant);
    const before = tenant.holds.get(request.id);
    if (before !== undefined && before.place >= 0) return { kind: 'held', now, counters: levels(tenant, request) };
    for (const { windowStart, windowEnd } of request.counters) {
      if (now < windowStart || (windowEnd !== undefined && now >= windowEnd)) return { kind: 'stale-window', now };
    }
    this.#journal.admit();
    const [reason, ...more] = this.#refusals(tenant, request, now);
    if (reason !== undefined) return { kind: 'refused', now, by: [reason, ...more] };

    if (before !== undefined) this.#freed.delete(before);
    const hold = new Hold(tenant.name, request.id, now + request.leaseMs);
    for (const ask of request.counters) hold.add(this.#opened(tenant, ask, now), ask.amount);
    for (const ask of request.rates) {
      let rate = tenant.rates.get(ask.key);
      if (rate === undefined) {
        rate = new Rate(ask.key, now - this.#origin);
        tenant.rates.set(ask.key, rate);
        this.#book.grew();
      }
      take(rate, now - this.#origin, ask);
    }
    tenant.holds.set(hold.id, hold);
    this.#leases.add(hold);
    this.#book.sweep(now, now - this.#origin);
    return { kind: 'held', now, counters: hold.counters.map(levelOf) };
  }

  /** @throws {RangeError} and then nothing has changed */
  settle(settlement: Settlement): SettleReply {
    checkSettlement(settlement);
    const now = this.#clock.now();
    this.#freeExpired(now);
    const tenant = this.#book.tenant(settlement.tenant);
    const first = tenant.holds.get(settlement.ids[0]);
    const late = this.#release(tenant, settlement.ids);
    if (first === undefined && settlement.held) return nothingSettled;
    if (!settlement.held) {
      const name = JSON.stringify([settlement.tenant, settlement.ids[0]]);
      if (first === undefined && this.#unheld.has(name)) return nothingSettled;
      this.#unheld.add(name, now);
    }

    const counters: SettleReply['counters'][number][] = [];
    let charged: Charge[] | undefined;
    for (let index = 0; index < settlement.charges.length; index++) {
      const charge = settlement.charges[index];
      if (charge === undefined) continue;
      const window = first?.windowOf(charge.key, index) ?? charge.windowStart;
      const moved = window === charge.windowStart ? charge : this.#movedTo(window, tenant, charge);
      if (moved !== charge) {
        charged ??= [...settlement.charges];
        charged[index] = moved;
      }
      counters.push(this.#charge(tenant, moved, now));
    }
    for (const { key, emissionMs, units } of settlement.refunds) {
      const rate = tenant.rates.get(key);
      if (rate !== undefined) rate.tat -= units * emissionMs;
    }
    this.#journal.settled(settlement, charged ?? settlement.charges, now);
    this.#book.sweep(now, now - this.#origin);
    return { settled: true, late, counters };
  }

  renew(tenant: string, ids: readonly string[], leaseMs: number): void {
    const now = this.#clock.now();
    this.#freeExpired(now);
    const holds = this.#book.known(tenant)?.holds;
    for (const id of ids) {
      const hold = holds?.get(id);
      if (hold === undefined || hold.place < 0 || now + leaseMs <= hold.deadline) continue;
      hold.deadline = now + leaseMs;
      this.#leases.postponed(hold);
    }
  }

  reap(): number {
    const now = this.#clock.now();
    this.#book.sweepFar(now, now - this.#origin);
    return this.#freeExpired(now);
  }

  /** @throws {StateUnavailable} */
  pause(tenant: string, scope: string, reason: string): void {
    const paused = { scope, reason, since: Math.floor(this.#clock.now()) };
    this.#journal.pause(tenant, paused);
    this.#book.tenant(tenant).paused.set(scope, paused);
  }

  /** @throws {StateUnavailable} */
  resume(tenant: string, scope: string): boolean {
    const written = this.#journal.resume(tenant, scope);
    const known = this.#book.known(tenant)?.paused.delete(scope) ?? false;
    return written || known;
  }

  paused(tenant: string): readonly PausedScope[] {
    return [...(this.#book.known(tenant)?.paused.values() ?? [])];
  }

  counters(tenant: string, limit: number, first: readonly string[] = []): readonly CounterState[] {
    const now = this.#clock.now();
    this.#freeExpired(now);
    return this.#book.states(tenant, limit, now, first);
  }

  rates(tenant: string, keys: readonly string[]): readonly number[] {
    const now = this.#clock.now() - this.#origin;
    const known = this.#book.known(tenant)?.rates;
    return keys.map((key) => Math.max(0, (known?.get(key)?.tat ?? now) - now));
  }

  /** @throws {RangeError} where `after` is no cursor */
  ledger(tenant: string, { after, since, limit }: LedgerPage): readonly LedgerLine[] | Promise<readonly LedgerLine[]> {
    return this.#journal.ledger(tenant, readCursor(after), limit, since);
  }

  /** Held by requests under way. */
  get holds(): number {
    return this.#leases.size;
  }

  close(): void {
    this.#journal.close();
  }

  #refusals(tenant: TenantState, { scopes, counters, rates }: ReserveRequest, now: number): readonly Refusal[] {
    let refusals: Refusal[] | undefined;
    if (tenant.paused.size > 0) {
      for (const scope of scopes) {
        const paused = tenant.paused.get(scope);
        if (paused !== undefined) {
          refusals ??= [];
          refusals.push({ kind: 'paused', scope, reason: paused.reason });
        }
      }
    }
    for (let index = 0; index < counters.length; index++) {
      const ask = counters[index];
      if (ask === undefined) continue;
      const counter = this.#book.touched(tenant, ask.key, now);
      const current = counter !== undefined && counter.windowStart >= ask.windowStart;
      const spent = current ? counter.spent : 0;
      const held = current ? counter.held : 0;
      if (spent + held + ask.amount > ask.limit) {
        refusals ??= [];
        refusals.push({ kind: 'counter', index, level: { spent, held } });
      }
    }
    for (let index = 0; index < rates.length; index++) {
      const ask = rates[index];
      if (ask === undefined) continue;
      const wait = waitFor(tenant.rates.get(ask.key), now - this.#origin, ask);
      if (wait !== undefined) {
        refusals ??= [];
        refusals.push({ kind: 'rate', index, retryAfterMs: Number.isFinite(wait) ? wait : undefined });
      }
    }
    return refusals ?? none;
  }

  /** The counter of an ask, in the window it will be counted in. */
  #opened(tenant: TenantState, ask: CounterAsk | Charge, now: number): Counter {
    const counter = tenant.counters.get(ask.key) ?? this.#book.create(tenant, ask.key, now);
    if (ask.windowStart > counter.windowStart) {
      counter.roll(ask.windowStart);
      this.#book.changed(counter);
    }
    if (ask.windowStart === counter.windowStart) {
      counter.windowEnd = ask.windowEnd;
      counter.forgetAfter = ask.forgetAfter;
    }
    return counter;
  }

  /** Held with the clock set back, a charge belongs to the later window in which it was held. */
  #movedTo(windowStart: number, tenant: TenantState, charge: Charge): Charge {
    const counter = this.#book.touched(tenant, charge.key, this.#clock.now());
    const current = counter !== undefined && counter.windowStart === windowStart;
    return { ...charge, windowStart, windowEnd: current ? counter.windowEnd : charge.windowEnd };
  }

  #charge(tenant: TenantState, charge: Charge, now: number): SettleReply['counters'][number] {
    const { amount, windowStart, windowEnd } = charge;
    let counter = this.#book.touched(tenant, charge.key, now);
    if (counter === undefined || counter.windowStart < windowStart) {
      if (windowEnd !== undefined && now >= windowEnd) return undefined;
      if (amount === 0) return { before: 0, after: 0, held: 0 };
      counter = this.#opened(tenant, charge, now);
    }
    if (counter.windowStart > windowStart) return undefined;
    const before = counter.spent;
    if (amount > 0) {
      counter.spend(amount);
      this.#book.changed(counter);
    }
    return { before, after: counter.spent, held: counter.held };
  }

  /** Lets go of all that the ids hold. @returns whether the lease of any had run out */
  #release(tenant: TenantState, ids: readonly string[]): boolean {
    let late = false;
    for (const id of ids) {
      const hold = tenant.holds.get(id);
      if (hold === undefined) continue;
      tenant.holds.delete(id);
      if (hold.place < 0) {
        late = true;
        this.#freed.delete(hold);
      } else {
        this.#leases.remove(hold);
        hold.release();
      }
    }
    return late;
  }

  #freeExpired(now: number): number {
    let freed = 0;
    for (let hold = this.#leases.first; hold !== undefined && hold.deadline <= now; hold = this.#leases.first) {
      this.#leases.remove(hold);
      hold.release();
      this.#freed.add(hold);
      freed++;
    }
    if (freed > 0) this.#forgetFreed(now);
    return freed;
  }

  #forgetFreed(now: number): void {
    for (const hold of this.#freed) {
      if (this.#freed.size <= remembered && now - hold.deadline < rememberedMs) break;
      this.#freed.delete(hold);
      const tenant = this.#book.known(hold.tenant);
      if (tenant?.holds.get(hold.id) === hold) tenant.holds.delete(hold.id);
    }
  }
}

const none: readonly Refusal[] = [];

const levelOf = ({ spent, held }: Counter): Level => ({ spent, held });

const levels = (tenant: TenantState, { counters }: ReserveRequest): readonly Level[] =>
  counters.map(({ key }) => {
    const counter = tenant.counters.get(key);
    return counter === undefined ? { spent: 0, held: 0 } : levelOf(counter);
  });
