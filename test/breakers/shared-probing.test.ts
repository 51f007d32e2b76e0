import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import type { CircuitSettings, Permit } from '../../src/breakers/circuit.ts';
import { admitted, refused, times } from './circuit-rig.ts';
import { Fleet, type Replica, TARGET } from './fleet.ts';

let fleet: Fleet;

/** Replicas whose circuits have all opened, now. */
function opened(replicas: number, settings: Partial<CircuitSettings> = {}): readonly [Replica, Replica] {
  fleet = new Fleet(times(replicas, 0), settings);
  for (const replica of fleet.replicas) replica.open();
  return [fleet.at(0), fleet.at(1)];
}

/** The requests of a busy replica: whatever is let through is added to `probes`. */
function traffic(probes: [Replica, Permit][]): (replica: Replica) => void {
  return (replica) => {
    const permit = replica.request();
    if (permit) probes.push([replica, permit]);
  };
}

afterEach(() => fleet.close());

describe('the probe of several replicas', () => {
  it('is one, and the others refuse until it has ended', async () => {
    opened(4);
    const probes: [Replica, Permit][] = [];
    await fleet.pass(59_900, traffic(probes));
    assert.equal(probes.length, 0);
    await fleet.pass(20_000, traffic(probes));
    assert.equal(probes.length, 1);
    probes[0]?.[1].settle('success');
    await fleet.pass(3_000, (replica) => replica.request()?.settle('success'));
    assert.deepEqual(
      fleet.replicas.map(({ state }) => state),
      times(4, 'closed'),
    );
  });

  it('is one for each stay open, however many replicas there are', async () => {
    opened(4);
    const underWay: { permit: Permit; until: number }[] = [];
    let begun = 0;
    await fleet.pass(590_000, (replica) => {
      const permit = replica.request();
      if (permit) {
        begun++;
        underWay.push({ permit, until: replica.clock.now() + 5_000 });
        assert.equal(underWay.length, 1, 'two at once');
      }
      if (underWay[0] && underWay[0].until <= replica.clock.now()) underWay.shift()?.permit.settle('failure');
    });
    // After 60 s, then 120 s and 240 s from the failure before, with the time that each of them took.
    assert.equal(begun, 3);
    for (const { snapshot } of fleet.replicas) assert.equal(snapshot.attempt, 3);
  });

  it('is first made by another than the one whose last one failed', async () => {
    opened(2);
    const probers: Replica[] = [];
    await fleet.pass(580_000, (replica) => {
      const permit = replica.request();
      if (!permit) return;
      probers.push(replica);
      permit.settle('failure');
    });
    const [a, b] = fleet.replicas;
    assert.deepEqual(probers, [a, b, a]);
  });

  it('is free again when its holder has died', async () => {
    opened(2);
    const [dead, alive] = [fleet.board.as('killed'), fleet.at(1)];
    await fleet.pass(59_400);
    assert.deepEqual(await dead.tryProbeLease(TARGET, 30_000), { kind: 'granted' });
    const probes: [Replica, Permit][] = [];
    await fleet.pass(29_000, traffic(probes));
    assert.equal(probes.length, 0);
    const { retryAt } = refused(alive.circuit.acquire());
    assert.ok(retryAt > alive.clock.now() && retryAt <= alive.clock.now() + 1_000, 'asks again soon');
    await fleet.pass(2_000, traffic(probes));
    assert.equal(probes.length, 1);
  });

  it('goes to another a second later, where who was to make it has no request', async () => {
    const [a, b] = opened(2);
    await fleet.pass(59_800, (replica) => replica === a && replica.request());
    const probes: [Replica, Permit][] = [];
    await fleet.pass(2_500, (replica) => replica === b && traffic(probes)(b));
    assert.deepEqual(
      probes.map(([replica]) => replica),
      [b],
    );
  });

  it('goes to another soon where it ended and said nothing', async () => {
    const [a, b] = opened(2);
    await fleet.pass(59_800, (replica) => replica === a && replica.request());
    await fleet.pass(300);
    a.permit().settle('neutral');
    await fleet.answers();
    assert.deepEqual(await fleet.board.as('anybody').tryProbeLease(TARGET, 0), { kind: 'granted' });
    await fleet.read();
    assert.ok(b.request());
  });

  it('is made at once by a replica that had no request before, and the others know', async () => {
    const [quiet, other] = opened(2);
    await fleet.pass(70_000);
    assert.equal(quiet.circuit.admits(), true);
    assert.ok(quiet.request());
    await fleet.read();
    assert.equal(other.circuit.admits(), false);
    assert.equal(other.request(), undefined);
    const { retryAt } = refused(other.circuit.acquire());
    assert.ok(retryAt > other.clock.now() && retryAt <= other.clock.now() + 1_000);
  });

  it('does not keep the last hope of a request from being asked', async () => {
    const [a, b] = opened(2);
    await fleet.pass(70_000);
    a.permit();
    await fleet.read();
    assert.equal(b.request(), undefined);
    admitted(b.circuit.acquireLastHope()).settle('success');
    assert.equal(b.state, 'closed');
  });

  it('that fails elsewhere is believed for `maxOpenFor` after the circuit was last seen to fail here', async () => {
    const [broken, sound] = opened(2, { maxOpenFor: 300_000 });
    // One has requests, and none gets out; the other has none in the moment a probe is due.
    await fleet.pass(290_000, (replica) => replica === broken && replica.request()?.settle('failure'));
    assert.equal(sound.state, 'open');
    await fleet.pass(11_000, (replica) => replica === broken && replica.request()?.settle('failure'));
    assert.equal(sound.state, 'half-open');
    sound.permit().settle('success');
    assert.equal(sound.state, 'closed');
  });
});

describe('a board in trouble', () => {
  for (const health of ['refuses', 'hangs', 'throws', 'raves'] as const) {
    it(`that ${health} changes nothing for a request: each replica opens, probes and closes by itself`, async () => {
      const [a, b] = opened(2);
      fleet.board.health = health;
      const probes: [Replica, Permit][] = [];
      await fleet.pass(60_300, traffic(probes));
      assert.deepEqual(new Set(probes.map(([replica]) => replica)), new Set([a, b]));
      for (const [, permit] of probes) permit.settle('success');
      assert.deepEqual([a.state, b.state], ['closed', 'closed']);
      a.calls(...times(5, 'failure' as const));
      assert.equal(a.state, 'open');
    });

    it(`that ${health} is told of once, and read again once it is well`, async () => {
      fleet = new Fleet([0, 0]);
      const [a, b] = [fleet.at(0), fleet.at(1)];
      fleet.board.health = health;
      await fleet.pass(20_000);
      assert.equal(a.troubles.length, 1);
      assert.ok(a.troubles[0] instanceof Error);
      fleet.board.health = 'well';
      b.open();
      await fleet.pass(4_000);
      assert.equal(a.state, 'half-open');
      assert.equal(a.troubles.length, 2);
      assert.equal(a.troubles[1], undefined);
    });
  }

  it('leaves nobody out who is waiting for its answer: the replica decides alone', async () => {
    const [a] = opened(2);
    await fleet.pass(59_900);
    fleet.board.health = 'hangs';
    a.request();
    await fleet.pass(100);
    assert.equal(a.request(), undefined, 'it may still come');
    await fleet.pass(200);
    assert.ok(a.request());
  });
});

describe('a closed circuit', () => {
  it('costs the board one reading a second, whatever goes through it', async () => {
    fleet = new Fleet([0]);
    await fleet.pass(10_500, (replica) => replica.calls('success', 'failure', 'neutral', 'success'));
    assert.deepEqual(fleet.board.calls, { open: 0, closed: 0, lease: 0, read: 10 });
  });

  it('leaves no timer behind when the process ends', async () => {
    fleet = new Fleet([0]);
    const { clock, circuits } = fleet.at(0);
    await fleet.pass(5_000);
    circuits.close();
    assert.equal(clock.pending, 0);
    await fleet.pass(5_000);
    assert.equal(fleet.board.calls.read, 5);
  });
});
