import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { probeEveryMs, RedisCircuit } from '../../src/state/redis/circuit.ts';
import { FakeClock } from '../breakers/fake-clock.ts';

/** A circuit whose probes are answered when a test says so. */
function rig() {
  const clock = new FakeClock();
  const told: string[] = [];
  const probes: { readonly answer: () => void; readonly fail: () => void }[] = [];
  const circuit = new RedisCircuit(
    clock,
    () =>
      new Promise((resolve, reject) => {
        probes.push({ answer: () => resolve('OK'), fail: () => reject(new Error('refused')) });
      }),
    { onOpen: (reason) => told.push(`open: ${reason}`), onClose: (downMs) => told.push(`closed after ${downMs} ms`) },
  );
  /** A command that was sent 50 ms ago and has not been answered. */
  const silence = () => {
    const sentAt = clock.now();
    clock.advance(50);
    circuit.silent(sentAt, 'no answer');
  };
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  return { circuit, clock, told, probes, silence, turn };
}

describe('the circuit before Redis', () => {
  it('opens with the first command during which Redis said nothing at all', () => {
    const { circuit, silence, told, probes } = rig();
    silence();
    assert.equal(circuit.open, true);
    assert.deepEqual(told, ['open: no answer']);
    assert.equal(probes.length, 1);
  });

  it('stays closed where one command is slow and others are answered, until three in a row are', () => {
    const { circuit, clock } = rig();
    const slow = (answeredMeanwhile: boolean) => {
      const sentAt = clock.now();
      clock.advance(25);
      if (answeredMeanwhile) circuit.answered();
      clock.advance(25);
      circuit.silent(sentAt, 'slow');
      return circuit.open;
    };
    assert.deepEqual([slow(true), slow(true), slow(true), slow(true)], [false, false, false, false]);
    const sentAt = clock.now();
    clock.advance(25);
    circuit.answered();
    clock.advance(25);
    for (let n = 0; n < 3; n++) circuit.silent(sentAt, 'slow');
    assert.equal(circuit.open, true);
  });

  it('opens at once without a connection, and at the third error in a row of Redis’s own', () => {
    const refused = rig();
    refused.circuit.refused('ECONNREFUSED');
    assert.equal(refused.circuit.open, true);
    const { circuit } = rig();
    circuit.failed('LOADING');
    circuit.failed('LOADING');
    circuit.answered();
    circuit.failed('LOADING');
    circuit.failed('LOADING');
    assert.equal(circuit.open, false);
    circuit.failed('LOADING');
    assert.equal(circuit.open, true);
  });

  it('probes twice a second until a probe is answered, and by nothing else is it closed', async () => {
    const { circuit, clock, probes, silence, told, turn } = rig();
    silence();
    probes[0]?.fail();
    circuit.answered();
    await turn();
    assert.equal(circuit.open, true);
    for (let n = 0; n < 4; n++) clock.advance(probeEveryMs);
    assert.equal(probes.length, 5);
    probes[4]?.answer();
    await turn();
    assert.equal(circuit.open, false);
    assert.deepEqual(told, ['open: no answer', `closed after ${4 * probeEveryMs} ms`]);
    clock.advance(10 * probeEveryMs);
    assert.equal(probes.length, 5);
    assert.equal(clock.pending, 0);
  });

  it('takes the late answer of a probe it had given up', async () => {
    const { circuit, clock, probes, silence, turn } = rig();
    silence();
    clock.advance(3 * probeEveryMs);
    probes[0]?.answer();
    await turn();
    assert.equal(circuit.open, false);
  });

  it('tells of one outage once', async () => {
    const { circuit, probes, silence, told, turn } = rig();
    silence();
    circuit.refused('again');
    silence();
    probes[0]?.answer();
    await turn();
    assert.equal(told.length, 2);
  });

  it('ends without a timer left', () => {
    const { circuit, clock, silence } = rig();
    silence();
    circuit.end();
    assert.equal(clock.pending, 0);
  });
});
