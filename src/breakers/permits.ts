import type { CallTally } from './call-tally.ts';
import type { Permit } from './circuit.ts';
import type { Counted } from './rate-breaker.ts';
import type { Outcome } from './settings.ts';

/** Where an ordinary call reports. */
export interface CallListener {
  callDelivers(permit: CallPermit): void;
  callEnded(permit: CallPermit, outcome: Outcome): void;
}

/** Leave for an ordinary call of a closed circuit. */
export class CallPermit implements Permit {
  readonly tally: CallTally;
  /** Calls in flight when this one began. */
  readonly beside: number;
  /** It has begun to deliver, and counts as a success until it breaks. */
  delivers = false;
  /** Where opossum has counted it as one. */
  counted: Counted | undefined;
  /** The run of failures in which it began to deliver. */
  deliveringInRun = 0;
  readonly #listener: CallListener;
  #settled = false;

  constructor(listener: CallListener, tally: CallTally) {
    this.#listener = listener;
    this.tally = tally;
    this.beside = tally.inFlight++;
  }

  get probe(): false {
    return false;
  }

  settle(outcome: Outcome): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#listener.callEnded(this, outcome);
  }

  committed(): void {
    if (this.#settled || this.delivers) return;
    this.delivers = true;
    this.#listener.callDelivers(this);
  }
}

/** Where a trial reports. */
export interface TrialListener {
  trialDelivers(permit: TrialPermit): void;
  trialEnded(permit: TrialPermit, outcome: Outcome): void;
}

/** Leave for a call of a circuit that is not closed: the probe, or a last hope. */
export class TrialPermit implements Permit {
  readonly leave: 'probe' | 'last-hope';
  readonly id: number;
  readonly epoch: number;
  readonly #listener: TrialListener;
  #settled = false;

  constructor(listener: TrialListener, leave: 'probe' | 'last-hope', id: number, epoch: number) {
    this.#listener = listener;
    this.leave = leave;
    this.id = id;
    this.epoch = epoch;
  }

  get probe(): true {
    return true;
  }

  settle(outcome: Outcome): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#listener.trialEnded(this, outcome);
  }

  committed(): void {
    if (!this.#settled) this.#listener.trialDelivers(this);
  }
}
