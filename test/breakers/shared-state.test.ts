import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DEFAULT_CIRCUIT_SETTINGS } from '../../src/breakers/settings.ts';
import { type CircuitEvent, type CircuitState, initial, isDoubted, next } from '../../src/breakers/state.ts';

const NOW = 1_000_000;
const trial = { id: 7, until: NOW + 30_000, committed: false };
const common = { epoch: 3, since: NOW - 5_000 };
const closed: CircuitState = { ...initial(NOW), epoch: 3, run: 2 };
const open: CircuitState = {
  ...common,
  state: 'open',
  reason: 'failure-rate',
  until: NOW + 60_000,
  attempt: 2,
  lastHope: trial,
};
const due: CircuitState = {
  ...common,
  state: 'half-open',
  reason: 'probe-due',
  attempt: 2,
  probe: undefined,
  lastHope: trial,
};
const probing: CircuitState = { ...due, probe: trial };
const doubted: CircuitState = { ...due, reason: 'remote-opened', attempt: 0, lastHope: undefined };
const looking: CircuitState = { ...doubted, probe: trial };
const closedElsewhere: CircuitState = { ...due, reason: 'remote-closed' };

const remoteOpened: CircuitEvent = { type: 'remote-opened' };
const remoteClosed: CircuitEvent = { type: 'remote-closed' };
function probeFailed(ms: number, attempt = 1): CircuitEvent {
  return { type: 'remote-probe-failed', until: NOW + ms, attempt };
}

function step(state: CircuitState, event: CircuitEvent, now = NOW): CircuitState {
  return next(state, event, now, DEFAULT_CIRCUIT_SETTINGS, () => 0);
}

describe('the word of another replica', () => {
  const unchanged: [string, CircuitState, CircuitEvent][] = [
    ['opened: where it is open', open, remoteOpened],
    ['opened: where a probe is due', due, remoteOpened],
    ['opened: where it is doubted already', looking, remoteOpened],
    ['probe failed: where it is closed', closed, probeFailed(90_000)],
    ['probe failed: for less than it stays open anyway', open, probeFailed(59_999)],
    ['probe failed: where one is under way here', probing, probeFailed(90_000)],
    ['probe failed: where it is doubted', doubted, probeFailed(90_000)],
    ['probe failed: where it is to be probed as it was closed elsewhere', closedElsewhere, probeFailed(90_000)],
    ['probe failed: for a time that is over', due, probeFailed(0)],
    ['closed: where it is closed', closed, remoteClosed],
    ['closed: where a probe is under way', probing, remoteClosed],
  ];
  for (const [name, state, event] of unchanged) {
    it(`changes nothing: ${name}`, () => assert.equal(step(state, event), state));
  }

  const changed: [string, CircuitState, CircuitEvent, Partial<CircuitState>][] = [
    ['opened: a closed one is doubted, in the same epoch', closed, remoteOpened, { ...doubted, since: NOW }],
    ['probe failed: it stays open longer', open, probeFailed(90_000, 4), { ...open, until: NOW + 90_000, attempt: 4 }],
    ['probe failed: no fewer failed probes for that', open, probeFailed(90_000, 1), { ...open, until: NOW + 90_000 }],
    [
      'probe failed: one that is due waits on, last hope and epoch untouched',
      due,
      probeFailed(90_000, 3),
      { ...open, since: NOW, reason: 'remote-probe-failed', until: NOW + 90_000, attempt: 3 },
    ],
    ['closed: an open one is to be probed', open, remoteClosed, { ...closedElsewhere, since: NOW }],
    ['closed: so is one that is due', due, remoteClosed, { ...closedElsewhere, since: NOW }],
    [
      'closed: a doubted one is closed, even with a look under way',
      looking,
      remoteClosed,
      { ...closed, since: NOW, reason: 'remote-closed', run: 0 },
    ],
  ];
  for (const [name, state, event, after] of changed) {
    it(name, () => assert.deepEqual(step(state, event), after));
  }

  it('is only ever a doubt where nothing else was known', () => {
    assert.deepEqual([closed, open, due, closedElsewhere, doubted].map(isDoubted), [false, false, false, false, true]);
  });

  it('makes room for another look when one takes long, and counts that for nothing', () => {
    assert.deepEqual(step(looking, { type: 'time-passed' }, NOW + 30_000), doubted);
  });
});
