import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { SqliteStore } from '../../src/state/local/sqlite-store.ts';
import { openSqliteStore } from '../../src/state/local/sqlite-store.ts';
import { FakeClock } from '../breakers/fake-clock.ts';
import { ask, charge, levelOf, request, settlement } from './asks.ts';
import { copyOf, stateDir } from './state-dir.ts';

const start = Date.UTC(2026, 10, 2);
const hour = 3_600_000;

describe('counters made again from checkpoint and ledger', () => {
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ do: fc.constant('settle' as const), key: fc.nat({ max: 3 }), amount: fc.nat({ max: 9 }) }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.constantFrom(300, 10_000, hour) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('evict' as const), count: fc.integer({ min: 5, max: 30 }) }) },
  );

  it('are those that were in memory, wherever the process ended', async () => {
    const clock = new FakeClock(start);
    const ask_ = (key: number, amount: number) => {
      const windowStart = Math.floor(clock.now() / hour) * hour;
      const hourly = { windowStart, windowEnd: windowStart + hour };
      const kind = key % 2 === 0 ? hourly : { forgetAfter: 48 * hour };
      return [ask(`k${key}`, 1_000, amount, kind), charge(`k${key}`, amount, kind)] as const;
    };
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const dir = stateDir();
        const store = openSqliteStore({ dir, clock, counterBound: 4, schedule: () => undefined });
        let ids = 0;
        for (const one of steps) {
          if (one.do === 'wait') clock.advance(one.ms);
          else if (one.do === 'evict') {
            for (let n = 0; n < one.count; n++)
              store.budgets.settle(settlement('other', `u${ids++}`, [charge(`x${ids}`, 1)], { held: false }));
          } else {
            const [asked, charged] = ask_(one.key, one.amount);
            const id = `r${ids++}`;
            assert.equal(store.budgets.reserve(request('acme', id, { counters: [asked] })).kind, 'held');
            store.budgets.settle(settlement('acme', id, [charged]));
          }
        }
        store.flush();
        const again = openSqliteStore({ dir: copyOf(dir), clock });
        for (let key = 0; key < 4; key++) {
          const name = `k${key}`;
          assert.deepEqual(
            await levelOf(again.budgets, 'acme', name),
            await levelOf(store.budgets, 'acme', name),
            name,
          );
        }
        again.close();
        store.close();
      }),
      { numRuns: 60 },
    );
  });

  /** A checkpoint of 301 counters, which takes two steps, and what is settled between them. */
  const duringCheckpoint = (store: SqliteStore, clock: FakeClock) => {
    const settle = (id: string, key: string, amount: number) =>
      store.budgets.settle(settlement('acme', id, [charge(key, amount)], { held: false }));
    settle('first', 'usd', 1);
    const charges = Array.from({ length: 300 }, (_, n) => charge(`k${n}`, 1));
    store.budgets.settle(settlement('acme', 'many', charges, { held: false }));
    clock.advance(10_000);
    settle('between', 'k299', 10);
    settle('between too', 'usd', 10);
    store.flush();
  };
  const spent = async (store: SqliteStore) =>
    Promise.all(['usd', 'k0', 'k299'].map(async (key) => (await levelOf(store.budgets, 'acme', key)).spent));

  it('are right in the middle of a checkpoint, and after it', async () => {
    const dir = stateDir();
    const clock = new FakeClock(start);
    const store = openSqliteStore({ dir, clock });
    duringCheckpoint(store, clock);
    for (let step = 0; step < 3; step++) {
      const again = openSqliteStore({ dir: copyOf(dir), clock });
      assert.deepEqual(await spent(again), [11, 1, 11], `after step ${step}`);
      again.close();
      clock.advance(250);
    }
    store.close();
  });

  it('do not lack what is too old for the ledger but in no checkpoint yet', async () => {
    const dir = stateDir();
    const clock = new FakeClock(start);
    const store = openSqliteStore({ dir, clock, retention: { ms: 0, rows: 0 } });
    duringCheckpoint(store, clock);
    clock.advance(250);
    const again = openSqliteStore({ dir: copyOf(dir), clock });
    assert.deepEqual(await spent(again), [11, 1, 11]);
    again.close();
    store.close();
  });

  it('do not go back to a window for what was settled late', async () => {
    const dir = stateDir();
    const clock = new FakeClock(start);
    const store = openSqliteStore({ dir, clock });
    const window = (of: number) => ({ windowStart: start + of * hour, windowEnd: start + (of + 1) * hour });
    for (const [id, of] of [
      ['a', 0],
      ['b', 1],
    ] as const) {
      store.budgets.reserve(request('acme', id, { leaseMs: 2 * hour, counters: [ask('usd', 10, 5, window(of))] }));
      clock.advance(hour - of);
    }
    store.budgets.settle(settlement('acme', 'b', [charge('usd', 4, window(1))]));
    store.budgets.settle(settlement('acme', 'a', [charge('usd', 3, window(0))]));
    store.flush();
    const again = openSqliteStore({ dir: copyOf(dir), clock });
    assert.deepEqual(await levelOf(again.budgets, 'acme', 'usd'), { spent: 4, held: 0 });
    again.close();
    store.close();
  });

  it('that are more than fit in memory are found in the file', async () => {
    const dir = stateDir();
    const clock = new FakeClock(start);
    const store = openSqliteStore({ dir, clock });
    for (let n = 0; n < 50; n++)
      store.budgets.settle(settlement('acme', `r${n}`, [charge(`k${n}`, 7)], { held: false }));
    store.close();
    const again = openSqliteStore({ dir, clock, counterBound: 10 });
    assert.equal(again.budgets.book.size, 10);
    for (let n = 0; n < 50; n++) {
      assert.equal(
        again.budgets.reserve(request('acme', `x${n}`, { counters: [ask(`k${n}`, 10, 4)] })).kind,
        'refused',
      );
    }
    again.close();
  });
});

describe('the ledger on disk', () => {
  it('keeps lines as long as it should and no longer, and so many', async () => {
    const dir = stateDir();
    const clock = new FakeClock(start);
    const store = openSqliteStore({ dir, clock, retention: { ms: 3_600_000, rows: 250 } });
    const settle = (from: number, count: number) => {
      for (let n = from; n < from + count; n++) {
        store.budgets.settle(settlement('acme', `r${n}`, [charge('usd', 1)], { held: false }));
      }
    };
    const ids = async () => (await store.budgets.ledger('acme', { limit: 10_000 })).map(({ id }) => id);
    settle(0, 700);
    clock.advance(1_200_000);
    assert.deepEqual((await ids()).length, 250);
    settle(700, 5);
    clock.advance(3_600_000 - 10_000);
    assert.equal((await ids()).length, 5);
    clock.advance(700_000);
    assert.deepEqual(await ids(), []);
    assert.deepEqual(await levelOf(store.budgets, 'acme', 'usd'), { spent: 705, held: 0 });
    store.close();
    const again = openSqliteStore({ dir, clock });
    assert.deepEqual(await levelOf(again.budgets, 'acme', 'usd'), { spent: 705, held: 0 });
    again.budgets.settle(settlement('acme', 'more', [charge('usd', 1)], { held: false }));
    assert.deepEqual(
      (await again.budgets.ledger('acme', { limit: 10 })).map(({ id }) => id),
      ['more'],
    );
    const crashed = openSqliteStore({ dir: copyOf(dir), clock });
    assert.deepEqual(await levelOf(crashed.budgets, 'acme', 'usd'), { spent: 706, held: 0 });
    crashed.close();
    again.close();
  });
});
