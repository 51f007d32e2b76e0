import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { Circuits } from '../../src/breakers/circuits.ts';
import { DEFAULT_CIRCUIT_SETTINGS } from '../../src/breakers/settings.ts';
import { admitted, refused, times } from './circuit-rig.ts';
import { FakeClock } from './fake-clock.ts';

const SETTINGS = DEFAULT_CIRCUIT_SETTINGS;
const clock = new FakeClock();
let circuits: Circuits;

function fresh(): Circuits {
  circuits = new Circuits({ clock, random: () => 0, onChange: () => {} });
  return circuits;
}

function fail(name: string, count: number, settings = SETTINGS): void {
  for (const _ of times(count, 0)) admitted(circuits.get(name, settings).acquire()).settle('failure');
}

function stateOf(name: string): string | undefined {
  return circuits.snapshots().find((snapshot) => snapshot.name === name)?.state;
}

describe('circuits', () => {
  afterEach(() => circuits.close());

  it('are one a target: another model of the same provider is not concerned', () => {
    fresh();
    fail('openai/gpt-4o', 5);
    refused(circuits.get('openai/gpt-4o', SETTINGS).acquire());
    admitted(circuits.get('openai/gpt-4o-mini', SETTINGS).acquire());
    assert.equal(circuits.get('openai/gpt-4o', SETTINGS), circuits.get('openai/gpt-4o', { ...SETTINGS }));
  });

  it('keep their state over a reload, and forget targets that are gone', () => {
    fresh();
    fail('openai/gpt-4o', 5);
    fail('local/llama', 5);
    circuits.retain(new Set(['openai/gpt-4o']));
    assert.equal(stateOf('openai/gpt-4o'), 'open');
    assert.equal(stateOf('local/llama'), undefined);
    admitted(circuits.get('local/llama', SETTINGS).acquire());
  });

  it('take new settings at a reload, and not before', () => {
    fresh();
    fail('a/b', 2);
    const strict = { ...SETTINGS, failures: 3 };
    fail('a/b', 1, strict);
    assert.equal(stateOf('a/b'), 'closed', 'another model with other settings changes nothing');
    circuits.retain(new Set(['a/b']));
    circuits.get('a/b', SETTINGS);
    fail('a/b', 1, strict);
    assert.equal(stateOf('a/b'), 'open');
  });

  it('keep an open circuit open under new settings', () => {
    fresh();
    fail('a/b', 5);
    circuits.retain(new Set(['a/b']));
    refused(circuits.get('a/b', { ...SETTINGS, rate: 0.9 }).acquire());
    clock.advance(60_000);
    admitted(circuits.get('a/b', SETTINGS).acquire()).settle('success');
    assert.equal(stateOf('a/b'), 'closed');
  });

  it('are bounded: of a thousand the one that knows least makes room', () => {
    fresh();
    fail('openai/down', 5);
    admitted(circuits.get('openai/used', SETTINGS).acquire()).settle('success');
    for (let i = 0; i < 5_000; i++) circuits.get(`openai/made-up-${i}`, SETTINGS);
    assert.equal(circuits.snapshots().length, 1_000);
    assert.equal(stateOf('openai/down'), 'open');
    assert.equal(stateOf('openai/used'), 'closed');
    assert.equal(stateOf('openai/made-up-0'), undefined);
    assert.equal(stateOf('openai/made-up-4998'), 'closed');
  });

  it('go on working for whoever still holds one that was forgotten', () => {
    fresh();
    const held = circuits.get('a/b', SETTINGS);
    const permit = admitted(held.acquire());
    circuits.close();
    permit.settle('success');
    for (const _ of times(5, 0)) admitted(held.acquire()).settle('failure');
    refused(held.acquire());
    clock.advance(60_000);
    admitted(held.acquire()).settle('success');
    assert.equal(held.snapshot().state, 'closed');
  });

  it('need no timer of the clock, and leave none of opossum to keep the process alive', () => {
    fresh();
    fail('a/b', 5);
    assert.equal(clock.pending, 0);
    assert.deepEqual(
      process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout'),
      [],
    );
  });

  it('show what they are doing', () => {
    fresh();
    const start = clock.now();
    for (const outcome of ['success', 'failure', 'neutral', 'failure'] as const) {
      admitted(circuits.get('a/b', SETTINGS).acquire()).settle(outcome);
    }
    assert.deepEqual(circuits.snapshots(), [
      {
        name: 'a/b',
        state: 'closed',
        since: start,
        reason: 'start',
        completed: 3,
        failures: 2,
        probing: false,
        run: 2,
        attempt: 0,
      },
    ]);
    fail('a/b', 3);
    admitted(circuits.get('a/b', SETTINGS).acquireLastHope());
    assert.partialDeepStrictEqual(circuits.snapshots()[0], {
      state: 'open',
      reason: 'consecutive-failures',
      probing: true,
      retryAt: start + 60_000,
    });
  });
});
