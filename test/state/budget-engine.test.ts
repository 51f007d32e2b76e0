import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Hold } from '../../src/state/local/hold.ts';
import { LeaseHeap } from '../../src/state/local/lease-heap.ts';
import { openMemoryStore } from '../../src/state/local/memory-store.ts';
import { openSqliteStore } from '../../src/state/local/sqlite-store.ts';
import { FakeClock } from '../breakers/fake-clock.ts';
import { ask, charge, entry, levelOf, rate, request, settlement } from './asks.ts';
import { stateDir } from './state-dir.ts';

const day = 86_400_000;
const start = Date.UTC(2026, 10, 2);

describe('the memory of the engine', () => {
  it('forgets sessions that lie still, windows that are over and rates that are full, as new ones come', () => {
    const clock = new FakeClock(start);
    const { budgets } = openMemoryStore({ clock });
    for (let n = 0; n < 20_000; n++) {
      const windowStart = Math.floor(clock.now() / 60_000) * 60_000;
      const session = { forgetAfter: 600_000 };
      const minute = { windowStart, windowEnd: windowStart + 60_000 };
      const tenant = `t${n % 100}`;
      const counters = [ask(`session:${n}`, 10, 1, session), ask(`user:${n}/minute`, 10, 1, minute)];
      budgets.reserve(request(tenant, `r${n}`, { counters, rates: [rate(`rpm:${n}`, 10, 60_000, 1)] }));
      budgets.settle(
        settlement(tenant, `r${n}`, [charge(`session:${n}`, 1, session), charge(`user:${n}/minute`, 1, minute)]),
      );
      clock.advance(10_000);
    }
    assert.ok(budgets.book.size < 3_000, `${budgets.book.size} counters are left`);
  });

  it('does not forget what is held, whatever its age', async () => {
    const clock = new FakeClock(start);
    const { budgets } = openMemoryStore({ clock });
    const session = { forgetAfter: 1_000 };
    budgets.reserve(request('acme', 'a', { leaseMs: day, counters: [ask('session', 10, 6, session)] }));
    clock.advance(day / 2);
    budgets.reap();
    assert.equal(budgets.reserve(request('acme', 'b', { counters: [ask('session', 10, 6, session)] })).kind, 'refused');
    assert.deepEqual(await levelOf(budgets, 'acme', 'session'), { spent: 0, held: 6 });
  });

  it('remembers the spend of a window for an hour longer, for a clock that is set back', async () => {
    const clock = new FakeClock(start);
    const { budgets } = openMemoryStore({ clock });
    const minute = { windowStart: start, windowEnd: start + 60_000 };
    budgets.reserve(request('acme', 'a', { counters: [ask('usd', 10, 9, minute)] }));
    budgets.settle(settlement('acme', 'a', [charge('usd', 9, minute)]));
    clock.advance(3_600_000);
    budgets.reap();
    clock.advance(-3_600_000);
    assert.equal(budgets.reserve(request('acme', 'b', { counters: [ask('usd', 10, 2, minute)] })).kind, 'refused');
    clock.advance(3_600_000 + 60_000);
    budgets.reap();
    assert.equal(budgets.book.size, 0);
  });

  it('keeps the last ten thousand lines where there is no file', async () => {
    const { budgets } = openMemoryStore({ clock: new FakeClock(start) });
    for (let n = 0; n < 10_500; n++) {
      const tenant = n % 2 === 0 ? 'even' : 'odd';
      budgets.settle(settlement(tenant, `r${n}`, [], { held: false, entry: entry(tenant, `r${n}`) }));
    }
    const lines = await budgets.ledger('even', { limit: 100_000 });
    assert.equal(lines.length, 5_000);
    assert.equal(lines[0]?.id, 'r500');
  });

  it('drops counters that lie still to the file when there are too many, and finds them again', async () => {
    const clock = new FakeClock(start);
    const store = openSqliteStore({ dir: stateDir(), clock, counterBound: 100 });
    const settle = (n: number, amount: number) =>
      store.budgets.settle(settlement('acme', `r${ids++}`, [charge(`k${n}`, amount)], { held: false }));
    let ids = 0;
    for (let n = 0; n < 2_000; n++) {
      settle(n, n + 1);
      if (n % 50 === 0) clock.advance(10_000);
    }
    assert.ok(store.budgets.book.size < 500, `${store.budgets.book.size} counters are left`);
    const reply = store.budgets.reserve(request('acme', 'x', { counters: [ask('k3', 10, 7), ask('k7', 10, 7)] }));
    assert.deepEqual(reply.kind === 'refused' && reply.by, [
      { kind: 'counter', index: 0, level: { spent: 4, held: 0 } },
      { kind: 'counter', index: 1, level: { spent: 8, held: 0 } },
    ]);
    assert.equal((await store.budgets.counters('acme', 10_000)).length, 2_000);
    for (let n = 0; n < 2_000; n++) {
      assert.deepEqual(settle(n, 1).counters, [{ before: n + 1, after: n + 2, held: 0 }]);
      if (n % 50 === 0) clock.advance(10_000);
    }
    store.close();
  });
});

describe('late settlements', () => {
  it('are still charged a day after the lease ran out, and not later', () => {
    for (const [wait, settled] of [
      [day - 60_000, true],
      [day + 60_000, false],
    ] as const) {
      const clock = new FakeClock(start);
      const { budgets } = openMemoryStore({ clock });
      budgets.reserve(request('acme', 'a', { leaseMs: 1_000, counters: [ask('usd', 10, 1)] }));
      clock.advance(1_001);
      budgets.reap();
      clock.advance(wait);
      budgets.reserve(request('acme', 'b', { leaseMs: 1_000 }));
      clock.advance(1_001);
      budgets.reap();
      assert.equal(budgets.settle(settlement('acme', 'a', [charge('usd', 1)])).settled, settled);
    }
  });
});

describe('a key asked twice in one request', () => {
  it('is refused, for it would be checked twice against the same level', () => {
    const { budgets } = openMemoryStore({ clock: new FakeClock(start) });
    const twice = request('acme', 'a', { counters: [ask('usd', 10, 6), ask('usd', 10, 6)] });
    assert.throws(() => budgets.reserve(twice), /usd is asked twice/);
  });
});

describe('the lease heap', () => {
  it('has the earliest deadline first, whatever is added, taken out and postponed', () => {
    const step = fc.record({
      do: fc.constantFrom('add', 'remove', 'postpone'),
      which: fc.nat(),
      by: fc.nat({ max: 50 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const heap = new LeaseHeap();
        const model: Hold[] = [];
        for (const { do: what, which, by } of steps) {
          const picked = model[which % Math.max(1, model.length)];
          if (what === 'add') {
            const hold = new Hold('acme', String(which), by);
            heap.add(hold);
            model.push(hold);
          } else if (picked !== undefined && what === 'remove') {
            heap.remove(picked);
            model.splice(model.indexOf(picked), 1);
          } else if (picked !== undefined) {
            picked.deadline += by;
            heap.postponed(picked);
          }
          assert.equal(heap.size, model.length);
          assert.equal(
            heap.first?.deadline,
            model.length === 0 ? undefined : Math.min(...model.map((one) => one.deadline)),
          );
        }
      }),
    );
  });
});
