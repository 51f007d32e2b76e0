import type { Clock, Random, Timer } from '../../clock.ts';
import type { EvidenceSettings } from '../../config/routing-config.ts';
import type { EvidenceBook, ModelPair, RouteState, Standing, Verdict } from '../decision.ts';
import type { Circumstances, ComparisonCost, ComparisonResult, EvidenceEvent, Side } from './change.ts';
import { type EvidenceKey, nameOf } from './evidence-key.ts';
import { type PairReport, reportOf } from './report.ts';
import type { EvidenceStore } from './store/evidence-store.ts';
import { versionOf } from './terms.ts';
import { TrackedPair } from './tracked-pair.ts';

/** How often what was learned is stored, and what others have learned is read, milliseconds. */
export const TICK_MS = 2_000;
/** Pairs stored or read in one tick: each is a round trip, or a write of a file. */
const MOST_A_TICK = 100;
/** What could not be read is tried again after, milliseconds. */
const RETRY_MS = 5_000;
/** A pair that nobody asked for so long is not read again with each tick, milliseconds. */
const IDLE_MS = 60_000;

export interface EvidenceOptions {
  readonly store: EvidenceStore;
  readonly clock: Clock;
  readonly random: Random;
  /** Must not throw. */
  readonly onEvent: (key: EvidenceKey, event: EvidenceEvent) => void;
  /** The store is in trouble; must not throw. */
  readonly onTrouble: (reason: string) => void;
  /** Pairs in memory, of all tenants and of one. Above it the least recently asked go back to the store. */
  readonly most?: number;
  readonly mostPerTenant?: number;
}

/** One comparison under way: it ends with exactly one call of `settle`. */
export interface OpenComparison {
  settle(result: ComparisonResult, circumstances: Circumstances, cost: ComparisonCost): void;
}

interface Slot {
  readonly key: EvidenceKey;
  settings: EvidenceSettings;
  readonly version: string;
  /** Undefined: it is being read, or could not be. */
  pair: TrackedPair | undefined;
  retryAt: number;
  usedAt: number;
}

const UNKNOWN: Standing = { state: 'observe', n: 0, loss: 0, upper: 1 };
const STRONG: Verdict = { ...UNKNOWN, serve: 'strong', shadow: false };

/**
 * The evidence on all pairs that are asked for: decides from memory, learns, and keeps it where it outlives the process.
 *
 * What is not known is served by the strong model: a pair that is still read, one too many, one whose store is away. A state that serves
 * more than before counts when it is stored; one that serves less, at once.
 */
export class Evidence implements EvidenceBook {
  readonly #options: EvidenceOptions;
  readonly #most: number;
  readonly #mostPerTenant: number;
  readonly #slots = new Map<string, Slot>();
  readonly #perTenant = new Map<string, number>();
  readonly #work = new Set<Promise<void>>();
  #timer: Timer | undefined;
  #ticking = false;
  #closed = false;
  #inTrouble = false;
  /** Where among many pairs the next tick begins. */
  #turn = 0;

  constructor(options: EvidenceOptions) {
    this.#options = options;
    this.#most = options.most ?? 10_000;
    this.#mostPerTenant = options.mostPerTenant ?? Math.max(1, Math.floor(this.#most / 4));
    this.#wait();
  }

  consult(tenant: string, key: string, pair: ModelPair, settings: EvidenceSettings): Verdict {
    const found = this.#find({ tenant, key, pair }, settings);
    if (found === undefined) return STRONG;
    const { random } = this.#options;
    const { standing } = found;
    const serve = serves(standing.state, settings.canary, random);
    const compares = standing.state !== 'observe' && standing.state !== 'suspended';
    const shadow = compares && settings.shadow > 0 && random() < settings.shadow;
    found.asked();
    if (found.rising) this.#store(found);
    return { ...standing, serve, shadow };
  }

  peek(tenant: string, key: string, pair: ModelPair, settings: EvidenceSettings): Standing {
    const slot = this.#slots.get(nameOf({ tenant, key, pair }));
    return slot?.version === versionOf(settings, pair) && slot.pair !== undefined ? slot.pair.standing : UNKNOWN;
  }

  /** The other model is asked too. Undefined: nothing is to be learned any more. */
  begin(tenant: string, key: string, pair: ModelPair, settings: EvidenceSettings): OpenComparison | undefined {
    const tracked = this.#find({ tenant, key, pair }, settings);
    if (tracked === undefined || this.#closed) return undefined;
    const { attempt } = tracked.record;
    const ticket = tracked.results.begin();
    return {
      settle: (result, circumstances, cost) => {
        const change = { kind: 'compared', attempt, result, circumstances, cost } as const;
        for (const settled of tracked.results.settle(ticket, change)) tracked.compared(settled);
        if (tracked.rising) this.#store(tracked);
      },
    };
  }

  /** A routed request was answered. @param saved nano-dollars, may be below 0 */
  answered(
    tenant: string,
    key: string,
    pair: ModelPair,
    settings: EvidenceSettings,
    served: Side,
    saved: number,
  ): void {
    const tracked = this.#find({ tenant, key, pair }, settings);
    tracked?.answered(served, saved);
    if (tracked?.rising === true) this.#store(tracked);
  }

  /** A caller said how work went that one model alone had served. @param score 0 to 1 */
  outcome(tenant: string, key: string, pair: ModelPair, settings: EvidenceSettings, side: Side, score: number): void {
    const change = { kind: 'outcome', side, score } as const;
    const tracked = this.#find({ tenant, key, pair }, settings);
    if (tracked !== undefined) {
      tracked.change(change);
      return;
    }
    // Another replica may have served it, and this one has to read the pair first.
    const reading = [...this.#work];
    this.#behind(async () => {
      await Promise.all(reading);
      this.#find({ tenant, key, pair }, settings)?.change(change);
    });
  }

  /** What is known of the pairs in memory, those of one tenant or of all. */
  report(tenant?: string): PairReport[] {
    const reports: PairReport[] = [];
    for (const { key, settings, pair } of this.#slots.values())
      if (pair !== undefined && (tenant === undefined || key.tenant === tenant))
        reports.push(reportOf(key, settings, pair));
    return reports;
  }

  /** Pairs by state, for a metric. */
  *states(): Generator<{ readonly policy: string; readonly state: RouteState }> {
    for (const { settings, pair } of this.#slots.values())
      if (pair !== undefined) yield { policy: settings.policy, state: pair.state };
  }

  get size(): number {
    return this.#slots.size;
  }

  /** Stores what was learned. Never rejects: what could not be stored is kept for the next time. */
  async flush(): Promise<void> {
    await Promise.all([...this.#work]);
    for (const { pair } of this.#slots.values()) if (pair?.dirty === true && !(await this.#flushed(pair))) return;
  }

  /** Resolves when nothing that was begun is under way any more. */
  async settled(): Promise<void> {
    while (this.#work.size > 0) await Promise.all([...this.#work]);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#options.clock.clearTimeout(this.#timer);
    await this.settled();
    await this.flush();
    this.#options.store.close();
  }

  #find(key: EvidenceKey, settings: EvidenceSettings): TrackedPair | undefined {
    const { clock } = this.#options;
    const name = nameOf(key);
    const version = versionOf(settings, key.pair);
    let slot = this.#slots.get(name);
    if (slot?.version !== version) {
      if (slot === undefined && !this.#hasRoom(key.tenant)) return undefined;
      slot = this.#replace(slot, name, { key, settings, version, pair: undefined, retryAt: 0, usedAt: 0 });
    }
    const now = clock.now();
    slot.usedAt = now;
    slot.settings = settings;
    if (slot.pair !== undefined) slot.pair.settings = settings;
    if (slot.pair === undefined && now >= slot.retryAt && !this.#closed) this.#read(slot);
    return slot.pair;
  }

  /** A reloaded configuration asks another question: what was learned of the one before is stored, and nothing of it counts. */
  #replace(before: Slot | undefined, name: string, slot: Slot): Slot {
    this.#slots.set(name, slot);
    const { tenant } = slot.key;
    if (before === undefined) this.#perTenant.set(tenant, (this.#perTenant.get(tenant) ?? 0) + 1);
    else if (before.pair !== undefined) {
      const { pair } = before;
      slot.retryAt = Number.POSITIVE_INFINITY;
      this.#behind(async () => {
        if (pair.dirty) await this.#flushed(pair);
        slot.retryAt = 0;
      });
    }
    return slot;
  }

  #hasRoom(tenant: string): boolean {
    return this.#slots.size < this.#most && (this.#perTenant.get(tenant) ?? 0) < this.#mostPerTenant;
  }

  #read(slot: Slot): void {
    const { store, clock, onEvent } = this.#options;
    const { key } = slot;
    slot.retryAt = Number.POSITIVE_INFINITY;
    this.#behind(async () => {
      try {
        const stored = await store.load(key);
        slot.pair = new TrackedPair({ key, store, now: () => clock.now(), onEvent }, slot.settings, stored);
        this.#recovered();
      } catch (error) {
        slot.retryAt = clock.now() + RETRY_MS;
        this.#trouble(error);
      }
    });
  }

  #store(pair: TrackedPair): void {
    // One that cannot be stored now is tried with the next tick, not with each request.
    if (!this.#inTrouble) this.#behind(async () => void (await this.#flushed(pair)));
  }

  async #flushed(pair: TrackedPair): Promise<boolean> {
    try {
      await pair.flush();
      this.#recovered();
      return true;
    } catch (error) {
      this.#trouble(error);
      return false;
    }
  }

  /** Work that no request waits for. */
  #behind(work: () => Promise<void>): void {
    const done: Promise<void> = work().finally(() => this.#work.delete(done));
    this.#work.add(done);
  }

  #trouble(error: unknown): void {
    const first = !this.#inTrouble;
    this.#inTrouble = true;
    if (first) this.#options.onTrouble(error instanceof Error ? error.message : String(error));
  }

  #recovered(): void {
    this.#inTrouble = false;
  }

  #wait(): void {
    this.#timer = this.#options.clock.setTimeout(() => {
      if (!this.#ticking) {
        this.#ticking = true;
        this.#behind(() =>
          this.#tick().finally(() => {
            this.#ticking = false;
          }),
        );
      }
      if (!this.#closed) this.#wait();
    }, TICK_MS);
    this.#timer.unref?.();
  }

  /** Stores what is new, then reads what others may have learned of the pairs in use, then makes room. */
  async #tick(): Promise<void> {
    const since = this.#options.clock.now() - IDLE_MS;
    const dirty: TrackedPair[] = [];
    const inUse: TrackedPair[] = [];
    for (const { pair, usedAt } of this.#slots.values()) {
      if (pair?.dirty === true) dirty.push(pair);
      else if (pair !== undefined && usedAt > since) inUse.push(pair);
    }
    // Of very many each has its turn.
    const turns = [...turned(dirty, this.#turn), ...turned(inUse, this.#turn)];
    this.#turn += MOST_A_TICK;
    for (const pair of turns.slice(0, MOST_A_TICK)) if (!(await this.#flushed(pair))) return;
    if (this.#crowded) this.#makeRoom([...this.#slots.values()].sort((a, b) => b.usedAt - a.usedAt));
  }

  get #crowded(): boolean {
    if (this.#slots.size > (this.#most * 7) / 8) return true;
    for (const count of this.#perTenant.values()) if (count > (this.#mostPerTenant * 7) / 8) return true;
    return false;
  }

  /** The least recently asked go: an eighth of what is allowed is kept free for others. What is not stored stays. */
  #makeRoom(newestFirst: readonly Slot[]): void {
    const kept = new Map<string, number>();
    let all = 0;
    for (const { key, pair } of newestFirst) {
      const own = kept.get(key.tenant) ?? 0;
      const fits = all < (this.#most * 7) / 8 && own < (this.#mostPerTenant * 7) / 8;
      const mayGo = pair !== undefined && !pair.dirty && pair.results.size === 0;
      if (fits || !mayGo) {
        kept.set(key.tenant, own + 1);
        all++;
      } else if (this.#slots.delete(nameOf(key)))
        this.#perTenant.set(key.tenant, (this.#perTenant.get(key.tenant) ?? 1) - 1);
    }
    for (const [tenant, count] of this.#perTenant) if (count <= 0) this.#perTenant.delete(tenant);
  }
}

/** The same, beginning elsewhere. */
function turned<T>(list: readonly T[], by: number): T[] {
  const from = list.length === 0 ? 0 : by % list.length;
  return [...list.slice(from), ...list.slice(0, from)];
}

function serves(state: RouteState, canary: number, random: Random): Side {
  if (state === 'admitted') return 'cheap';
  return state === 'canary' && random() < canary ? 'cheap' : 'strong';
}
