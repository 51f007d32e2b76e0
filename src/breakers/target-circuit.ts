import type { Clock, Random } from '../clock.ts';
import { CallTally } from './call-tally.ts';
import type { Circuit, CircuitChange, CircuitSettings, CircuitSnapshot, Outcome, Permit, Refusal } from './circuit.ts';
import { rateHolds, runToTrip } from './evidence.ts';
import { Hearsay } from './hearsay.ts';
import { type CallListener, CallPermit, type TrialListener, TrialPermit } from './permits.ts';
import { type Counted, RateBreaker } from './rate-breaker.ts';
import { READ_EVERY_MS, type SharedCircuit, type Sharing } from './shared-circuits.ts';
import { type CircuitEvent, type CircuitState, type Closed, initial, isDoubted, next } from './state.ts';
import { UsualShare } from './usual-share.ts';

export interface CircuitContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly onChange: (change: CircuitChange) => void;
  /** Undefined: this replica is the only one, or judges alone. */
  readonly sharing?: Sharing | undefined;
}

/** The circuit of one target: the pure machine of `state.ts`, with opossum (`rate-breaker.ts`) as the judge of its failure rate. */
export class TargetCircuit implements Circuit, CallListener, TrialListener, SharedCircuit {
  readonly name: string;
  readonly #context: CircuitContext;
  #settings: CircuitSettings;
  #rate: RateBreaker;
  #state: CircuitState;
  #tally = new CallTally();
  readonly #usual = new UsualShare();
  #lastId = 0;
  #lastOutcomeAt = 0;
  readonly #hearsay: Hearsay | undefined;

  constructor(name: string, settings: CircuitSettings, context: CircuitContext) {
    const now = context.clock.now();
    this.name = name;
    this.#settings = settings;
    this.#context = context;
    this.#state = initial(now);
    this.#rate = new RateBreaker(name, settings, now);
    this.#hearsay = context.sharing && new Hearsay(name, context.sharing, context.clock);
  }

  acquire(): Permit | Refusal {
    if (this.#state.state === 'closed') return new CallPermit(this, this.#tally);
    const now = this.#context.clock.now();
    return this.#probe(now) ?? this.#refusal(now);
  }

  acquireLastHope(): Permit | Refusal {
    if (this.#state.state === 'closed') return this.acquire();
    const now = this.#context.clock.now();
    const probe = this.#probe(now);
    if (probe) return probe;
    const id = ++this.#lastId;
    const taken = this.#apply({ type: 'last-hope-taken', id }, now);
    return taken ? new TrialPermit(this, 'last-hope', id, this.#state.epoch) : this.#refusal(now);
  }

  admits(): boolean {
    if (this.#state.state === 'closed') return true;
    const now = this.#context.clock.now();
    this.#catchUp(now);
    return this.#state.state === 'half-open' && this.#state.probe === undefined && this.#leaseAllows(now);
  }

  snapshot(): CircuitSnapshot {
    const now = this.#context.clock.now();
    this.#catchUp(now);
    const { name } = this;
    const { completed, failures } = this.#rate.counts(now);
    const state = this.#state;
    const common = { name, state: state.state, since: state.since, reason: state.reason, completed, failures };
    if (state.state === 'closed') return { ...common, probing: false, run: state.run, attempt: 0 };
    const probing = state.lastHope !== undefined || (state.state === 'half-open' && state.probe !== undefined);
    return { ...common, probing, run: 0, attempt: state.attempt, retryAt: retryAt(state) };
  }

  /** New thresholds, same state. The rolling window starts again, as it may have another length. */
  configure(settings: CircuitSettings): void {
    this.#rate.shutdown();
    this.#settings = settings;
    this.#rate = new RateBreaker(this.name, settings, this.#context.clock.now());
    if (!this.closed) this.#rate.open();
  }

  /** Gives back what it holds of opossum. Whoever still has it finds it working, by runs of failures alone. */
  retire(): void {
    this.#rate.shutdown();
  }

  get closed(): boolean {
    return this.#state.state === 'closed';
  }

  /** Epoch ms of the last outcome that said something about the target; 0 if there was none. */
  get lastOutcomeAt(): number {
    return this.#lastOutcomeAt;
  }

  doubt(): void {
    const now = this.#context.clock.now();
    if (this.#hearsay?.doubts(this.#settings, now)) this.#apply({ type: 'remote-opened' }, now);
  }

  probeFailedElsewhere(until: number, attempt: number): void {
    const now = this.#context.clock.now();
    this.#catchUp(now);
    const believed = this.#hearsay?.believedUntil(until, this.#settings, now) ?? 0;
    this.#apply({ type: 'remote-probe-failed', until: believed, attempt }, now);
  }

  closedElsewhere(): void {
    const now = this.#context.clock.now();
    this.#catchUp(now);
    this.#apply({ type: 'remote-closed' }, now);
  }

  doubtLifted(): void {
    if (isDoubted(this.#state)) this.#apply({ type: 'remote-closed' }, this.#context.clock.now());
  }

  callDelivers(permit: CallPermit): void {
    if (permit.tally !== this.#tally) return;
    const now = this.#context.clock.now();
    if (isDoubted(this.#state)) this.#decideDoubt('success', now);
    if (this.#state.state !== 'closed') return;
    permit.counted = this.#succeeded(now);
    if (this.#state.run === 0) return;
    permit.deliveringInRun = this.#tally.run;
    this.#tally.delivering++;
  }

  callEnded(permit: CallPermit, outcome: Outcome): void {
    const tally = this.#tally;
    if (permit.tally !== tally) return; // begun before the circuit last opened
    tally.inFlight--;
    if (permit.deliveringInRun > 0 && permit.deliveringInRun === tally.run) tally.delivering--;
    if (outcome === 'neutral') return;
    const now = this.#context.clock.now();
    this.#lastOutcomeAt = now;
    if (isDoubted(this.#state)) this.#decideDoubt(outcome, now);
    const state = this.#state;
    if (state.state !== 'closed') return;
    if (outcome !== 'success') {
      this.#callFailed(permit, state, now);
      return;
    }
    if (!permit.delivers) this.#succeeded(now);
    if (state.run > 0) this.#countCall(state, 'success', Number.POSITIVE_INFINITY, now);
  }

  trialDelivers({ id }: TrialPermit): void {
    const now = this.#context.clock.now();
    this.#catchUp(now);
    this.#apply({ type: 'committed', id }, now);
  }

  trialEnded({ leave, id, epoch }: TrialPermit, outcome: Outcome): void {
    const now = this.#context.clock.now();
    this.#lastOutcomeAt = now;
    this.#catchUp(now);
    if (outcome === 'success' && this.#hearsay) this.#hearsay.succeededAt = now;
    this.#apply({ type: 'settled', outcome, leave, id, epoch, runToTrip: Number.POSITIVE_INFINITY }, now);
    if (leave === 'probe') this.#hearsay?.lease.ended(this.#state.state === 'open' ? 2 * READ_EVERY_MS : 0);
  }

  /** An ordinary call, begun before the doubt, has ended or delivers: as good as a probe. */
  #decideDoubt(outcome: Outcome, now: number): void {
    const { epoch } = this.#state;
    this.#apply({ type: 'settled', outcome, leave: 'call', id: 0, epoch, runToTrip: Number.POSITIVE_INFINITY }, now);
  }

  #succeeded(now: number): Counted | undefined {
    if (this.#hearsay) this.#hearsay.succeededAt = now;
    this.#usual.succeeded();
    return this.#rate.success(now);
  }

  /** Opossum counts the failure, and either the rate it sees or the run of failures may open the circuit. */
  #callFailed(permit: CallPermit, state: Closed, now: number): void {
    const tally = this.#tally;
    const run = state.run + 1;
    tally.failed(permit.beside, run === 1, this.#settings.window, now);
    if (permit.delivers) this.#usual.brokeAfterAll();
    else this.#usual.failed();
    const exceeded = permit.counted ? this.#rate.broken(permit.counted, now) : this.#rate.failure(now);
    if (exceeded && this.#rateHolds(run, now)) {
      this.#apply({ type: 'rate-exceeded' }, now);
      return;
    }
    if (exceeded) this.#rate.overrule();
    const { failures } = this.#settings;
    this.#countCall(state, 'failure', run < failures ? failures : this.#trip(run, now), now);
  }

  #rateHolds(run: number, now: number): boolean {
    const undecided = this.#tally.undecidedSinceQuiet(now);
    return rateHolds(this.#settings, this.#rate.counts(now), { undecided, usual: this.#usualBefore(run) });
  }

  #trip(run: number, now: number): number {
    const { delivering } = this.#tally;
    const undecided = this.#tally.undecidedInRun(now);
    return runToTrip(this.#settings, { run, delivering, undecided, usual: this.#usualBefore(run) });
  }

  #usualBefore(run: number): number | undefined {
    return this.#usual.before(run, this.#settings.minimumVolume);
  }

  #countCall({ epoch }: Closed, outcome: Outcome, trip: number, now: number): void {
    this.#apply({ type: 'settled', outcome, leave: 'call', id: 0, epoch, runToTrip: trip }, now);
  }

  #probe(now: number): Permit | undefined {
    this.#catchUp(now);
    if (!this.#leaseAllows(now)) return undefined;
    const id = this.#lastId + 1;
    if (!this.#apply({ type: 'probe-taken', id }, now)) return undefined;
    this.#lastId = id;
    if (this.#state.reason === 'probe-due') this.#hearsay?.lease.taken(this.#settings.probeTimeout, now);
    return new TrialPermit(this, 'probe', id, this.#state.epoch);
  }

  /** A probe that is due after a stay open is one for all replicas; who looks because of what another said looks for himself. */
  #leaseAllows(now: number): boolean {
    const state = this.#state;
    if (this.#hearsay === undefined || state.state !== 'half-open' || state.reason !== 'probe-due') return true;
    return state.probe !== undefined || this.#hearsay.lease.allows(now);
  }

  #refusal(now: number): Refusal {
    const state = this.#state;
    let at = retryAt(state);
    if (this.#hearsay !== undefined) {
      const { lease } = this.#hearsay;
      if (state.state === 'open') lease.refusedUntil(at, now);
      else at = Math.max(at, lease.waitsUntil(now));
    }
    return { refused: true, retryAt: at };
  }

  /** Time passes only when somebody looks, so no circuit needs a timer. */
  #catchUp(now: number): void {
    if (this.#state.state === 'closed') return;
    while (this.#apply({ type: 'time-passed' }, now));
  }

  #apply(event: CircuitEvent, now: number): boolean {
    const before = this.#state;
    const after = next(before, event, now, this.#settings, this.#context.random);
    if (after === before) return false;
    this.#state = after;
    if (after.state !== before.state) this.#changed(before, after, now);
    return true;
  }

  #changed(before: CircuitState, after: CircuitState, now: number): void {
    if (after.state === 'open') {
      this.#tally = new CallTally();
      this.#rate.open();
    } else if (after.state === 'closed') {
      this.#rate.close();
    }
    this.#hearsay?.changed(after, this.#settings, now);
    const { reason, since: at } = after;
    const change = { circuit: this.name, from: before.state, to: after.state, reason, at };
    this.#context.onChange(after.state === 'open' ? { ...change, retryAt: after.until } : change);
  }
}

/** Epoch ms of the next probe; in half-open, when the one in flight must have answered, or now if nobody has taken it yet. */
function retryAt(state: CircuitState): number {
  if (state.state === 'open') return state.until;
  if (state.state === 'half-open') return state.probe?.until ?? state.since;
  return state.since;
}
