import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DEFAULT_CIRCUIT_SETTINGS } from '../../src/breakers/settings.ts';
import { type CircuitEvent, type CircuitState, initial, type Leave, next } from '../../src/breakers/state.ts';

const NOW = 1_000_000;
const closed: CircuitState = { ...initial(NOW), epoch: 2 };
const trial = { id: 7, until: NOW + 30_000, committed: false };
const open: CircuitState = {
  state: 'open',
  epoch: 3,
  since: NOW,
  reason: 'failure-rate',
  until: NOW + 60_000,
  attempt: 0,
  lastHope: undefined,
};
const halfOpen: CircuitState = {
  state: 'half-open',
  epoch: 3,
  since: NOW,
  reason: 'probe-due',
  attempt: 0,
  probe: trial,
  lastHope: undefined,
};

function settled(
  outcome: 'success' | 'failure' | 'slow' | 'neutral',
  leave: Leave,
  epoch: number,
  id = 7,
): CircuitEvent {
  return { type: 'settled', outcome, leave, id, epoch, runToTrip: 5 };
}

/** Nothing here depends on chance but the length of a stay after a failed probe. */
function step(state: CircuitState, event: CircuitEvent, now = NOW): CircuitState {
  return next(state, event, now, DEFAULT_CIRCUIT_SETTINGS, () => 0);
}

const unchanged: [string, CircuitState, CircuitEvent][] = [
  ['closed, time passes', closed, { type: 'time-passed' }],
  ['closed, a success without failures before', closed, settled('success', 'call', 2)],
  ['closed, a neutral outcome', closed, settled('neutral', 'call', 2)],
  ['closed, a neutral outcome in a run of failures', { ...closed, run: 4 }, settled('neutral', 'call', 2)],
  ['closed, a failure begun before the last opening', closed, settled('failure', 'call', 0)],
  ['closed, a probe of the last stay open', closed, settled('failure', 'probe', 1)],
  ['closed, a probe taken', closed, { type: 'probe-taken', id: 8 }],
  ['closed, a last hope taken', closed, { type: 'last-hope-taken', id: 8 }],
  ['closed, a probe commits late', closed, { type: 'committed', id: 7 }],
  ['open, too early for a probe', open, { type: 'time-passed' }],
  ['open, a probe taken', open, { type: 'probe-taken', id: 8 }],
  ['open, a success begun before', open, settled('success', 'call', 2)],
  ['open, the rate exceeded', open, { type: 'rate-exceeded' }],
  ['open, an unknown permit commits', open, { type: 'committed', id: 99 }],
  ['half-open, a second probe taken', halfOpen, { type: 'probe-taken', id: 8 }],
  ['half-open, the probe within its time', halfOpen, { type: 'time-passed' }],
  ['half-open, a success begun before', halfOpen, settled('success', 'call', 2)],
  ['half-open, a probe of the stay before', halfOpen, settled('success', 'probe', 2)],
  ['half-open, a neutral outcome of an earlier probe', halfOpen, settled('neutral', 'probe', 3, 6)],
];

describe('nothing changes', () => {
  for (const [name, state, event] of unchanged) {
    it(name, () => assert.equal(step(state, event), state));
  }
});

const changed: [string, CircuitState, CircuitEvent, number, Partial<CircuitState> & Record<string, unknown>][] = [
  ['closed counts failures in a row', closed, settled('failure', 'call', 2), 0, { state: 'closed', run: 1, epoch: 2 }],
  ['closed counts slow calls too', closed, settled('slow', 'call', 2), 0, { state: 'closed', run: 1 }],
  ['a success ends the run', { ...closed, run: 4 }, settled('success', 'call', 2), 0, { state: 'closed', run: 0 }],
  [
    'the fifth opens',
    { ...closed, run: 4 },
    settled('failure', 'call', 2),
    5,
    { state: 'open', epoch: 3, until: NOW + 60_005, attempt: 0, reason: 'consecutive-failures' },
  ],
  ['the rate opens', closed, { type: 'rate-exceeded' }, 0, { state: 'open', epoch: 3, reason: 'failure-rate' }],
  [
    'open for long enough',
    open,
    { type: 'time-passed' },
    61_000,
    { state: 'half-open', epoch: 3, since: NOW + 60_000, probe: undefined },
  ],
  [
    'a last hope is noted',
    open,
    { type: 'last-hope-taken', id: 8 },
    1,
    { state: 'open', lastHope: { id: 8, until: NOW + 30_001, committed: false } },
  ],
  [
    'a last hope that succeeds closes',
    { ...open, lastHope: trial },
    settled('success', 'last-hope', 3),
    1,
    { state: 'closed', epoch: 4, reason: 'last-hope-succeeded' },
  ],
  [
    'a last hope that fails is forgotten',
    { ...open, lastHope: trial },
    settled('failure', 'last-hope', 3),
    1,
    { state: 'open', epoch: 3, until: NOW + 60_000, lastHope: undefined },
  ],
  [
    'a last hope runs out',
    { ...open, lastHope: trial },
    { type: 'time-passed' },
    30_000,
    { state: 'open', lastHope: undefined },
  ],
  [
    'the probe is noted',
    { ...halfOpen, probe: undefined },
    { type: 'probe-taken', id: 8 },
    1,
    { probe: { id: 8, until: NOW + 30_001, committed: false } },
  ],
  [
    'the probe succeeds',
    halfOpen,
    settled('success', 'probe', 3),
    1,
    { state: 'closed', epoch: 4, run: 0, reason: 'probe-succeeded' },
  ],
  [
    'the probe fails',
    halfOpen,
    settled('failure', 'probe', 3),
    1,
    { state: 'open', epoch: 4, attempt: 1, until: NOW + 120_001, reason: 'probe-failed' },
  ],
  [
    'the probe is neutral',
    halfOpen,
    settled('neutral', 'probe', 3),
    1,
    { state: 'half-open', epoch: 3, probe: undefined },
  ],
  [
    'the probe runs out',
    halfOpen,
    { type: 'time-passed' },
    45_000,
    { state: 'open', epoch: 4, attempt: 1, since: NOW + 30_000, until: NOW + 150_000, reason: 'probe-timed-out' },
  ],
  [
    'the probe begins to deliver',
    halfOpen,
    { type: 'committed', id: 7 },
    20_000,
    { probe: { id: 7, until: NOW + 50_000, committed: true } },
  ],
  [
    'a delivering probe makes room',
    { ...halfOpen, probe: { ...trial, committed: true } },
    { type: 'time-passed' },
    30_000,
    { state: 'half-open', epoch: 3, probe: undefined },
  ],
];

describe('the next state', () => {
  for (const [name, state, event, after, expected] of changed) {
    it(name, () => {
      const before = structuredClone(state);
      assert.partialDeepStrictEqual(step(state, event, NOW + after), expected);
      assert.deepEqual(state, before, 'the state before is not written to');
    });
  }
});
