import { UnstoredChanges } from '../../applied-changes.ts';
import type { EvidenceSettings } from '../../config/routing-config.ts';
import { MeanBound } from '../../statistics/mean-bound.ts';
import type { RouteState, Standing } from '../decision.ts';
import { type Change, type EvidenceEvent, NO_TRAFFIC, type Side } from './change.ts';
import type { EvidenceKey } from './evidence-key.ts';
import { applyChange } from './fold.ts';
import { OrderedResults } from './ordered-results.ts';
import { type EvidenceRecord, freshRecord, parseRecord } from './record.ts';
import type { EvidenceStore, StoredEvidence } from './store/evidence-store.ts';
import { BLIND_AFTER, confidenceOf, OBSERVED, versionOf } from './terms.ts';

/** How often a save is tried again when other replicas keep being faster. The changes are kept for the next flush. */
const SAVE_TRIES = 3;

/** How much a state may serve. What was reached must be stored before it counts; what was lost counts at once. */
const RANK: Readonly<Record<RouteState, number>> = { suspended: 0, observe: 0, shadow: 1, canary: 2, admitted: 3 };

/** Changes kept for a store that is away. Those beyond it are in this process's own record only. */
const MOST_PENDING = 2_000;

export interface TrackOptions {
  readonly key: EvidenceKey;
  readonly store: EvidenceStore;
  readonly now: () => number;
  /** Called within the call that caused the event; must not throw. */
  readonly onEvent: (key: EvidenceKey, event: EvidenceEvent) => void;
}

/** One pair on one kind of work, in memory: decides from it, learns, and stores what was learned. */
export class TrackedPair {
  readonly options: TrackOptions;
  readonly results = new OrderedResults<Extract<Change, { kind: 'compared' }>>();
  readonly version: string;
  /** Another object after a reload, of the same version. */
  settings: EvidenceSettings;
  #record: EvidenceRecord;
  #revision: number;
  /** The store has forgotten what it had been told. */
  #forgotten = false;
  /** The state as it is stored. */
  #confirmed: RouteState;
  readonly #pending = new UnstoredChanges<Change>();
  #traffic = { ...NO_TRAFFIC };
  #withoutVerdict = 0;
  #measured: { readonly of: EvidenceRecord['losses']; readonly standing: Omit<Standing, 'state'> } | undefined;
  #flushing: Promise<void> | undefined;

  /** @param stored what the store has. What is of another version, or cannot be read, is dropped. */
  constructor(options: TrackOptions, settings: EvidenceSettings, stored: StoredEvidence | undefined) {
    this.options = options;
    this.settings = settings;
    this.version = versionOf(settings, options.key.pair);
    const known = stored === undefined ? undefined : parseRecord(stored.record);
    const fits = known?.version === this.version;
    this.#record = fits ? known : freshRecord(this.version, options.now());
    this.#revision = stored?.revision ?? 0;
    this.#confirmed = this.#record.state;
  }

  get record(): EvidenceRecord {
    return this.#record;
  }

  /** What may be acted on: no more than is stored, and nothing blindly. */
  get state(): RouteState {
    const { state } = this.#record;
    const allowed = RANK[state] > RANK[this.#confirmed] ? this.#confirmed : state;
    return allowed === 'admitted' && this.blind ? 'canary' : allowed;
  }

  /** No comparison gets a verdict: whether it is still good enough, nobody knows. */
  get blind(): boolean {
    return this.#withoutVerdict >= BLIND_AFTER;
  }

  get standing(): Standing {
    const { losses, attempt } = this.#record;
    if (this.#measured?.of !== losses) {
      const bound = new MeanBound(losses);
      this.#measured = {
        of: losses,
        standing: { n: bound.n, loss: bound.mean, upper: bound.n === 0 ? 1 : bound.upper(confidenceOf(attempt)) },
      };
    }
    return { state: this.state, ...this.#measured.standing };
  }

  /** A request is about to be served. */
  asked(): void {
    this.#traffic.seen++;
    const { state, seen, until } = this.#record;
    if (state === 'observe' && seen + this.#traffic.seen >= OBSERVED) this.#storeTraffic();
    if (state === 'suspended' && this.options.now() >= until) this.change({ kind: 'rested' });
  }

  /** A request was answered. @param saved nano-dollars, may be below 0 */
  answered(served: Side, saved: number): void {
    if (served === 'cheap') this.#traffic.served++;
    this.#traffic.saved += saved;
    if (saved < 0) {
      this.#traffic.failures++;
      this.#traffic.failed -= saved;
    }
    // The last answers of a trial admit.
    if (served === 'cheap' && this.#record.state === 'canary') this.#storeTraffic();
  }

  change(change: Change): void {
    this.#storeTraffic();
    this.#apply(change);
  }

  /** Of comparisons in the order in which they were begun. */
  compared(change: Extract<Change, { kind: 'compared' }>): void {
    this.#withoutVerdict = change.result.kind === 'unavailable' ? this.#withoutVerdict + 1 : 0;
    this.change(change);
  }

  /** Something was learned that is not stored. Mere counting of what is only observed is not worth a place in the store. */
  get dirty(): boolean {
    if (this.#record.state === 'observe' && this.#revision === 0) return false;
    return this.#forgotten || this.#pending.size > 0 || this.#traffic.seen > 0 || this.#traffic.served > 0;
  }

  /** A state was reached that counts only when it is stored. */
  get rising(): boolean {
    return RANK[this.#record.state] > RANK[this.#confirmed];
  }

  /**
   * Stores what was learned; or, where another replica was faster, learns that first. Rejects where the store cannot be reached: nothing is
   * lost by that, the next flush tries again.
   */
  flush(): Promise<void> {
    this.#flushing ??= this.#flush().finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  #storeTraffic(): void {
    const traffic = this.#traffic;
    if (traffic.seen === 0 && traffic.served === 0 && traffic.saved === 0) return;
    this.#traffic = { ...NO_TRAFFIC };
    this.#apply({ kind: 'traffic', traffic });
  }

  #apply(change: Change): void {
    const { key, now, onEvent } = this.options;
    const { record, events } = applyChange(this.#record, change, this.settings, now());
    if (record === this.#record) return;
    this.#remember(change);
    this.#record = record;
    for (const event of events) onEvent(key, event);
  }

  /** Traffic is summed up: a store that is away for an hour must not fill the memory. */
  #remember(change: Change): void {
    const last = this.#pending.open;
    if (change.kind !== 'traffic' || last?.kind !== 'traffic') {
      if (this.#pending.size >= MOST_PENDING && this.#flushing === undefined) this.#pending.dropOldest();
      this.#pending.add(change);
      return;
    }
    this.#pending.amend({
      kind: 'traffic',
      traffic: {
        seen: last.traffic.seen + change.traffic.seen,
        served: last.traffic.served + change.traffic.served,
        failures: last.traffic.failures + change.traffic.failures,
        failed: last.traffic.failed + change.traffic.failed,
        saved: last.traffic.saved + change.traffic.saved,
      },
    });
  }

  async #flush(): Promise<void> {
    const { key, store } = this.options;
    for (let attempt = 1; attempt <= SAVE_TRIES; attempt++) {
      this.#storeTraffic();
      if (!this.dirty) {
        await this.#catchUp();
        if (!this.#forgotten) return;
      }
      const applied = this.#pending.applied(this.#record.applied);
      this.#record = { ...this.#record, applied };
      const { state } = this.#record;
      const revision = await store.save(key, JSON.stringify(this.#record), this.#revision);
      if (revision !== undefined) {
        this.#revision = revision;
        this.#forgotten = false;
        this.#confirmed = state;
        this.#pending.stored(applied);
        return;
      }
      await this.#catchUp();
    }
  }

  /** Takes over what another replica has stored, and applies to it what happened here since the last save. */
  async #catchUp(): Promise<void> {
    const { key, store, now, onEvent } = this.options;
    const stored = await store.load(key);
    const revision = stored?.revision ?? 0;
    if (revision === this.#revision) return;
    // Another server took over, without the latest saves: one of them may have been a suspension.
    this.#forgotten = revision < this.#revision;
    this.#revision = revision;
    if (this.#forgotten) return;
    const theirs = stored === undefined ? undefined : parseRecord(stored.record);
    // Forgotten, unreadable, or of a replica with other settings: each keeps its own.
    if (theirs?.version !== this.#record.version) return;
    const before = this.#record.state;
    this.#confirmed = theirs.state;
    // A save of ours may have been made though no reply came.
    this.#pending.stored(theirs.applied);
    let record = theirs;
    const events: EvidenceEvent[] = [];
    for (const change of this.#pending) {
      const folded = applyChange(record, change, this.settings, now());
      record = folded.record;
      events.push(...folded.events);
    }
    this.#record = record;
    // What led to the state we were already in has been told.
    if (before !== record.state) for (const event of events) onEvent(key, event);
  }
}
