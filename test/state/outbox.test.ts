import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { MemoryOutbox } from '../../src/state/local/memory-outbox.ts';
import { openSqliteStore } from '../../src/state/local/sqlite-store.ts';
import type { Outbox, OutboxEntry } from '../../src/state/outbox.ts';
import { RedisOutbox } from '../../src/state/redis/redis-outbox.ts';
import { FakeClock } from '../breakers/fake-clock.ts';
import { type OwnRedis, redisServerCommand, skipWithout, startRedis } from './redis-server.ts';
import { openOn, type RedisStand } from './redis-stand.ts';
import { copyOf, stateDir } from './state-dir.ts';

const MINUTE = 60_000;
const noServer = skipWithout(redisServerCommand(), 'no redis-server of 7.2 or newer on PATH');

const entry = (id: string, over: Partial<OutboxEntry> = {}): OutboxEntry => ({
  hook: 'h',
  id,
  type: 'budget.warning',
  body: `{"of":"${id}"}`,
  attempts: 0,
  dueAt: 1_000,
  ...over,
});

/** Every outbox gives what was put, as it was put last, oldest first. `later` lets its entries be left behind. */
async function keeps(outbox: Outbox, later: () => void): Promise<void> {
  const replaced = entry('a', { attempts: 3, dueAt: 1_002.5 });
  await outbox.put(entry('a'));
  await outbox.put(entry('b', { dueAt: 1_003 }));
  await outbox.put(entry('b', { hook: 'other', dueAt: 1_004 }));
  await outbox.put(replaced);
  await outbox.put(entry('c'));
  await outbox.remove('h', 'c');
  await outbox.remove('h', 'never there');
  later();
  assert.deepEqual(await outbox.entries(), [
    replaced,
    entry('b', { dueAt: 1_003 }),
    entry('b', { hook: 'other', dueAt: 1_004 }),
  ]);
}

describe('an outbox in memory', () => {
  it('keeps what is not delivered', () => keeps(new MemoryOutbox(), () => undefined));
});

describe('an outbox in SQLite', () => {
  it('keeps what is not delivered', async () => {
    const store = openSqliteStore({ dir: stateDir(), clock: new FakeClock() });
    await keeps(store.outbox, () => undefined);
    store.close();
  });

  it('has it again after a crash at any moment', async () => {
    const dir = stateDir();
    const store = openSqliteStore({ dir, clock: new FakeClock() });
    await store.outbox.put(entry('a'));
    const crashed = openSqliteStore({ dir: copyOf(dir), clock: new FakeClock() });
    assert.deepEqual(await crashed.outbox.entries(), [entry('a')]);
    crashed.close();
    await store.outbox.remove('h', 'a');
    const later = openSqliteStore({ dir: copyOf(dir), clock: new FakeClock() });
    assert.deepEqual(await later.outbox.entries(), []);
    later.close();
    store.close();
  });
});

describe('an outbox in Redis', { skip: noServer }, () => {
  let redis: OwnRedis;
  let stand: RedisStand;
  before(async () => {
    redis = await startRedis();
    stand = await openOn(redis);
  });
  after(async () => {
    await stand?.close();
    await redis?.end();
  });

  it('keeps what is not delivered', async () => {
    const clock = new FakeClock(0);
    await keeps(new RedisOutbox(stand.link, clock, 'keeps'), () => clock.advance(3 * MINUTE));
  });

  it('gives what is two minutes past its time, to one of those who ask', async () => {
    const clock = new FakeClock(0);
    const [one, two] = [0, 1].map(() => new RedisOutbox(stand.link, clock, 'shared'));
    await one?.put(entry('a', { dueAt: MINUTE }));
    clock.advance(3 * MINUTE - 1);
    assert.deepEqual(await two?.entries(), [], 'whoever made it may be about to send it');
    clock.advance(2);
    const taken = await Promise.all([one?.entries(), two?.entries()]);
    assert.deepEqual(taken.flat(), [entry('a', { dueAt: MINUTE })]);
    clock.advance(2 * MINUTE - 1);
    assert.deepEqual(await one?.entries(), []);
    clock.advance(2);
    assert.equal((await one?.entries())?.length, 1, 'who took it may be gone as well');
  });

  it('is not kept for good', async () => {
    await new RedisOutbox(stand.link, new FakeClock(0), 'bounded').put(entry('a'));
    for (const key of ['bounded:{outbox}', 'bounded:{outbox}:due']) {
      const left = Number(await redis.command('pttl', key));
      assert.ok(left > 0 && left <= 2 * 86_400_000, `${key}: ${left}`);
    }
  });
});
