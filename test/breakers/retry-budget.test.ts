import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RetryBudget } from '../../src/breakers/retry-budget.ts';
import { seeded } from './seeded.ts';

interface Tally {
  readonly answered: number;
  readonly tries: number;
  readonly refused: number;
}

/** So many requests, one after the other, each of at most three tries, against a target that fails at random. */
function simulate(requests: number, faults: number, seed: number, budget?: RetryBudget): Tally {
  const random = seeded(seed);
  let [answered, tries, refused] = [0, 0, 0];
  for (let request = 0; request < requests; request++) {
    for (let retry = 0; retry <= 2; retry++) {
      if (retry > 0 && budget && !budget.tryWithdraw()) {
        refused++;
        break;
      }
      tries++;
      if (random() < faults) continue;
      if (retry > 0) budget?.refund();
      else budget?.earn();
      answered++;
      break;
    }
  }
  return { answered, tries, refused };
}

describe('a retry budget', () => {
  for (const faults of [0.05, 0.2, 0.3]) {
    it(`refuses nothing at ${faults * 100}% random faults`, () => {
      for (let seed = 1; seed <= 5; seed++) {
        const limited = simulate(20_000, faults, seed, new RetryBudget());
        assert.deepEqual(limited, simulate(20_000, faults, seed));
      }
    });
  }

  it('makes 1.1 tries a request at most in an outage, and near 1 in a long one', () => {
    assert.ok(simulate(1_000, 1, 1, new RetryBudget()).tries <= 1_100);
    assert.ok(simulate(20_000, 1, 1, new RetryBudget()).tries <= 20_100);
    assert.equal(simulate(1_000, 1, 1).tries, 3_000, 'without it');
  });

  it('recovers with the target', () => {
    const budget = new RetryBudget();
    simulate(1_000, 1, 1, budget);
    assert.equal(budget.tryWithdraw(), false);
    simulate(2_000, 0.05, 2, budget);
    assert.equal(simulate(10_000, 0.2, 3, budget).refused, 0);
  });

  it('holds no more than its capacity', () => {
    const budget = new RetryBudget({ capacity: 10, cost: 5 });
    for (let i = 0; i < 100; i++) budget.earn();
    budget.refund();
    assert.equal(budget.tokens, budget.capacity);
    assert.deepEqual([budget.tryWithdraw(), budget.tryWithdraw(), budget.tryWithdraw()], [true, true, false]);
  });

  it('refuses options that make no budget', () => {
    assert.throws(() => new RetryBudget({ capacity: 0 }), /capacity must be a positive number, not 0/);
    assert.throws(() => new RetryBudget({ cost: Number.NaN }), /cost must be/);
    assert.throws(() => new RetryBudget({ capacity: 4 }), /cost 5 is more than capacity 4/);
  });
});
