import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fixedLimit } from '../../src/breakers/concurrency-limit.ts';
import { CircuitRig, refused, times } from './circuit-rig.ts';

describe('rule 1: a neutral outcome in half-open', () => {
  it('neither closes nor opens: the probe is still owed, and the next to ask makes it', () => {
    const rig = new CircuitRig();
    rig.halfOpen();
    for (let i = 0; i < 10; i++) {
      const probe = rig.permit();
      assert.equal(probe.probe, true);
      probe.settle('neutral');
      assert.equal(rig.state, 'half-open');
    }
    rig.permit().settle('success');
    assert.equal(rig.state, 'closed');
  });

  it('counts for nothing while closed, and does not break a run of failures', () => {
    const rig = new CircuitRig();
    rig.calls(...times(100, 'neutral' as const));
    assert.equal(rig.circuit.snapshot().completed, 0);
    rig.calls('failure', 'failure', 'neutral', 'failure', 'failure', 'neutral', 'failure');
    assert.equal(rig.state, 'open');
  });
});

describe('rule 2: a late outcome', () => {
  it('of a call begun before the opening does not close, open or half-open', () => {
    const rig = new CircuitRig();
    const [early, earlier] = [rig.permit(), rig.permit()];
    rig.open();
    early.settle('success');
    assert.equal(rig.state, 'open');
    rig.clock.advance(60_000);
    earlier.settle('success');
    assert.equal(rig.state, 'half-open');
    assert.equal(rig.permit().probe, true, 'the probe is still to be had');
  });

  it('of a call begun before the opening does not count once closed again', () => {
    const rig = new CircuitRig();
    const early = Array.from({ length: 10 }, () => rig.permit());
    rig.halfOpen();
    rig.permit().settle('success');
    for (const permit of early) permit.settle('failure');
    assert.equal(rig.state, 'closed');
    assert.equal(rig.circuit.snapshot().failures, 0);
  });

  it('of a probe that had run out of time does not close the circuit it had opened', () => {
    const rig = new CircuitRig();
    rig.halfOpen();
    const probe = rig.permit();
    rig.clock.advance(30_000);
    assert.equal(rig.state, 'open');
    probe.settle('success');
    assert.equal(rig.state, 'open');
  });
});

describe('rule 3: a probe that never settles', () => {
  it('counts as failed at its own limit, and another is due later', () => {
    const rig = new CircuitRig();
    rig.halfOpen();
    rig.permit();
    const begun = rig.clock.now();
    rig.clock.advance(29_999);
    assert.equal(rig.refusal().retryAt, begun + 30_000);
    rig.clock.advance(1);
    const { retryAt } = rig.refusal();
    assert.equal(retryAt, begun + 30_000 + 120_000, 'twice as long, from the moment it ran out');
    assert.equal(rig.changes.at(-1)?.reason, 'probe-timed-out');
    rig.clock.advance(retryAt - rig.clock.now());
    rig.permit().settle('success');
    assert.equal(rig.state, 'closed');
  });

  it('is found out even when nobody asked for an hour', () => {
    const rig = new CircuitRig();
    rig.halfOpen();
    rig.permit();
    rig.clock.advance(3_600_000);
    assert.equal(rig.permit().probe, true);
    assert.deepEqual(
      rig.changes.slice(-2).map(({ from, to, reason }) => [from, to, reason]),
      [
        ['half-open', 'open', 'probe-timed-out'],
        ['open', 'half-open', 'probe-due'],
      ],
    );
  });

  it('has longer each time, so that a target that is slow to begin is let back in the end', () => {
    const rig = new CircuitRig();
    rig.halfOpen();
    const takes = 100_000;
    for (let probes = 0; rig.state !== 'closed'; probes++) {
      assert.ok(probes < 4, 'never closed');
      const probe = rig.permit();
      rig.clock.advance(takes);
      probe.settle('success');
      if (rig.state === 'open') rig.clock.advance(rig.refusal().retryAt - rig.clock.now());
    }
  });

  it('is not cut short once it delivers, and keeps others out for no longer than a probe may take', () => {
    const rig = new CircuitRig();
    rig.halfOpen();
    const probe = rig.permit();
    rig.clock.advance(20_000);
    probe.committed();
    rig.clock.advance(29_999);
    assert.equal(rig.refusal().retryAt, rig.clock.now() + 1);
    rig.clock.advance(1);
    assert.equal(rig.state, 'half-open', 'delivering is not failing');
    const another = rig.permit();
    assert.equal(another.probe, true);
    rig.refusal();
    rig.clock.advance(10_000);
    probe.settle('success');
    assert.equal(rig.state, 'closed');
    another.settle('failure');
    assert.equal(rig.state, 'closed');
  });

  it('that breaks while it delivers opens the circuit again', () => {
    const rig = new CircuitRig();
    rig.halfOpen();
    const probe = rig.permit();
    probe.committed();
    rig.clock.advance(100_000);
    probe.settle('failure');
    assert.equal(rig.state, 'open');
  });
});

describe('rule 5: a full target', () => {
  it('is no failing target', () => {
    const rig = new CircuitRig();
    const limit = fixedLimit(1);
    limit.tryAcquire();
    for (let i = 0; i < 100; i++) {
      const permit = rig.permit();
      if (!limit.tryAcquire()) permit.settle('neutral');
    }
    const { state, completed, failures } = rig.circuit.snapshot();
    assert.deepEqual({ state, completed, failures }, { state: 'closed', completed: 0, failures: 0 });
  });
});

describe('rule 6: a timeout', () => {
  it('is of one call: a sibling goes on and its outcome counts', () => {
    const rig = new CircuitRig();
    const [slow, sibling] = [rig.permit(), rig.permit()];
    rig.calls(...times(3, 'failure' as const));
    slow.settle('slow');
    sibling.settle('success');
    rig.calls(...times(4, 'failure' as const));
    assert.equal(rig.state, 'closed', 'the sibling has broken the run');
  });
});

describe('rule 7: a stream that breaks after its headers', () => {
  it('counts as failure, as the permit settles at the end of the stream', () => {
    const rig = new CircuitRig();
    const streams = Array.from({ length: 5 }, () => rig.permit());
    for (const stream of streams) stream.committed();
    rig.clock.advance(45_000);
    for (const stream of streams) stream.settle('failure');
    assert.equal(rig.state, 'open');
  });

  it('counts once: its first token had counted as success, and that is taken back', () => {
    const rig = new CircuitRig();
    const [good, bad, left] = [rig.permit(), rig.permit(), rig.permit()];
    for (const stream of [good, bad, left, good]) stream.committed();
    good.settle('success');
    bad.settle('failure');
    left.settle('neutral');
    const { completed, failures } = rig.circuit.snapshot();
    assert.deepEqual({ completed, failures }, { completed: 3, failures: 1 });
  });

  it('opens one after the other, too, and by the rate where answers come in between', () => {
    const inRow = new CircuitRig();
    for (let i = 0; i < 5; i++) {
      const stream = inRow.permit();
      stream.committed();
      stream.settle('failure');
    }
    assert.equal(inRow.state, 'open');
    const rig = new CircuitRig();
    for (let i = 0; i < 20; i++) {
      if (rig.state === 'open') break;
      const stream = rig.permit();
      stream.committed();
      stream.settle(i % 3 === 0 ? 'success' : 'failure');
    }
    assert.equal(rig.state, 'open');
    assert.equal(rig.changes[0]?.reason, 'failure-rate');
  });
});

describe('rule 8: the stay open', () => {
  /** Lengths of the stays open when every probe fails. */
  function stays(random: () => number, count: number): number[] {
    const rig = new CircuitRig({}, random);
    rig.open();
    return Array.from({ length: count }, () => {
      const stay = rig.refusal().retryAt - rig.clock.now();
      rig.clock.advance(stay);
      rig.permit().settle('failure');
      return stay;
    });
  }

  it('doubles with every failed probe up to the cap', () => {
    assert.deepEqual(
      stays(() => 0, 6),
      [60_000, 120_000, 240_000, 480_000, 600_000, 600_000],
    );
  });

  it('is shorter by up to a quarter, at random', () => {
    assert.deepEqual(
      stays(() => 0.999_999, 5).map((ms) => Math.round(ms / 100) * 100),
      [60_000, 90_000, 180_000, 360_000, 450_000],
    );
  });

  it('is the first again once a probe has succeeded', () => {
    const rig = new CircuitRig();
    rig.halfOpen();
    rig.permit().settle('failure');
    rig.clock.advance(120_000);
    rig.permit().settle('success');
    rig.open();
    assert.equal(rig.refusal().retryAt, rig.clock.now() + 60_000);
  });

  it('is not stretched by the wall clock being put back', () => {
    const rig = new CircuitRig();
    rig.open();
    rig.clock.advance(-3_600_000);
    assert.equal(rig.permit().probe, true);
  });

  it('ends with exactly one probe', () => {
    const rig = new CircuitRig();
    rig.halfOpen();
    rig.permit();
    for (let i = 0; i < 100; i++) rig.refusal();
  });
});

describe('rule 9: the last target left', () => {
  it('is asked although open, one call at a time', () => {
    const rig = new CircuitRig();
    rig.open();
    const hope = rig.lastHope();
    assert.equal(hope.probe, true);
    refused(rig.circuit.acquireLastHope());
    rig.refusal();
    hope.settle('neutral');
    rig.lastHope();
  });

  it('closes when the call succeeds', () => {
    const rig = new CircuitRig();
    rig.open();
    rig.lastHope().settle('success');
    assert.equal(rig.state, 'closed');
    assert.equal(rig.changes.at(-1)?.reason, 'last-hope-succeeded');
  });

  it('stays open as long as before when the call fails', () => {
    const rig = new CircuitRig();
    rig.open();
    const { retryAt } = rig.refusal();
    for (let i = 0; i < 20; i++) {
      rig.clock.advance(1_000);
      rig.lastHope().settle('failure');
    }
    assert.equal(rig.refusal().retryAt, retryAt);
  });

  it('gets the probe when one is due, and one more call while the probe is out', () => {
    const rig = new CircuitRig();
    rig.halfOpen();
    const probe = rig.lastHope();
    rig.refusal();
    const hope = rig.lastHope();
    refused(rig.circuit.acquireLastHope());
    hope.settle('failure');
    assert.equal(rig.state, 'half-open', 'the probe decides');
    probe.settle('failure');
    assert.equal(rig.state, 'open');
  });

  it('is not blocked for good by a last hope that never settles', () => {
    const rig = new CircuitRig();
    rig.open();
    rig.lastHope();
    rig.clock.advance(30_000);
    rig.lastHope().settle('success');
    assert.equal(rig.state, 'closed');
  });

  it('is an ordinary call while closed', () => {
    const rig = new CircuitRig();
    assert.equal(rig.lastHope().probe, false);
  });
});

describe('a permit', () => {
  it('settles once: later outcomes are ignored', () => {
    const rig = new CircuitRig();
    const permit = rig.permit();
    for (let i = 0; i < 20; i++) permit.settle('failure');
    assert.equal(rig.circuit.snapshot().failures, 1);
    rig.halfOpen();
    const probe = rig.permit();
    probe.settle('neutral');
    probe.settle('success');
    probe.committed();
    assert.equal(rig.state, 'half-open');
  });
});

describe('every change', () => {
  it('is told with its reason, its time and the next probe', () => {
    const rig = new CircuitRig();
    const start = rig.clock.now();
    rig.halfOpen();
    rig.permit().settle('success');
    const circuit = 'openai/gpt-4o';
    const due = start + 60_000;
    assert.deepEqual(rig.changes, [
      { circuit, from: 'closed', to: 'open', reason: 'consecutive-failures', at: start, retryAt: due },
      { circuit, from: 'open', to: 'half-open', reason: 'probe-due', at: due },
      { circuit, from: 'half-open', to: 'closed', reason: 'probe-succeeded', at: due },
    ]);
  });
});
