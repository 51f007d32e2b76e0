import type { CounterState, PausedScope } from '../budget-store.ts';
import { Counter, type SavedCounter } from './counter.ts';
import type { Journal } from './journal.ts';
import { TenantState } from './tenant-state.ts';

/** Entries looked at for each one that is added: more than one, so that what is forgotten keeps up with what is new. */
const stepsPerNew = 4;
/** In one go: what is restored at start adds up to many. */
const stepsAtMost = 64;
/** So long a rate that is whole again is kept, milliseconds. */
const rateIdleMs = 60_000;
/** Entries looked at when there is time. */
const stepsFar = 2_000;

/**
 * All tenants' counters and rates in memory. What no longer matters is forgotten in small steps as new ones come, so that there is
 * never a long sweep and memory follows what is in use.
 */
export class CounterBook {
  readonly #tenants = new Map<string, TenantState>();
  readonly #journal: Journal;
  readonly #bound: number;
  readonly #sweeper: Iterator<undefined, never>;
  #count = 0;
  #due = 0;
  #now = 0;
  #rateNow = 0;

  constructor(journal: Journal, bound: number) {
    this.#journal = journal;
    this.#bound = bound;
    this.#sweeper = this.#walk();
  }

  /** Counters in memory. */
  get size(): number {
    return this.#count;
  }

  tenant(name: string): TenantState {
    let tenant = this.#tenants.get(name);
    if (tenant === undefined) {
      tenant = new TenantState(name);
      this.#tenants.set(name, tenant);
      this.grew();
    }
    return tenant;
  }

  known(name: string): TenantState | undefined {
    return this.#tenants.get(name);
  }

  /** Replaces everything that is paused. */
  restorePaused(all: readonly (PausedScope & { readonly tenant: string })[]): void {
    for (const tenant of this.#tenants.values()) tenant.paused.clear();
    for (const { tenant, scope, reason, since } of all) this.tenant(tenant).paused.set(scope, { scope, reason, since });
  }

  /** The counter of that name, if there is one, in memory or else on disk; noted as touched. */
  touched(tenant: TenantState, key: string, now: number): Counter | undefined {
    const counter = tenant.counters.get(key) ?? this.#fetch(tenant, key, now);
    if (counter === undefined) return undefined;
    counter.touchedAt = now;
    counter.recent = true;
    // What is asked for again and again, if only to be refused, must not be forgotten on disk in the meantime.
    const { forgetAfter } = counter;
    if (forgetAfter !== undefined && counter.spent > 0 && now - counter.savedTouchAt > forgetAfter / 4) {
      this.changed(counter);
    }
    return counter;
  }

  create(tenant: TenantState, key: string, now: number): Counter {
    const counter = new Counter(tenant.name, key, now);
    this.#add(tenant, counter);
    return counter;
  }

  /** Takes what was kept on disk. */
  restore(saved: SavedCounter): Counter {
    const counter = Counter.from(saved);
    this.#add(this.tenant(saved.tenant), counter);
    return counter;
  }

  changed(counter: Counter): void {
    if (!this.#journal.keepsCounters || counter.dirty) return;
    counter.dirty = true;
    this.#journal.changed(counter);
  }

  /** Something was added that is to be swept one day. */
  grew(): void {
    this.#due += stepsPerNew;
  }

  /** Takes the steps that are due. @param rateNow now, as the rates count */
  sweep(now: number, rateNow: number): void {
    this.#now = now;
    this.#rateNow = rateNow;
    const steps = Math.min(this.#due, stepsAtMost);
    this.#due -= steps;
    for (let step = 0; step < steps; step++) this.#sweeper.next();
  }

  sweepFar(now: number, rateNow: number): void {
    this.#now = now;
    this.#rateNow = rateNow;
    for (let step = 0; step < stepsFar; step++) this.#sweeper.next();
  }

  /** @param first keys of counters that come before the others */
  states(name: string, limit: number, now: number, first: readonly string[]): readonly CounterState[] {
    const states: CounterState[] = [];
    const inMemory = this.#tenants.get(name)?.counters;
    const named = new Set(first);
    const add = ({ key, windowStart, windowEnd, spent }: SavedCounter | Counter, held: number) => {
      if (states.length < limit && (windowEnd === undefined || now < windowEnd)) {
        states.push({ key, windowStart, windowEnd, spent, held });
      }
    };
    for (const key of named) {
      const counter = inMemory?.get(key);
      const saved = counter ?? this.#journal.find(name, key);
      if (saved !== undefined) add(saved, counter?.held ?? 0);
    }
    for (const counter of inMemory?.values() ?? []) if (!named.has(counter.key)) add(counter, counter.held);
    if (states.length < limit) {
      for (const saved of this.#journal.saved(name, limit)) {
        if (!inMemory?.has(saved.key) && !named.has(saved.key)) add(saved, 0);
      }
    }
    return states;
  }

  #add(tenant: TenantState, counter: Counter): void {
    tenant.counters.set(counter.key, counter);
    this.#count++;
    this.grew();
  }

  #fetch(tenant: TenantState, key: string, now: number): Counter | undefined {
    const saved = this.#journal.find(tenant.name, key);
    if (saved === undefined) return undefined;
    const counter = Counter.from(saved);
    if (counter.isForgettable(now)) return undefined;
    this.#add(tenant, counter);
    return counter;
  }

  /** Goes round and round over everything, one entry a step. */
  *#walk(): Generator<undefined, never> {
    for (;;) {
      for (const tenant of this.#tenants.values()) {
        for (const counter of tenant.counters.values()) {
          this.#consider(tenant, counter);
          yield undefined;
        }
        for (const rate of tenant.rates.values()) {
          // All of it has come back: the same as a rate never used. What is in use is spared being made anew each time.
          if (rate.tat <= this.#rateNow - rateIdleMs) tenant.rates.delete(rate.key);
          yield undefined;
        }
        if (tenant.isEmpty) this.#tenants.delete(tenant.name);
        yield undefined;
      }
      yield undefined;
    }
  }

  #consider(tenant: TenantState, counter: Counter): void {
    // What is on its way to disk stays: should it come anew in the meantime, the two would be written in the wrong order.
    if (!counter.dirty && counter.held === 0) {
      const unneeded = counter.isForgettable(this.#now);
      const crowded = this.#journal.keepsCounters && this.#count > this.#bound && !counter.recent;
      if (unneeded || crowded) {
        tenant.counters.delete(counter.key);
        this.#count--;
        if (!unneeded) this.#journal.dropped();
      }
    }
    counter.recent = false;
  }
}
