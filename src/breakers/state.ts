import type { Random } from '../clock.ts';
import type { CircuitSettings, Outcome } from './settings.ts';

/** Why a circuit is in the state it is in. */
export type ChangeReason =
  | 'start'
  | 'consecutive-failures'
  | 'failure-rate'
  | 'probe-due'
  | 'probe-succeeded'
  | 'probe-failed'
  | 'probe-timed-out'
  | 'last-hope-succeeded'
  /** Another replica has opened it, and nothing here says that it works: half-open until one request has looked. */
  | 'remote-opened'
  /** It was so doubted, and a call of ours failed. */
  | 'remote-confirmed'
  /** It was so doubted, and a call of ours went well. */
  | 'remote-refuted'
  /** The probe of another replica has failed: open for as long as there. */
  | 'remote-probe-failed'
  /** Closed at another replica: probed here at once. Of a doubted one: nobody says any more that it is open. */
  | 'remote-closed';

/** What a permit was given for; it decides what its outcome may change. */
export type Leave = 'call' | 'probe' | 'last-hope';

/** One permit out on trial. Its place is free again at `until`, whether or not it has settled. */
export interface Trial {
  readonly id: number;
  /** Epoch ms. */
  readonly until: number;
  /** It has begun to deliver, so running past `until` says nothing bad about it. */
  readonly committed: boolean;
}

interface Common {
  /** Grows with every opening and closing. An outcome counts only in the epoch its permit was given in. */
  readonly epoch: number;
  /** Epoch ms at which this state began. */
  readonly since: number;
  readonly reason: ChangeReason;
}

export interface Closed extends Common {
  readonly state: 'closed';
  /** Failures in a row. */
  readonly run: number;
}

export interface Open extends Common {
  readonly state: 'open';
  /** Epoch ms at which a probe is due. */
  readonly until: number;
  /** Failed probes since the circuit was last closed; sets how long it stays open. */
  readonly attempt: number;
  readonly lastHope: Trial | undefined;
}

export interface HalfOpen extends Common {
  readonly state: 'half-open';
  readonly attempt: number;
  /** The one probe in flight; `undefined` while a probe is owed and nobody has asked. */
  readonly probe: Trial | undefined;
  readonly lastHope: Trial | undefined;
}

/** A union, so that a closed circuit with a probe or an open one without an end cannot be written. */
export type CircuitState = Closed | Open | HalfOpen;

export type CircuitEvent =
  | { readonly type: 'time-passed' }
  | { readonly type: 'probe-taken' | 'last-hope-taken' | 'committed'; readonly id: number }
  /** The failure rate over the rolling window is too high. */
  | { readonly type: 'rate-exceeded' }
  /** Word of other replicas; whether it is believed at all, `target-circuit.ts` has decided. Times are of the clock here. */
  | { readonly type: 'remote-opened' }
  | { readonly type: 'remote-probe-failed'; readonly until: number; readonly attempt: number }
  | { readonly type: 'remote-closed' }
  | {
      readonly type: 'settled';
      readonly outcome: Outcome;
      readonly leave: Leave;
      readonly id: number;
      readonly epoch: number;
      /** Failures in a row that open a closed circuit now; see `run-length.ts`. */
      readonly runToTrip: number;
    };

/** The state every circuit begins in. */
export function initial(now: number): Closed {
  return { state: 'closed', epoch: 0, since: now, reason: 'start', run: 0 };
}

/**
 * Whether it is half-open on the word of another replica alone. No epoch has begun with that: calls under way count, and the
 * first of them, or of the calls let through one by one, that ends either way says whether the word was true.
 */
export function isDoubted(state: CircuitState): boolean {
  return state.state === 'half-open' && state.reason === 'remote-opened';
}

/**
 * The state after `event` at `now` (epoch ms). Pure but for `random`, which is asked only when a circuit opens again. Returns
 * the same object when nothing changes, and takes one step at a time: apply `time-passed` until the state stays the same.
 */
export function next(
  state: CircuitState,
  event: CircuitEvent,
  now: number,
  settings: CircuitSettings,
  random: Random,
): CircuitState {
  switch (event.type) {
    case 'time-passed':
      return afterTime(state, now, settings, random);
    case 'rate-exceeded':
      return state.state === 'closed' ? firstOpening(state, 'failure-rate', now, settings) : state;
    case 'remote-opened':
      if (state.state !== 'closed') return state;
      return { ...waiting(state, now, 'remote-opened'), attempt: 0, lastHope: undefined };
    case 'remote-probe-failed':
      return afterRemoteProbe(state, event, now);
    case 'remote-closed':
      return afterRemoteClose(state, now);
    case 'probe-taken':
      if (state.state !== 'half-open' || state.probe) return state;
      return { ...state, probe: trial(event.id, now, probeLimit(state.attempt, settings)) };
    case 'last-hope-taken':
      if (state.state === 'closed' || state.lastHope) return state;
      return { ...state, lastHope: trial(event.id, now, settings.probeTimeout) };
    case 'committed':
      return afterCommit(state, event.id, now, settings);
    case 'settled':
      // Begun before the circuit last opened or closed: old news, good or bad.
      return event.epoch === state.epoch ? afterOutcome(state, event, now, settings, random) : state;
  }
}

function afterTime(state: CircuitState, now: number, settings: CircuitSettings, random: Random): CircuitState {
  if (state.state === 'closed') return state;
  const longest = Math.max(settings.maxOpenFor, settings.probeTimeout);
  if (state.lastHope && isOver(state.lastHope.until, now, longest)) return { ...state, lastHope: undefined };
  if (state.state === 'open') {
    if (!isOver(state.until, now, longest)) return state;
    return {
      ...waiting(state, Math.min(state.until, now), 'probe-due'),
      attempt: state.attempt,
      lastHope: state.lastHope,
    };
  }
  const { probe } = state;
  if (!probe || !isOver(probe.until, now, longest)) return state;
  // A probe that delivers is not failing, but nor may one long answer keep everybody else out: the next may try as well.
  // Nor does one slow answer condemn a target that is only said to be down.
  if (probe.committed || isDoubted(state)) return { ...state, probe: undefined };
  return reopening(state, 'probe-timed-out', Math.min(probe.until, now), settings, random);
}

/** An end further away than it can have been set means that the wall clock was put back: nobody waits for that hour again. */
function isOver(until: number, now: number, longest: number): boolean {
  return now >= until || until - now > longest;
}

function afterCommit(state: CircuitState, id: number, now: number, settings: CircuitSettings): CircuitState {
  if (state.state === 'closed') return state;
  if (isDoubted(state)) return closing(state, 'remote-refuted', now);
  const delivering = { ...trial(id, now, settings.probeTimeout), committed: true };
  if (state.lastHope?.id === id) return { ...state, lastHope: delivering };
  if (state.state === 'half-open' && state.probe?.id === id) return { ...state, probe: delivering };
  return state;
}

function afterOutcome(
  state: CircuitState,
  event: CircuitEvent & { type: 'settled' },
  now: number,
  settings: CircuitSettings,
  random: Random,
): CircuitState {
  const { outcome, leave, id } = event;
  const failed = outcome === 'failure' || outcome === 'slow';
  if (state.state === 'closed') {
    if (outcome === 'neutral' || (!failed && state.run === 0)) return state;
    const run = failed ? state.run + 1 : 0;
    return run >= event.runToTrip ? firstOpening(state, 'consecutive-failures', now, settings) : { ...state, run };
  }
  if (isDoubted(state) && outcome !== 'neutral') {
    return failed ? firstOpening(state, 'remote-confirmed', now, settings) : closing(state, 'remote-refuted', now);
  }
  if (outcome === 'success') return closing(state, leave === 'probe' ? 'probe-succeeded' : 'last-hope-succeeded', now);
  if (leave === 'last-hope') {
    // It failed while we knew the target to be down: no news, so the stay open neither grows nor starts again.
    return state.lastHope?.id === id ? { ...state, lastHope: undefined } : state;
  }
  if (state.state !== 'half-open') return state;
  if (failed) return reopening(state, 'probe-failed', now, settings, random);
  // Neutral: nothing was learnt, the probe is still owed, and whoever asks next makes it.
  return state.probe?.id === id ? { ...state, probe: undefined } : state;
}

/** Open for as long as the replica whose probe has failed; never for less than it would have been anyway. */
function afterRemoteProbe(
  state: CircuitState,
  { until, attempt }: CircuitEvent & { type: 'remote-probe-failed' },
  now: number,
): CircuitState {
  const prolonged = { until, attempt: state.state === 'closed' ? 0 : Math.max(state.attempt, attempt) };
  if (state.state === 'open') return until > state.until ? { ...state, ...prolonged } : state;
  // Only one whose time was up waits on. Who looks for himself, or is about to, finds out.
  if (state.state !== 'half-open' || state.reason !== 'probe-due' || state.probe || until <= now) return state;
  const { epoch, lastHope } = state;
  return { state: 'open', epoch, since: now, reason: 'remote-probe-failed', ...prolonged, lastHope };
}

/** Nobody closes blindly: who had seen it fail looks again, but at once. */
function afterRemoteClose(state: CircuitState, now: number): CircuitState {
  if (state.state === 'closed') return state;
  if (isDoubted(state)) return { state: 'closed', epoch: state.epoch, since: now, reason: 'remote-closed', run: 0 };
  if (state.state === 'half-open' && state.probe) return state;
  return { ...waiting(state, now, 'remote-closed'), attempt: state.attempt, lastHope: state.lastHope };
}

/** Half-open, with the probe still to be made. */
function waiting({ epoch }: Common, since: number, reason: ChangeReason): Omit<HalfOpen, 'attempt' | 'lastHope'> {
  return { state: 'half-open', epoch, since, reason, probe: undefined };
}

function closing(state: Common, reason: ChangeReason, now: number): Closed {
  return { state: 'closed', epoch: state.epoch + 1, since: now, reason, run: 0 };
}

function firstOpening(state: Common, reason: ChangeReason, now: number, settings: CircuitSettings): Open {
  const until = now + Math.min(settings.openFor, settings.maxOpenFor);
  return { state: 'open', epoch: state.epoch + 1, since: now, reason, until, attempt: 0, lastHope: undefined };
}

/** Twice as long with every failed probe, less up to a quarter, so that replicas which opened together do not probe together. */
function reopening(state: HalfOpen, reason: ChangeReason, at: number, settings: CircuitSettings, random: Random): Open {
  const attempt = state.attempt + 1;
  const whole = Math.min(settings.maxOpenFor, settings.openFor * 2 ** attempt);
  const until = at + Math.ceil(whole * (1 - random() / 4));
  return { state: 'open', epoch: state.epoch + 1, since: at, reason, until, attempt, lastHope: undefined };
}

/**
 * How long a probe may take to its first token: twice as long with every failed one, up to the longest stay open. A target that
 * is merely slow (a long answer that is not streamed) would otherwise never be let back, as each probe would run out.
 */
function probeLimit(attempt: number, { probeTimeout, maxOpenFor }: CircuitSettings): number {
  return Math.max(probeTimeout, Math.min(maxOpenFor, probeTimeout * 2 ** attempt));
}

function trial(id: number, now: number, limit: number): Trial {
  return { id, until: now + limit, committed: false };
}
