import { UnstoredChanges } from '../../applied-changes.ts';
import type { Clock, Random } from '../../clock.ts';
import { AuditBudget } from './audit-budget.ts';
import { AuditQueue, type AuditTicket } from './audit-queue.ts';
import { auditShare } from './audit-share.ts';
import type { CertificateEvent } from './certificate-event.ts';
import type { CertificateKey, CertificateStore } from './certificate-store.ts';
import { applyChange, type Change } from './change.ts';
import { EntryVerdicts } from './entry-verdicts.ts';
import { fixedStart, OBSERVED_HITS } from './layout.ts';
import { type CertificateRecord, freshRecord, parseRecord } from './record.ts';
import { type CertificateReport, reportOf } from './report.ts';
import type { CertifySettings } from './settings.ts';
import type { CertificateState } from './state.ts';
import { TrafficCounter } from './traffic-counter.ts';
import type { CheckResult } from './verdict.ts';
import { type CertifiedThing, versionOf } from './version.ts';

export interface CertifierOptions {
  readonly key: CertificateKey;
  readonly thing: CertifiedThing;
  readonly settings: CertifySettings;
  readonly store: CertificateStore;
  readonly clock: Pick<Clock, 'now'>;
  readonly random: Random;
  /** Called within the call that caused the event; must not throw. */
  readonly onEvent: (event: CertificateEvent) => void;
}

/** What to do with a would-be hit: one that has passed every guard, or would have. */
export interface HitDecision {
  /** Answer from the cache. */
  readonly serve: boolean;
  /** Undefined: no audit. Else get the live answer as well, compare, and tell {@link Certifier.audited}. */
  readonly audit: AuditTicket | undefined;
}

const NOTHING: HitDecision = { serve: false, audit: undefined };

/** How often a save is tried again when other replicas keep being faster. The changes are kept for the next flush. */
const SAVE_TRIES = 3;

/**
 * Certifies one (tenant, route, embedder): chooses the hits to be audited, learns from the verdicts, and says which hits may be served.
 *
 * Decisions are made in memory. `flush` stores what was learned, and learns what other replicas have stored.
 *
 * @example
 * const { serve, audit } = certifier.wouldHit(0.973);
 * if (audit !== undefined) void checker.check(pair).then((result) => certifier.audited(audit, result));
 */
export class Certifier {
  readonly #options: CertifierOptions;
  readonly #budget: AuditBudget;
  readonly #queue: AuditQueue;
  readonly #traffic: TrafficCounter;
  readonly #verdicts = new EntryVerdicts();
  #record: CertificateRecord;
  #revision: number;
  /** The store has forgotten what it had been told. */
  #forgotten = false;
  readonly #pending = new UnstoredChanges<Change>();
  #share: number;
  #withoutVerdict = 0;
  #flushing: Promise<void> | undefined;

  private constructor(options: CertifierOptions, record: CertificateRecord, revision: number) {
    const { settings, clock } = options;
    this.#options = options;
    this.#budget = new AuditBudget(settings.auditsPerDay, clock.now());
    this.#queue = new AuditQueue(settings.auditTimeout);
    this.#traffic = new TrafficCounter(settings.grid);
    this.#record = record;
    this.#revision = revision;
    this.#share = auditShare(record, settings);
  }

  /** Loads what is known. What belongs to another version, or cannot be read, is dropped, with an event. */
  static async open(options: CertifierOptions): Promise<Certifier> {
    const { key, thing, settings, store, clock, onEvent } = options;
    const version = versionOf(thing, settings);
    const stored = await store.load(key);
    const known = stored === undefined ? undefined : parseRecord(stored.record, settings.grid);
    if (known?.version === version) return new Certifier(options, known, stored?.revision ?? 0);
    if (stored !== undefined) onEvent({ kind: 'reset', why: known === undefined ? 'unreadable' : 'version' });
    const fresh = freshRecord(version, settings.grid, fixedStart(settings), clock.now());
    return new Certifier(options, fresh, stored?.revision ?? 0);
  }

  /**
   * Decides on a would-be hit. Every semantic lookup ends in a call of this or of {@link missed}.
   *
   * @param cosine of question and candidate; anything that is no cosine at or above the loosest threshold is a miss
   * @param entry names the kept answer, so that no single one can certify the route; without it nothing is bounded
   */
  wouldHit(cosine: number, entry?: string): HitDecision {
    const { settings, clock, random } = this.#options;
    const loosest = settings.grid.at(-1) ?? 1;
    // Rounding may put identical vectors a hair above 1. Written so that NaN is a miss.
    if (!(cosine >= loosest && cosine <= 1.0001)) {
      this.missed();
      return NOTHING;
    }
    if (this.#record.state.kind === 'off') return NOTHING;
    const now = clock.now();
    this.#drain(now);
    const serve = this.#serves(cosine);
    this.#traffic.count(cosine, serve);
    if (this.#record.start === null) {
      this.#layOut();
      return { serve, audit: undefined };
    }
    if (random() >= this.#share * this.#budget.factor(now)) return { serve, audit: undefined };
    this.#budget.spend();
    return { serve, audit: this.#queue.begin(cosine, this.#record.attempt, now, entry) };
  }

  /** A semantic lookup without a would-be hit: only the error among all requests needs to know. */
  missed(): void {
    if (this.#record.state.kind !== 'off') this.#traffic.count(undefined, false);
  }

  /** What an audit found. Unknown tickets are ignored: audits are given up after a time. */
  audited(ticket: AuditTicket, result: CheckResult): void {
    this.#queue.settle(ticket, result);
    this.#drain(this.#options.clock.now());
  }

  turnOn(): void {
    this.#change({ kind: 'turned-on' });
  }

  turnOff(): void {
    this.#change({ kind: 'turned-off' });
  }

  /** Stops serving by the operator's word. What follows is a new attempt. */
  suspend(): void {
    this.#change({ kind: 'stopped' });
  }

  get state(): CertificateState {
    return this.#record.state;
  }

  report(): CertificateReport {
    this.#storeTraffic();
    const blind = this.#blind;
    const live = { serving: this.state.kind === 'certified' && !blind, blind, auditShare: this.#share };
    return reportOf(this.#record, this.#options.settings, live);
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

  get #blind(): boolean {
    return this.state.kind === 'certified' && this.#withoutVerdict >= this.#options.settings.blindAfter;
  }

  #serves(cosine: number): boolean {
    const { state } = this.#record;
    return state.kind === 'certified' && cosine >= state.threshold && !this.#blind;
  }

  #layOut(): void {
    const seen = this.#record.hits.reduce((sum, count) => sum + count, this.#traffic.hits);
    if (seen >= OBSERVED_HITS) this.#change({ kind: 'laid-out' });
  }

  #drain(now: number): void {
    for (const { cosine, attempt, entry, result } of this.#queue.take(now)) {
      this.#withoutVerdict = result === 'unavailable' ? this.#withoutVerdict + 1 : 0;
      const repeated = result === 'right' && entry !== undefined && this.#verdicts.isSpent(entry, attempt);
      this.#change({ kind: 'audit', audit: { cosine, attempt, result, ...(repeated ? { repeated } : {}) } });
    }
  }

  #change(change: Change): void {
    this.#storeTraffic();
    this.#pending.add(change);
    const { record, events } = applyChange(this.#record, change, this.#options.settings, this.#options.clock.now());
    this.#setRecord(record);
    for (const event of events) this.#options.onEvent(event);
  }

  /** Brings the counts into the record, so that whatever reads it sees them. */
  #storeTraffic(): void {
    if (this.#traffic.empty) return;
    const change: Change = { kind: 'traffic', traffic: this.#traffic.take() };
    this.#pending.add(change);
    this.#record = applyChange(this.#record, change, this.#options.settings, 0).record;
  }

  #setRecord(record: CertificateRecord): void {
    this.#record = record;
    this.#share = auditShare(record, this.#options.settings);
  }

  async #flush(): Promise<void> {
    const { key, store } = this.#options;
    for (let attempt = 1; attempt <= SAVE_TRIES; attempt++) {
      this.#storeTraffic();
      if (this.#pending.size === 0 && !this.#forgotten) {
        await this.#catchUp();
        if (!this.#forgotten) return;
      }
      const applied = this.#pending.applied(this.#record.applied);
      this.#record = { ...this.#record, applied };
      const revision = await store.save(key, JSON.stringify(this.#record), this.#revision);
      if (revision !== undefined) {
        this.#revision = revision;
        this.#forgotten = false;
        this.#pending.stored(applied);
        return;
      }
      await this.#catchUp();
    }
  }

  /** Takes over what another replica has stored, and applies to it what happened here since the last save. */
  async #catchUp(): Promise<void> {
    const { key, store, settings, clock, onEvent } = this.#options;
    const stored = await store.load(key);
    const revision = stored?.revision ?? 0;
    if (revision === this.#revision) return;
    // Another server took over, without the latest saves: one of them may have been a suspension.
    this.#forgotten = revision < this.#revision;
    this.#revision = revision;
    if (this.#forgotten) return;
    const theirs = stored === undefined ? undefined : parseRecord(stored.record, settings.grid);
    // A replica that still runs, or already runs, another version: each keeps its own.
    if (theirs?.version !== this.#record.version) return;
    const before = this.#record.state;
    // A save of ours may have been made though no reply came.
    this.#pending.stored(theirs.applied);
    let record = theirs;
    const events: CertificateEvent[] = [];
    for (const change of this.#pending) {
      const folded = applyChange(record, change, settings, clock.now());
      record = folded.record;
      events.push(...folded.events);
    }
    this.#setRecord(record);
    // What led to the state we were already in has been told.
    if (!sameState(before, record.state)) for (const event of events) onEvent(event);
  }
}

function sameState(a: CertificateState, b: CertificateState): boolean {
  return a.kind === b.kind && (a.kind !== 'certified' || b.kind !== 'certified' || a.threshold === b.threshold);
}
