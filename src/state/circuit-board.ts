/**
 * The port through which replicas tell each other of their circuits: who has opened or closed one, and who probes. Everything
 * on it is a hint that runs out by itself, and nothing on it is needed: a replica that cannot reach the board judges alone. All
 * times are durations, so no replica's clock has to agree with another's.
 *
 * Never asked on a request's way. Any method may fail with {@link StateUnavailable} or anything else; the caller bounds the wait.
 */
export interface CircuitBoard {
  /** This replica has opened a circuit by what it saw itself. A longer stay told by another replica is not shortened. */
  publishOpen(opening: CircuitOpening): Promise<void>;
  /** This replica has closed a circuit; it takes every word of its being open off the board. */
  publishClosed(circuit: string): Promise<void>;
  /**
   * Asks to be the one replica that probes a circuit for `ms`. The holder may ask again, which sets what is left anew; 0 gives
   * it back. A holder that died loses it when the time is over.
   */
  tryProbeLease(circuit: string, ms: number): Promise<LeaseReply>;
  /** What the other replicas have told; not what this one has. Asked about once a second. */
  read(): Promise<CircuitNews>;
}

export interface CircuitOpening {
  /** `provider/model`. */
  readonly circuit: string;
  /** How long it is still to stay open, ms. */
  readonly ms: number;
  /** Probes that have failed since it was last closed; 0: it has only just opened. */
  readonly attempt: number;
}

export type LeaseReply =
  | { readonly kind: 'granted' }
  /** Another replica has it, for so many ms still. */
  | { readonly kind: 'held'; readonly ms: number };

/** What stands on the board now. */
export interface CircuitNews {
  readonly open: readonly CircuitOpening[];
  /** Closed within the last {@link CLOSED_KEPT_MS}. `stamp` tells one closing of a circuit from the next. */
  readonly closed: readonly { readonly circuit: string; readonly stamp: string }[];
  /** Probe leases of other replicas, ms left. */
  readonly probing: readonly { readonly circuit: string; readonly ms: number }[];
}

/** How long a closing can be read: a replica that misses ten readings probes when its own time is over. */
export const CLOSED_KEPT_MS = 10_000;
/** Circuits on the board. Clients name models without end, and the ones beyond are simply not shared. */
export const CIRCUITS_SHARED = 1000;
/** Bytes of a circuit's name; longer ones are not shared. */
export const LONGEST_SHARED_NAME = 200;
