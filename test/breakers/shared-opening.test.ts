import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import type { CircuitSettings } from '../../src/breakers/circuit.ts';
import { admitted, refused, times } from './circuit-rig.ts';
import { Fleet, TARGET } from './fleet.ts';

let fleet: Fleet;

function fleetOf(replicas: number, settings: Partial<CircuitSettings> = {}): Fleet {
  fleet = new Fleet(times(replicas, 0), settings);
  return fleet;
}

afterEach(() => fleet.close());

describe('a circuit that another replica has opened', () => {
  it('is doubted within a second where nothing says that it works: one request looks, the others wait for it', async () => {
    fleetOf(2);
    fleet.at(0).open();
    await fleet.read();
    const b = fleet.at(1);
    assert.deepEqual([b.state, b.snapshot.reason], ['half-open', 'remote-opened']);
    b.permit();
    assert.equal(b.request(), undefined);
  });

  it('opens at the first failure there, for the usual stay', async () => {
    fleetOf(2);
    fleet.at(0).open();
    await fleet.read();
    const b = fleet.at(1);
    b.permit().settle('failure');
    assert.deepEqual([b.state, b.snapshot.reason, b.opensIn], ['open', 'remote-confirmed', 60_000]);
  });

  it('closes at the first token there, and is not doubted again for `maxOpenFor`', async () => {
    fleetOf(2, { openFor: 600_000 });
    const [a, b] = [fleet.at(0), fleet.at(1)];
    a.open();
    await fleet.read();
    const stream = b.permit();
    stream.committed();
    assert.deepEqual([b.state, b.snapshot.reason], ['closed', 'remote-refuted']);
    stream.settle('success');
    // The other insists: it is closed, probes, fails, and says so.
    await fleet.read();
    a.permit().settle('failure');
    for (let minute = 0; minute < 9; minute++) {
      await fleet.read();
      assert.equal(b.state, 'closed', `${minute} minutes later`);
      fleet.at(1).clock.advance(58_900);
    }
    b.clock.advance(60_000);
    await fleet.read();
    assert.equal(b.snapshot.reason, 'remote-opened', 'after that it is looked at again');
  });

  it('is not doubted where it went well within the window, but is once that is over', async () => {
    fleetOf(2);
    const [a, b] = [fleet.at(0), fleet.at(1)];
    b.calls('success');
    a.open();
    await fleet.pass(29_000);
    assert.equal(b.state, 'closed');
    await fleet.pass(2_000);
    assert.equal(b.state, 'half-open');
  });

  it('keeps all its traffic at a replica that is served, however often another says that it is down', async () => {
    fleetOf(2);
    const [broken, sound] = [fleet.at(0), fleet.at(1)];
    let refusals = 0;
    await fleet.pass(300_000, (replica) => {
      const permit = replica.request();
      if (replica === broken) permit?.settle('failure');
      else if (permit === undefined) refusals++;
      else permit.settle('success');
    });
    assert.ok(broken.changes.filter(({ to }) => to === 'open').length > 1);
    assert.equal(refusals, 0);
    assert.deepEqual(sound.changes, []);
  });

  it('is as good as tested by a call that began before the doubt', async () => {
    for (const [outcome, state, reason] of [
      ['success', 'closed', 'remote-refuted'],
      ['failure', 'open', 'remote-confirmed'],
      ['neutral', 'half-open', 'remote-opened'],
    ] as const) {
      fleetOf(2);
      const b = fleet.at(1);
      const call = b.permit();
      fleet.at(0).open();
      await fleet.read();
      call.settle(outcome);
      assert.deepEqual([b.state, b.snapshot.reason], [state, reason], outcome);
      fleet.close();
    }
  });

  it('is as good as tested by the first token of a stream that began before the doubt', async () => {
    fleetOf(2);
    const b = fleet.at(1);
    const stream = b.permit();
    fleet.at(0).open();
    await fleet.read();
    stream.committed();
    assert.equal(b.state, 'closed');
    stream.settle('failure');
    assert.deepEqual([b.snapshot.run, b.snapshot.completed, b.snapshot.failures], [1, 1, 1]);
  });

  it('stays open no longer for it where it is open already: only a failed probe is heeded', async () => {
    fleetOf(2);
    const b = fleet.at(1);
    const another = fleet.board.as('another');
    b.open();
    await another.publishOpen({ circuit: TARGET, ms: 100_000, attempt: 0 });
    await fleet.read();
    assert.equal(b.opensIn, 60_000 - 1_100);
    await another.publishOpen({ circuit: TARGET, ms: 100_000, attempt: 1 });
    await fleet.read();
    assert.ok(b.opensIn > 98_000 && b.opensIn <= 100_000);
    assert.equal(b.snapshot.attempt, 1);
  });

  it('does not suffer from one slow answer: after `probeTimeout` the next may look as well', async () => {
    fleetOf(2);
    const b = fleet.at(1);
    fleet.at(0).open();
    await fleet.read();
    const slow = b.permit();
    await fleet.pass(30_000);
    assert.equal(b.state, 'half-open');
    b.permit();
    slow.settle('success');
    assert.equal(b.state, 'closed');
  });

  it('is believed in no more when nobody says so any more', async () => {
    fleetOf(2, { openFor: 5_000 });
    const b = fleet.at(1);
    fleet.at(0).open();
    await fleet.read();
    assert.equal(b.state, 'half-open');
    await fleet.pass(6_000);
    assert.deepEqual([b.state, b.snapshot.reason], ['closed', 'remote-closed']);
  });

  it('is not heard of a third time: what is only hearsay is not passed on', async () => {
    fleetOf(2);
    fleet.at(0).open();
    await fleet.read();
    fleet.at(1).permit().settle('failure');
    await fleet.answers();
    assert.equal(fleet.board.calls.open, 1);
  });

  it('counts for the call under way as before, when the doubt has gone', async () => {
    fleetOf(2, { openFor: 5_000, failures: 2 });
    const b = fleet.at(1);
    const calls = [b.permit(), b.permit()];
    fleet.at(0).open();
    await fleet.pass(7_000);
    assert.equal(b.state, 'closed');
    for (const call of calls) call.settle('failure');
    assert.equal(b.state, 'open');
  });
});

describe('a circuit that another replica has closed', () => {
  /** All open, and one of them is closed by a last hope. */
  async function closedAtOne(): Promise<void> {
    fleetOf(3);
    for (const replica of fleet.replicas) replica.open();
    await fleet.read();
    admitted(fleet.at(0).circuit.acquireLastHope()).settle('success');
    await fleet.read();
  }

  it('is probed at once, by one request at a time: nobody closes blindly', async () => {
    await closedAtOne();
    for (const replica of [fleet.at(1), fleet.at(2)]) {
      assert.deepEqual([replica.state, replica.snapshot.reason], ['half-open', 'remote-closed']);
      const probe = replica.permit();
      assert.equal(probe.probe, true);
      assert.equal(replica.request(), undefined);
      probe.settle('success');
      assert.equal(replica.state, 'closed');
    }
  });

  it('is probed once for each closing, not for as long as that can be read', async () => {
    await closedAtOne();
    const c = fleet.at(2);
    c.permit().settle('failure');
    assert.deepEqual([c.state, c.opensIn], ['open', 120_000]);
    await fleet.pass(8_000);
    assert.equal(c.state, 'open');
  });

  it('or doubted is looked at here whoever else is at it', async () => {
    fleetOf(3);
    const [a, b, c] = [fleet.at(0), fleet.at(1), fleet.at(2)];
    await fleet.board.as('another').tryProbeLease(TARGET, 60_000);
    a.open();
    b.open();
    await fleet.board.as('r0').publishOpen({ circuit: TARGET, ms: 60_000, attempt: 0 });
    await fleet.read();
    assert.equal(c.snapshot.reason, 'remote-opened');
    c.permit().settle('success');
    await fleet.read();
    assert.equal(b.snapshot.reason, 'remote-closed');
    assert.ok(b.request());
  });

  it('is probed even where another says at the same time that it is still down', async () => {
    fleetOf(3);
    const [a, c] = [fleet.at(0), fleet.at(2)];
    for (const replica of fleet.replicas) replica.open();
    await fleet.pass(60_000);
    const [good, bad] = [a.permit(), fleet.board.as('r1')];
    good.settle('success');
    await bad.publishOpen({ circuit: TARGET, ms: 120_000, attempt: 1 });
    await fleet.read();
    assert.deepEqual([c.state, c.snapshot.reason], ['half-open', 'remote-closed']);
    await fleet.read();
    assert.equal(c.snapshot.reason, 'remote-closed', 'and what was heard then does not come back');
    assert.ok(c.request());
  });
});

describe('clocks that disagree', () => {
  it('change nothing: what is shared is how long, not until when', async () => {
    fleet = new Fleet([0, 3_600_000, -3_600_000]);
    const [a, b, c] = [fleet.at(0), fleet.at(1), fleet.at(2)];
    for (const replica of fleet.replicas) replica.open();
    await fleet.pass(59_500);
    await fleet.pass(600, (replica) => replica.request());
    const probing = fleet.replicas.filter(({ snapshot }) => snapshot.probing);
    assert.deepEqual(probing, [a]);
    await fleet.pass(30_000);
    assert.equal(a.snapshot.reason, 'probe-timed-out');
    await fleet.read();
    // The others stay open as long, but for the second by which they go first.
    for (const other of [b, c]) assert.ok(Math.abs(a.opensIn - 1_000 - other.opensIn) <= 200, `${other.opensIn}`);
  });
});

describe('a replica that is closed', () => {
  it('waits no longer for a board that does not answer, and asks it nothing more', async () => {
    fleetOf(1);
    const b = fleet.at(0);
    fleet.board.health = 'hangs';
    b.open();
    b.clock.advance(1_000);
    assert.deepEqual({ ...fleet.board.calls }, { open: 1, closed: 0, lease: 0, read: 1 });
    b.circuits.close();
    assert.equal(b.clock.pending, 0);
    b.clock.advance(60_000);
    b.circuit.acquire();
    assert.deepEqual({ ...fleet.board.calls }, { open: 1, closed: 0, lease: 0, read: 1 });
    assert.deepEqual(b.troubles, []);
  });
});

describe('without a board', () => {
  it('a refused request waits for nobody', () => {
    fleetOf(1);
    const b = fleet.at(0);
    b.open();
    assert.equal(refused(b.circuit.acquire()).retryAt, b.clock.now() + 60_000);
  });
});
