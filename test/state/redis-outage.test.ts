import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { StateUnavailable } from '../../src/state/budget-store.ts';
import { GuardedBudgetStore } from '../../src/state/redis/guarded-budget-store.ts';
import { FakeClock } from '../breakers/fake-clock.ts';
import { ask, charge, levelOf, rate, request, settlement } from './asks.ts';
import { type OwnRedis, redisServerCommand, skipWithout, startRedis, until } from './redis-server.ts';
import { openOn, type RedisStand } from './redis-stand.ts';

const skip = skipWithout(redisServerCommand(), 'no redis-server of 7.2 or newer on PATH');
const usd = (amount: number) => ask('usd', 1_000, amount);

describe('Redis in trouble', { skip }, () => {
  let redis: OwnRedis;
  let stand: RedisStand;
  let clock: FakeClock;

  before(async () => {
    redis = await startRedis();
  });
  beforeEach(async () => {
    await redis.command('flushall');
    // Timeouts pass when the test says so; the server, the sockets and ioredis go by real time.
    clock = new FakeClock();
    stand = await openOn(redis, { clock, timeout: 50 });
  });
  afterEach(() => stand.close());
  after(() => redis.end());

  const reserve = (id: string, amount = 100) => stand.budgets.reserve(request('acme', id, { counters: [usd(amount)] }));
  const settle = (id: string, amount: number) => stand.budgets.settle(settlement('acme', id, [charge('usd', amount)]));
  const level = () => levelOf(stand.budgets, 'acme', 'usd');
  /** Writes only: with everything paused, the command that ends it is too. All we send are writes. */
  const freeze = () => redis.command('client', 'pause', 60_000, 'write');
  const thaw = () => redis.command('client', 'unpause');
  /** Lets probes become due until one is answered. */
  const recovered = () =>
    until('recovered', () => {
      if (stand.link.available('test:{acme}:holds')) return true;
      clock.advance(100);
      return false;
    });
  /** By real time: what is being delivered must not time out. */
  const delivered = () => until('all delivered', () => stand.budgets.undelivered === 0);

  it('frozen: who waits is answered after the timeout, who comes later at once', async () => {
    await freeze();
    const waiting = assert.rejects(reserve('a'), StateUnavailable);
    clock.advance(49);
    assert.equal(stand.troubles.length, 0);
    clock.advance(1);
    await waiting;
    assert.deepEqual(
      stand.troubles.map(({ kind, reason }) => [kind, reason]),
      [['unavailable', 'no answer within 50 ms']],
    );
    const before = clock.now();
    for (let n = 0; n < 100; n++) await assert.rejects(reserve(`b${n}`), StateUnavailable);
    assert.equal(clock.now(), before, 'no time passed');
    await thaw();
    await recovered();
    assert.equal((await reserve('c')).kind, 'held');
  });

  it('closed while a command is under way: the command fails at once, and so does each after it; no timer stays', async () => {
    await freeze();
    const own = await openOn(redis, { clock, timeout: 20_000 });
    const before = clock.pending;
    const waiting = assert.rejects(own.link.call('set', 'x', '1'), /the connection is closed/);
    assert.equal(clock.pending, before + 1);
    own.link.close();
    await waiting;
    await assert.rejects(own.link.call('set', 'x', '1'), StateUnavailable);
    assert.equal(clock.pending, before);
    assert.deepEqual(own.troubles, []);
    await thaw();
  });

  it('is not blamed where this process was busy while the answer lay in the socket', async () => {
    await stand.budgets.reserve(request('acme', 'first'));
    const waiting = stand.budgets.reserve(request('acme', 'a'));
    // Timers come before sockets are read, as a real one's would that is long due.
    setTimeout(() => clock.advance(50), 0);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_500);
    assert.equal((await waiting).kind, 'held');
    assert.deepEqual(stand.troubles, []);
  });

  for (const [how, stop, go] of [
    ['by CLIENT PAUSE of everything', () => redis.command('client', 'pause', 300, 'all'), async () => undefined],
    ['as a process', async () => redis.process.kill('SIGSTOP'), async () => redis.process.kill('SIGCONT')],
  ] as const) {
    it(`frozen ${how}: nothing waits for longer, and it is used again when it goes on`, async () => {
      await stop();
      const waiting = assert.rejects(reserve('a'), StateUnavailable);
      clock.advance(50);
      await waiting;
      await assert.rejects(reserve('b'), StateUnavailable);
      await go();
      await recovered();
      assert.equal((await reserve('c')).kind, 'held');
    });
  }

  it('frozen: a reserve that is carried out afterwards is taken back, with the rates it took', async () => {
    await reserve('before', 1);
    await freeze();
    const rates = [rate('rpm', 1, 3_600_000, 1)];
    const waiting = assert.rejects(
      async () => stand.budgets.reserve(request('acme', 'phantom', { counters: [usd(900)], rates })),
      StateUnavailable,
    );
    clock.advance(50);
    await waiting;
    assert.equal(stand.budgets.undelivered, 1);
    await thaw();
    await recovered();
    await delivered();
    assert.deepEqual(await level(), { spent: 0, held: 1 });
    assert.equal((await stand.budgets.reserve(request('acme', 'next', { rates }))).kind, 'held');
  });

  it('frozen: the same id tried again keeps its hold when the first call is taken back', async () => {
    await freeze();
    const waiting = assert.rejects(reserve('a', 7), StateUnavailable);
    clock.advance(50);
    await waiting;
    await thaw();
    await recovered();
    assert.equal((await reserve('a', 7)).kind, 'held');
    await delivered();
    assert.deepEqual(await level(), { spent: 0, held: 7 });
  });

  it('frozen: a settlement is kept, and charged exactly once when it is back', async () => {
    await reserve('a');
    await freeze();
    const waiting = settle('a', 40);
    clock.advance(50);
    assert.deepEqual(await waiting, { settled: true, late: false, counters: [undefined], queued: true });
    await thaw();
    await recovered();
    await delivered();
    assert.deepEqual(await level(), { spent: 40, held: 0 });
    assert.equal((await stand.budgets.ledger('acme', { limit: 10 })).length, 1);
  });

  it('killed: refused at once; back and empty: settlements of lost holds are still charged', async () => {
    await reserve('a');
    await reserve('b');
    await redis.kill();
    await until('noticed', () => {
      const tried = reserve('x').then(
        () => false,
        () => true,
      );
      return tried;
    });
    const before = clock.now();
    for (let n = 0; n < 100; n++) await assert.rejects(reserve(`y${n}`), /Redis at 127\.0\.0\.1:\d+/);
    assert.equal(clock.now(), before);
    assert.equal((await settle('a', 30)).queued, true);
    await redis.start();
    await recovered();
    await delivered();
    assert.deepEqual(await level(), { spent: 30, held: 0 });
    const reply = await settle('b', 12);
    assert.deepEqual([reply.settled, reply.late], [true, true]);
    assert.deepEqual(await level(), { spent: 42, held: 0 });
    assert.equal(stand.recoveries.length, 1);
  });

  it('without its scripts they are loaded again', async () => {
    await reserve('a');
    await redis.command('script', 'flush');
    assert.equal((await reserve('b')).kind, 'held');
    await redis.command('script', 'flush');
    assert.equal((await settle('b', 3)).settled, true);
    assert.deepEqual(stand.troubles, []);
  });

  it('out of memory: nothing new is let in, and a settlement is kept and charged once when there is room', async () => {
    await reserve('a');
    await reserve('b');
    await redis.command('config', 'set', 'maxmemory-policy', 'noeviction', 'maxmemory', 1);
    try {
      const waiting = settle('a', 40);
      assert.deepEqual(await waiting, { settled: true, late: false, counters: [undefined], queued: true });
      await until('judged', async () => {
        await assert.rejects(reserve('c'), StateUnavailable);
        return stand.troubles.some(({ kind, reason }) => kind === 'unavailable' && reason.includes('OOM'));
      });
    } finally {
      await redis.command('config', 'set', 'maxmemory', 0);
    }
    await recovered();
    await delivered();
    assert.deepEqual(await level(), { spent: 40, held: 100 }, 'of b alone');
    assert.equal((await settle('a', 40)).settled, false);
    assert.equal((await settle('b', 5)).settled, true);
    assert.deepEqual(await level(), { spent: 45, held: 0 });
  });

  it('as a replica takes no reserve, and is left alone until it is a master again', async () => {
    const master = await startRedis();
    try {
      await redis.command('replicaof', master.host, master.port);
      await until('judged', async () => {
        await assert.rejects(reserve('a'), StateUnavailable);
        return stand.troubles.some(({ kind, reason }) => kind === 'unavailable' && /READONLY|MASTERDOWN/.test(reason));
      });
      await redis.command('replicaof', 'no', 'one');
      await recovered();
      assert.equal((await reserve('b')).kind, 'held');
    } finally {
      await master.end();
    }
  });

  it('by the policy "block": what has a budget fails, what has only rates keeps to its part of them', async () => {
    const guarded = new GuardedBudgetStore(stand.budgets, { clock, whenUnavailable: 'block', replicas: 2 });
    await freeze();
    const waiting = assert.rejects(guarded.reserve(request('acme', 'a', { counters: [usd(1)] })), StateUnavailable);
    clock.advance(50);
    await waiting;
    const rates = [rate('rpm', 4, 60_000, 1)];
    const replies = [];
    for (let n = 0; n < 4; n++) replies.push((await guarded.reserve(request('acme', `r${n}`, { rates }))).kind);
    assert.deepEqual(replies, ['held', 'held', 'refused', 'refused']);
    await thaw();
    await recovered();
  });

  it('by the policy "allow": requests pass, and are charged when it is back', async () => {
    const guarded = new GuardedBudgetStore(stand.budgets, { clock, whenUnavailable: 'allow', replicas: 2 });
    await freeze();
    const waiting = guarded.reserve(request('acme', 'a', { counters: [usd(10)] }));
    clock.advance(50);
    const reply = await waiting;
    assert.equal(reply.kind === 'held' && reply.degraded, true);
    const settled = await guarded.settle(settlement('acme', 'a', [charge('usd', 8)], { held: false }));
    assert.equal(settled.queued, true);
    await thaw();
    await recovered();
    await delivered();
    assert.deepEqual(await level(), { spent: 8, held: 0 });
  });

  it('for too long: what exceeds the queue, and what is left at the end, is reported as lost', async () => {
    const small = await openOn(redis, { clock, timeout: 50, queueBound: 3 });
    for (let n = 0; n < 6; n++) await small.budgets.reserve(request('acme', `r${n}`, { counters: [usd(1)] }));
    await freeze();
    const waiting = small.budgets.settle(settlement('acme', 'r0', [charge('usd', 1)]));
    clock.advance(50);
    await waiting;
    for (let n = 1; n < 6; n++) await small.budgets.settle(settlement('acme', `r${n}`, [charge('usd', 1)]));
    clock.advance(1_000);
    const lost = () =>
      small.troubles.flatMap((trouble) => (trouble.kind === 'lost-settlements' ? [trouble.count] : []));
    assert.deepEqual(lost(), [3]);
    await small.close();
    assert.deepEqual(lost(), [3, 3]);
    await thaw();
  });

  it('not there at the start: opens all the same, and serves once it is', async () => {
    await redis.kill();
    const early = await openOn(redis, { clock, timeout: 50 });
    try {
      assert.equal(early.version, undefined);
      await assert.rejects(
        early.budgets.reserve(request('acme', 'a')),
        (error) => error instanceof StateUnavailable && error.message.includes(`127.0.0.1:${redis.port}`),
      );
      await redis.start();
      await until('recovered', () => early.link.available('test:{acme}:holds'));
      assert.equal((await early.budgets.reserve(request('acme', 'a'))).kind, 'held');
    } finally {
      await early.close();
    }
  });
});
