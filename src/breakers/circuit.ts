import type { CircuitSettings, Outcome } from './settings.ts';
import type { ChangeReason, CircuitState } from './state.ts';

export type { CircuitSettings, Outcome };

/** Leave to make one try. Whoever holds it settles it, whatever happens. */
export interface Permit {
  /** The circuit is not closed and this try decides whether it will be. */
  readonly probe: boolean;
  /** Settles once; later calls are ignored. */
  settle(outcome: Outcome): void;
  /**
   * The target has begun to deliver (the first token has come from upstream, whether or not the client has seen it): a probe's
   * own time limit no longer applies, stall detection has taken over. For an ordinary call it is evidence of health, taken back
   * should the call break later.
   */
  committed(): void;
}

export interface Refusal {
  readonly refused: true;
  /** Epoch ms of the next probe: the earliest time at which asking again makes sense. */
  readonly retryAt: number;
}

/** Whether one (provider, model) may be asked now. */
export interface Circuit {
  /** `provider/model`. */
  readonly name: string;
  acquire(): Permit | Refusal;
  /**
   * For a request that has no other target left: a try although the circuit is open. At most one such permit is in flight a
   * circuit, and its success closes the circuit.
   */
  acquireLastHope(): Permit | Refusal;
  /** Whether {@link acquire} would give a permit now. Takes none. */
  admits(): boolean;
  snapshot(): CircuitSnapshot;
}

/** One circuit as metrics and the admin page show it. Times are epoch ms. */
export interface CircuitSnapshot {
  readonly name: string;
  readonly state: CircuitState['state'];
  readonly since: number;
  /** What brought it into this state. */
  readonly reason: ChangeReason;
  /** When the next probe is due; absent while closed. */
  readonly retryAt?: number;
  /** A probe or a last hope is in flight. */
  readonly probing: boolean;
  /** Failures in a row while closed. */
  readonly run: number;
  /** Failed probes since it was last closed. */
  readonly attempt: number;
  /** Calls completed within the rolling window. */
  readonly completed: number;
  readonly failures: number;
}

/** One change of state, for the log, the metrics and the span of the request that caused it. */
export interface CircuitChange {
  readonly circuit: string;
  readonly from: CircuitState['state'];
  readonly to: CircuitState['state'];
  readonly reason: ChangeReason;
  /** Epoch ms; may lie in the past where nobody asked in between. */
  readonly at: number;
  /** Epoch ms of the next probe, where the circuit has opened. */
  readonly retryAt?: number;
}
