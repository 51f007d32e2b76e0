import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { StateUnavailable } from '../../src/state/budget-store.ts';
import { openMemoryStore } from '../../src/state/local/memory-store.ts';
import { GuardedBudgetStore } from '../../src/state/redis/guarded-budget-store.ts';
import { SpendingBudget, type SpendingBudgetOptions } from '../../src/state/spending-budget.ts';
import { FakeClock } from '../breakers/fake-clock.ts';

type Store = SpendingBudgetOptions['store'];

const away: Store = {
  reserve: () => Promise.reject(new StateUnavailable('gone')),
  settle: () => Promise.reject(new StateUnavailable('gone')),
};

function budgetOn(store: Store, clock = new FakeClock()) {
  const troubles: string[] = [];
  const onTrouble = (reason: string) => void troubles.push(reason);
  const options = { store, clock, tenant: 'acme', name: 'evidence:p', limit: 800, periodMs: 60_000, onTrouble };
  return { budget: new SpendingBudget(options), troubles, clock };
}

describe('a spending budget whose store', () => {
  test('is away holds nothing, says so, and rejects nothing', async () => {
    const { budget, troubles } = budgetOn(away);
    assert.equal(await budget.hold('a', 10), undefined);
    assert.deepEqual(troubles, ['gone']);
  });

  test('is away holds nothing either where requests would pass by the policy', async () => {
    const clock = new FakeClock();
    const { budgets } = openMemoryStore({ clock });
    const guarded = new GuardedBudgetStore(Object.assign(Object.create(budgets), away), {
      clock,
      replicas: 1,
      whenUnavailable: 'allow',
    });
    assert.equal(await budgetOn(guarded, clock).budget.hold('a', 10), undefined);
  });

  test('goes away in between does not fail whoever settles', async () => {
    const clock = new FakeClock();
    const { budgets } = openMemoryStore({ clock });
    for (const error of [new StateUnavailable('gone'), new RangeError('odd')]) {
      const settle: Store['settle'] = () => {
        throw error;
      };
      const { budget, troubles } = budgetOn({ reserve: (request) => budgets.reserve(request), settle }, clock);
      const hold = await budget.hold(error.message, 10);
      assert.equal(await hold?.settle(10), undefined);
      assert.deepEqual(troubles, [error.message]);
    }
  });

  test('has another time is asked again in the window it is in', async () => {
    const { budgets } = openMemoryStore({ clock: new FakeClock(1_080_000) });
    const { budget } = budgetOn(budgets, new FakeClock(1_079_999));
    assert.equal((await budget.hold('a', 10))?.windowStart, 1_080_000);
  });

  test('never agrees on the time is asked three times', async () => {
    let asked = 0;
    const reserve: Store['reserve'] = () => {
      asked++;
      return { kind: 'stale-window', now: asked * 60_000 };
    };
    assert.equal(await budgetOn({ ...away, reserve }).budget.hold('a', 10), undefined);
    assert.equal(asked, 3);
  });
});
