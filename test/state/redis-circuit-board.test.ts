import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { Cluster, Redis } from 'ioredis';
import type { Circuit } from '../../src/breakers/circuit.ts';
import { Circuits } from '../../src/breakers/circuits.ts';
import { DEFAULT_CIRCUIT_SETTINGS } from '../../src/breakers/settings.ts';
import { systemClock } from '../../src/clock.ts';
import { StateUnavailable } from '../../src/state/budget-store.ts';
import { type CircuitBoard, CLOSED_KEPT_MS } from '../../src/state/circuit-board.ts';
import { RedisCircuitBoard } from '../../src/state/redis/circuit-board.ts';
import type { RedisClient } from '../../src/state/redis/client.ts';
import { openRedisState, type RedisStores } from '../../src/state/redis/open-redis.ts';
import {
  type OwnRedis,
  placeFrom,
  type RedisPlace,
  redisServerCommand,
  skipWithout,
  startRedis,
  until,
} from './redis-server.ts';
import { Relay } from './relay.ts';

const LONG = 60_000;
const NOWHERE: RedisPlace = { host: '', port: 0 };
const shared = placeFrom('BREAKWATER_TEST_REDIS');
const cluster = placeFrom('BREAKWATER_TEST_REDIS_CLUSTER');
const noServer = skipWithout(
  shared ?? redisServerCommand(),
  'neither BREAKWATER_TEST_REDIS nor a redis-server of 7.2 or newer on PATH',
);
const noCluster = skipWithout(cluster, 'BREAKWATER_TEST_REDIS_CLUSTER names none');

/** A board of its own for each test, and the replicas around it. */
class BoardRig {
  readonly #kind: 'standalone' | 'cluster';
  #stores: RedisStores[] = [];
  #prefix = '';

  constructor(kind: 'standalone' | 'cluster') {
    this.#kind = kind;
  }

  begin(): void {
    this.#prefix = `test-${randomUUID()}`;
  }

  get key(): string {
    return `${this.#prefix}:circuit:board`;
  }

  async replica({ host, port }: RedisPlace, name: string, timeout = 30_000): Promise<CircuitBoard> {
    const store = await openRedisState({
      urls: [`redis://${host}:${port}`],
      topology: { kind: this.#kind },
      timeout,
      keyPrefix: this.#prefix,
    });
    this.#stores.push(store);
    return new RedisCircuitBoard(store.link, this.#prefix, name);
  }

  async end(): Promise<void> {
    for (const store of this.#stores.splice(0)) await store.close();
  }
}

describe('the circuit board in Redis', { skip: noServer }, () => {
  let own: OwnRedis | undefined;
  before(async () => {
    if (shared === undefined && noServer === false) own = await startRedis();
  });
  after(() => own?.kill());
  holdsWhatIsTold('standalone', () => shared ?? own ?? NOWHERE);
  servesCircuits(() => shared ?? own ?? NOWHERE);
});

describe('the circuit board in a Redis Cluster', { skip: noCluster }, () => {
  holdsWhatIsTold('cluster', () => cluster ?? NOWHERE);
});

function holdsWhatIsTold(kind: 'standalone' | 'cluster', place: () => RedisPlace): void {
  const rig = new BoardRig(kind);
  let raw: RedisClient;
  let key: string;
  const replica = (name: string) => rig.replica(place(), name);

  before(() => {
    raw = kind === 'cluster' ? new Cluster([place()]) : new Redis(place());
  });
  beforeEach(() => {
    rig.begin();
    key = rig.key;
  });
  afterEach(async () => {
    await rig.end();
    await raw.del(key);
  });
  after(() => raw.disconnect());

  it('shows the others what one has opened, for as long as it stays open, and not to itself', async () => {
    const [a, b] = [await replica('a'), await replica('b')];
    await a.publishOpen({ circuit: 'openai/gpt 4:o', ms: LONG, attempt: 3 });
    const [word, ...others] = (await b.read()).open;
    assert.equal(others.length, 0);
    assert.equal(word?.circuit, 'openai/gpt 4:o');
    assert.equal(word?.attempt, 3);
    assert.ok(word !== undefined && word.ms > LONG / 2 && word.ms <= LONG);
    assert.deepEqual(await a.read(), { open: [], closed: [], probing: [] });
  });

  it('gives each closing a stamp of its own', async () => {
    const [a, b] = [await replica('a'), await replica('b')];
    const stamps = new Set<string>();
    for (let i = 0; i < 3; i++) {
      await a.publishClosed('x/y');
      for (const { stamp } of (await b.read()).closed) stamps.add(stamp);
      for (const { stamp } of (await b.read()).closed) stamps.add(stamp);
    }
    assert.equal(stamps.size, 3);
  });

  it('keeps the longer stay of two replicas, and takes a new word of the same one', async () => {
    const [a, b, c] = [await replica('a'), await replica('b'), await replica('c')];
    await a.publishOpen({ circuit: 'x/y', ms: LONG, attempt: 2 });
    await b.publishOpen({ circuit: 'x/y', ms: LONG / 2, attempt: 1 });
    assert.equal((await c.read()).open[0]?.attempt, 2);
    await a.publishOpen({ circuit: 'x/y', ms: LONG / 4, attempt: 0 });
    assert.equal((await c.read()).open[0]?.attempt, 0);
    await b.publishOpen({ circuit: 'x/y', ms: LONG, attempt: 5 });
    assert.equal((await c.read()).open[0]?.attempt, 5);
  });

  it('takes an opening off when anybody has closed the circuit, and says so', async () => {
    const [a, b, c] = [await replica('a'), await replica('b'), await replica('c')];
    await a.publishOpen({ circuit: 'x/y', ms: LONG, attempt: 0 });
    await b.publishClosed('x/y');
    const { open, closed } = await c.read();
    assert.deepEqual(open, []);
    assert.deepEqual(
      closed.map(({ circuit }) => circuit),
      ['x/y'],
    );
    assert.deepEqual((await b.read()).closed, [], 'its own');
  });

  it('gives the probe to one of many that ask at once', async () => {
    const boards = await Promise.all(Array.from({ length: 8 }, (_, i) => replica(`r${i}`)));
    const replies = await Promise.all(boards.map((board) => board.tryProbeLease('x/y', LONG)));
    assert.equal(replies.filter(({ kind }) => kind === 'granted').length, 1);
    for (const reply of replies) if (reply.kind === 'held') assert.ok(reply.ms > 0 && reply.ms <= LONG);
    const other = await replica('other');
    assert.deepEqual(
      (await other.read()).probing.map(({ circuit }) => circuit),
      ['x/y'],
    );
    assert.deepEqual(await other.tryProbeLease('another/one', LONG), { kind: 'granted' });
  });

  it('lets the holder shorten its lease or give it back', async () => {
    const [a, b] = [await replica('a'), await replica('b')];
    await a.tryProbeLease('x/y', LONG);
    assert.deepEqual(await a.tryProbeLease('x/y', LONG / 10), { kind: 'granted' });
    const held = await b.tryProbeLease('x/y', LONG);
    assert.ok(held.kind === 'held' && held.ms <= LONG / 10);
    assert.equal((await b.tryProbeLease('x/y', 0)).kind, 'held', 'only its own');
    await a.tryProbeLease('x/y', 0);
    assert.deepEqual(await b.tryProbeLease('x/y', LONG), { kind: 'granted' });
  });

  it('forgets a dead holder, an opening that has ended, and in the end itself', async () => {
    const [dead, b] = [await replica('dead'), await replica('b')];
    await dead.publishOpen({ circuit: 'x/y', ms: 30, attempt: 0 });
    await dead.tryProbeLease('x/y', 50);
    await until('forgotten', async () => (await b.tryProbeLease('x/y', 40)).kind === 'granted');
    assert.deepEqual((await b.read()).open, []);
    await until('forgotten', async () => (await raw.exists(key)) === 0);
  });

  it('throws away what has ended, and always ends itself', async () => {
    const [a, b] = [await replica('a'), await replica('b')];
    for (let i = 0; i < 20; i++) await a.publishOpen({ circuit: `x/${i}`, ms: 20, attempt: 0 });
    await a.publishClosed('x/y');
    await until('forgotten', async () => {
      await b.read();
      return (await raw.hlen(key)) === 1;
    });
    const ttl = await raw.pttl(key);
    assert.ok(ttl > 0 && ttl <= CLOSED_KEPT_MS);
  });

  it('takes no more than it can hold, and no endless names; those are judged alone', async () => {
    const a = await replica('a');
    const ends = `${Date.now() + 60 * LONG} x s 0`;
    await raw.hset(key, Object.fromEntries(Array.from({ length: 3_000 }, (_, i) => [`o:x/${i}`, ends])));
    await a.publishOpen({ circuit: 'one/more', ms: LONG, attempt: 0 });
    assert.deepEqual(await a.tryProbeLease('one/more', LONG), { kind: 'granted' });
    assert.equal(await raw.hlen(key), 3_000);
    await raw.del(key);
    const long = `x/${'y'.repeat(199)}`;
    await a.publishOpen({ circuit: long, ms: LONG, attempt: 0 });
    await a.publishClosed(long);
    assert.deepEqual(await a.tryProbeLease(long, LONG), { kind: 'granted' });
    assert.equal(await raw.exists(key), 0);
  });
}

function servesCircuits(place: () => RedisPlace): void {
  describe('with circuits on it', () => {
    const rig = new BoardRig('standalone');
    let relay: Relay;
    const target = 'openai/gpt-4o';
    const settings = { ...DEFAULT_CIRCUIT_SETTINGS, openFor: 300, maxOpenFor: 300 };
    const fleet: Circuits[] = [];
    const troubles: unknown[] = [];

    before(async () => {
      relay = new Relay(place());
      await relay.open();
    });
    after(() => relay.close());
    beforeEach(() => rig.begin());
    afterEach(async () => {
      for (const circuits of fleet.splice(0)) circuits.close();
      troubles.length = 0;
      await rig.end();
    });

    async function circuitOf(board: CircuitBoard, openFor = settings.openFor): Promise<Circuit> {
      const circuits = new Circuits({
        clock: systemClock,
        random: Math.random,
        onChange: () => {},
        board,
        onBoard: (trouble) => troubles.push(trouble),
      });
      fleet.push(circuits);
      return circuits.get(target, { ...settings, openFor, maxOpenFor: openFor });
    }

    function failUntilOpen(circuit: Circuit): void {
      while (circuit.snapshot().state === 'closed') {
        const permit = circuit.acquire();
        if (!('refused' in permit)) permit.settle('failure');
      }
    }

    /** It opens, and its probe gets through and closes it, as if there were no board. */
    async function worksAlone(circuit: Circuit): Promise<void> {
      failUntilOpen(circuit);
      await until('probed and closed', () => {
        const permit = circuit.acquire();
        if ('refused' in permit) return false;
        permit.settle('success');
        return circuit.snapshot().state === 'closed';
      });
    }

    it('an opening reaches the other replica, and so does the closing', async () => {
      const a = await circuitOf(await rig.replica(place(), 'a'), LONG);
      const b = await circuitOf(await rig.replica(place(), 'b'), LONG);
      failUntilOpen(a);
      await until('doubted', () => b.snapshot().reason === 'remote-opened');
      const probe = b.acquire();
      assert.ok(!('refused' in probe));
      probe.settle('success');
      assert.equal(b.snapshot().state, 'closed');
      await until('told of the closing', () => a.snapshot().reason === 'remote-closed');
    });

    it('a frozen server changes nothing, and when it goes on so does the sharing', async () => {
      const circuit = await circuitOf(await rig.replica(relay.place, 'a', 50));
      relay.freeze();
      await worksAlone(circuit);
      await until('the trouble told', () => troubles.length > 0);
      assert.ok(troubles[0] instanceof StateUnavailable, String(troubles[0]));
      relay.thaw();
      await until('shared again', () => troubles.at(-1) === undefined);
    });

    it('nor does a paused one', {
      skip: skipWithout(redisServerCommand(), 'needs a redis-server to pause'),
    }, async (t) => {
      // Its own: others use the shared one.
      const own = await startRedis();
      t.after(() => own.end());
      const circuit = await circuitOf(await rig.replica(own, 'a', 50));
      // Scripts wait like writes; pausing everything would keep even the end of the pause waiting.
      await own.command('CLIENT', 'PAUSE', '60000', 'WRITE');
      await worksAlone(circuit);
      await until('the trouble told', () => troubles.length > 0);
      await own.command('CLIENT', 'UNPAUSE');
      await until('shared again', () => troubles.at(-1) === undefined);
    });

    it('nor does one that refuses', async () => {
      const circuit = await circuitOf(await rig.replica(relay.place, 'a', 50));
      await relay.close();
      await worksAlone(circuit);
      await until('the trouble told', () => troubles.length > 0);
      await relay.open();
      await until('shared again', () => troubles.at(-1) === undefined);
      assert.ok(troubles.length >= 2);
    });
  });
}
