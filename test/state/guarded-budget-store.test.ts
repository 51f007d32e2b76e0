import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type BudgetStore, StateUnavailable } from '../../src/state/budget-store.ts';
import { openMemoryStore } from '../../src/state/local/memory-store.ts';
import { GuardedBudgetStore } from '../../src/state/redis/guarded-budget-store.ts';
import { FakeClock } from '../breakers/fake-clock.ts';
import { ask, charge, levelOf, rate, request, settlement } from './asks.ts';

/** A store that can be away. */
function rig(whenUnavailable: 'block' | 'allow') {
  const clock = new FakeClock();
  const inner: BudgetStore = openMemoryStore({ clock }).budgets;
  const state = { away: false };
  const flaky = new Proxy(inner, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      return (...args: unknown[]) => {
        if (state.away) throw new StateUnavailable('away');
        return Reflect.apply(method, target, args);
      };
    },
  });
  const degraded: string[] = [];
  const guarded = new GuardedBudgetStore(flaky, {
    clock,
    whenUnavailable,
    replicas: 2,
    onDegraded: (tenant) => degraded.push(tenant),
  });
  return { guarded, inner, state, degraded };
}

const budget = request('acme', 'a', { counters: [ask('usd', 100, 10)] });

describe('a guarded store', () => {
  it('changes nothing while the store is there', async () => {
    const { guarded, degraded } = rig('block');
    const reply = await guarded.reserve(budget);
    assert.deepEqual(reply.kind === 'held' && [reply.degraded, reply.counters.length], [undefined, 1]);
    await guarded.settle(settlement('acme', 'a', [charge('usd', 4)]));
    assert.deepEqual(await levelOf(guarded, 'acme', 'usd'), { spent: 4, held: 0 });
    assert.deepEqual(degraded, []);
  });

  it('blocks what has a budget, but not what is only watched or only rated', async () => {
    const { guarded, state, degraded } = rig('block');
    state.away = true;
    await assert.rejects(guarded.reserve(budget), StateUnavailable);
    const watched = request('acme', 'w', { counters: [ask('usd', Number.MAX_SAFE_INTEGER, 10)] });
    assert.equal((await guarded.reserve(watched)).kind, 'held');
    const rated = request('acme', 'r', { rates: [rate('rpm', 2, 60_000, 1)] });
    assert.equal((await guarded.reserve(rated)).kind, 'held');
    assert.equal((await guarded.reserve({ ...rated, id: 's' })).kind, 'refused');
    assert.deepEqual(degraded, ['acme', 'acme']);
  });

  it('allows with a reply that says it holds nothing, within its part of the rates', async () => {
    const { guarded, state } = rig('allow');
    state.away = true;
    const rates = [rate('rpm', 2, 60_000, 1)];
    const reply = await guarded.reserve({ ...budget, rates });
    assert.deepEqual(reply.kind === 'held' && [reply.degraded, reply.counters], [true, [{ spent: 0, held: 0 }]]);
    const second = await guarded.reserve({ ...budget, id: 'b', rates });
    assert.deepEqual(second.kind === 'refused' && second.by.map(({ kind }) => kind), ['rate']);
  });

  it('keeps paused what it knows to be paused, and no longer than it knows that', async () => {
    const { guarded, state } = rig('allow');
    await guarded.pause('acme', 'tenant', 'by hand');
    state.away = true;
    const reply = await guarded.reserve(budget);
    assert.deepEqual(reply.kind === 'refused' && reply.by, [{ kind: 'paused', scope: 'tenant', reason: 'by hand' }]);
    assert.equal((await guarded.reserve({ ...budget, tenant: 'other' })).kind, 'held');
    state.away = false;
    assert.equal(await guarded.resume('acme', 'tenant'), true);
    state.away = true;
    assert.equal((await guarded.reserve(budget)).kind, 'held');
  });

  it('learns of pauses and of their end elsewhere by what is refused and what is not', async () => {
    const { guarded, inner, state } = rig('allow');
    await inner.pause('acme', 'tenant', 'too dear');
    assert.equal((await guarded.reserve(budget)).kind, 'refused');
    state.away = true;
    assert.equal((await guarded.reserve(budget)).kind, 'refused');
    state.away = false;
    await inner.resume('acme', 'tenant');
    assert.equal((await guarded.reserve(budget)).kind, 'held');
    state.away = true;
    assert.equal((await guarded.reserve({ ...budget, id: 'b' })).kind, 'held');
  });

  it('lets every other error through', async () => {
    const { guarded } = rig('allow');
    await assert.rejects(guarded.reserve(request('acme', 'a', { counters: [ask('usd', 1, 0.5)] })), RangeError);
  });
});
