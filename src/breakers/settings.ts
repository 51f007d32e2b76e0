/**
 * How a call ended, as far as the target's health is concerned. `slow` (a timer of ours ran out) trips like `failure`; `neutral`
 * (a 400, a client that left, a full concurrency limit) says nothing about the target either way.
 */
export type Outcome = 'success' | 'failure' | 'slow' | 'neutral';

/** When one circuit opens and for how long. Times are milliseconds. */
export interface CircuitSettings {
  /** Failures in a row that open it. */
  readonly failures: number;
  /** Share (0..1) of completed calls in the window that must be *exceeded* by failures to open it; 1 switches this off. */
  readonly rate: number;
  /** Completed calls the window must hold before `rate` is looked at. */
  readonly minimumVolume: number;
  /** Length of the rolling window behind `rate`. */
  readonly window: number;
  /** First stay open; doubles (with jitter) with each failed probe. */
  readonly openFor: number;
  /** Longest stay open. */
  readonly maxOpenFor: number;
  /** A probe that has not begun to deliver by then counts as failed. */
  readonly probeTimeout: number;
}

/** Five failures tell a fault from a hiccup; a minute is how long most provider incidents need at least. */
export const DEFAULT_CIRCUIT_SETTINGS: CircuitSettings = Object.freeze({
  failures: 5,
  rate: 0.5,
  minimumVolume: 20,
  window: 30_000,
  openFor: 60_000,
  maxOpenFor: 600_000,
  probeTimeout: 30_000,
});
