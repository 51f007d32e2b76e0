import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CircuitRig, times } from './circuit-rig.ts';

describe('a circuit opens', () => {
  it('at five failures in a row, and refuses until a minute has passed', () => {
    const rig = new CircuitRig();
    rig.calls(...times(4, 'failure' as const));
    assert.equal(rig.state, 'closed');
    rig.calls('failure');
    assert.equal(rig.state, 'open');
    assert.equal(rig.refusal().retryAt, rig.clock.now() + 60_000);
    rig.clock.advance(59_999);
    rig.refusal();
    rig.clock.advance(1);
    assert.equal(rig.permit().probe, true);
  });

  it('on timeouts as on failures', () => {
    const rig = new CircuitRig();
    rig.calls('slow', 'failure', 'slow', 'failure', 'slow');
    assert.equal(rig.state, 'open');
  });

  it('not when a success comes in between', () => {
    const rig = new CircuitRig();
    rig.calls(...times(4, 'failure' as const), 'success', ...times(4, 'failure' as const));
    assert.equal(rig.state, 'closed');
    rig.calls('failure');
    assert.equal(rig.state, 'open');
  });

  it('within ten failures in a row, however badly the target did before', () => {
    const rig = new CircuitRig({ rate: 1 });
    for (let i = 0; i < 60; i++) rig.calls('success', 'failure', 'failure');
    rig.calls('success', ...times(9, 'failure' as const));
    assert.equal(rig.state, 'closed');
    rig.calls('failure');
    assert.equal(rig.state, 'open');
  });

  it('at five again once the target has been well for a thousand calls', () => {
    const rig = new CircuitRig({ rate: 1 });
    for (let i = 0; i < 60; i++) rig.calls('success', 'failure', 'failure');
    rig.calls(...times(1_000, 'success' as const), ...times(5, 'failure' as const));
    assert.equal(rig.state, 'open');
  });

  it('not on the quick failures of calls begun together, while the others are undecided', () => {
    const rig = new CircuitRig();
    const burst = Array.from({ length: 16 }, () => rig.permit());
    for (const permit of burst.splice(0, 7)) permit.settle('failure');
    assert.equal(rig.state, 'closed');
    for (const permit of burst.splice(0, 1)) permit.settle('success');
    for (const permit of burst) permit.settle('success');
    assert.equal(rig.state, 'closed');
  });

  it('on calls begun together when most of them have failed', () => {
    const rig = new CircuitRig();
    const burst = Array.from({ length: 16 }, () => rig.permit());
    for (const permit of burst) permit.settle('failure');
    assert.equal(rig.state, 'open');
  });

  it('on the calls that fail, when those beside them have said nothing for five seconds', () => {
    const rig = new CircuitRig();
    const burst = Array.from({ length: 16 }, () => rig.permit());
    for (const permit of burst.splice(0, 5)) permit.settle('failure');
    rig.clock.advance(5_001);
    assert.equal(rig.state, 'closed');
    rig.calls('failure');
    assert.equal(rig.state, 'open');
  });

  it('not on them either when the last to begin is the first to fail', () => {
    const run = new CircuitRig();
    const burst = Array.from({ length: 16 }, () => run.permit());
    for (const permit of [...burst.splice(15), ...burst.splice(0, 6)]) permit.settle('failure');
    assert.equal(run.state, 'closed');
    const rate = new CircuitRig({ failures: 100, minimumVolume: 8 });
    const calls = Array.from({ length: 16 }, () => rate.permit());
    for (const permit of [...calls.splice(15), ...calls.splice(0, 7)]) permit.settle('failure');
    assert.equal(rate.state, 'closed');
    calls.pop()?.settle('failure');
    assert.equal(rate.state, 'open', 'nine of sixteen are more than half, whatever the others become');
  });

  it('not while as many calls have begun to deliver since the failures began as have failed', () => {
    const rig = new CircuitRig({ rate: 1 });
    rig.calls('failure');
    const streams = Array.from({ length: 12 }, () => rig.permit());
    for (const stream of streams) stream.committed();
    rig.clock.advance(6_000);
    rig.calls(...times(9, 'failure' as const));
    streams.pop()?.settle('failure');
    assert.equal(rig.state, 'closed', 'eleven failed, eleven deliver');
    streams.pop()?.settle('failure');
    assert.equal(rig.state, 'open', 'twelve failed, ten deliver');
  });
});

describe('rule 4: the rate', () => {
  it('is over completed calls: ten streams in flight do not dilute 8 of 8 failures', () => {
    const rig = new CircuitRig({ failures: 100, minimumVolume: 8 });
    const streams = Array.from({ length: 10 }, () => rig.permit());
    rig.calls(...times(7, 'failure' as const));
    assert.equal(rig.state, 'closed');
    rig.calls('failure');
    assert.equal(rig.state, 'open');
    assert.equal(rig.changes[0]?.reason, 'failure-rate');
    for (const stream of streams) stream.settle('success');
    assert.equal(rig.state, 'open');
  });

  it('counts a call when it ends, so calls longer than the window trip it', () => {
    const rig = new CircuitRig({ failures: 100 });
    const long = Array.from({ length: 20 }, () => rig.permit());
    rig.clock.advance(300_000);
    for (const permit of long) permit.settle('slow');
    assert.equal(rig.state, 'open');
  });

  it('does not open below the minimum volume, nor at half, but above half', () => {
    const rig = new CircuitRig({ failures: 100 });
    rig.calls(...times(19, 'failure' as const));
    assert.equal(rig.state, 'closed', 'nineteen calls are too few');
    const even = new CircuitRig({ failures: 100 });
    for (let i = 0; i < 50; i++) even.calls('success', 'failure');
    assert.equal(even.state, 'closed', 'half is not more than half');
    const worse = new CircuitRig({ failures: 100 });
    for (let i = 0; i < 9; i++) worse.calls('success', 'failure');
    worse.calls('failure');
    assert.equal(worse.state, 'closed');
    worse.calls('failure');
    assert.equal(worse.state, 'open', 'eleven of twenty are more than half');
  });

  it('forgets what is older than the window', () => {
    const rig = new CircuitRig({ failures: 100 });
    rig.calls(...times(19, 'failure' as const));
    rig.clock.advance(30_000);
    rig.calls('failure');
    assert.equal(rig.state, 'closed');
    assert.equal(rig.circuit.snapshot().failures, 1);
  });

  it('opens on what is more than chance for a target that fails now and then', () => {
    const rig = new CircuitRig({ failures: 100 });
    for (let i = 0; i < 140; i++)
      rig.calls('success', 'failure', 'success', 'success', 'success', 'failure', 'success');
    rig.clock.advance(31_000);
    for (let i = 0; i < 8; i++) rig.calls('success', 'failure');
    rig.calls(...times(4, 'failure' as const));
    assert.equal(rig.state, 'closed', 'twelve of twenty is a bad spell for a target that fails in two of seven');
    for (let i = 0; i < 6 && rig.state === 'closed'; i++) rig.calls('failure');
    assert.equal(rig.state, 'open');
    assert.equal(rig.changes[0]?.reason, 'failure-rate');
  });

  it('starts from nothing when the circuit closes again', () => {
    const rig = new CircuitRig({ openFor: 1_000 });
    rig.calls(...times(17, 'success' as const));
    rig.halfOpen();
    rig.permit().settle('success');
    rig.calls(...times(4, 'failure' as const));
    assert.equal(rig.state, 'closed', 'the failures from before the opening are gone');
    assert.equal(rig.circuit.snapshot().completed, 4);
  });

  it('does not freeze the window when the wall clock is put back', () => {
    const rig = new CircuitRig({ failures: 100 });
    rig.calls(...times(19, 'failure' as const));
    rig.clock.advance(-3_600_000);
    rig.calls('success');
    rig.clock.advance(31_000);
    assert.equal(rig.circuit.snapshot().failures, 0);
  });
});
