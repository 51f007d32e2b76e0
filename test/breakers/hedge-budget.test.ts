import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HedgeBudget } from '../../src/breakers/hedge-budget.ts';

describe('a hedge budget', () => {
  it('allows one extra call in twenty, at any time, when every call is late', () => {
    const budget = new HedgeBudget();
    let hedges = 0;
    for (let calls = 1; calls <= 10_000; calls++) {
      budget.called();
      if (budget.tryHedge()) hedges++;
      assert.ok(hedges <= calls * 0.05 + 1e-6);
    }
    assert.equal(hedges, 500);
  });

  it('allows neither more nor less than any other share', () => {
    const budget = new HedgeBudget({ share: 0.1, burst: 1 });
    const allowed = Array.from({ length: 30 }, () => {
      budget.called();
      return budget.tryHedge();
    });
    assert.deepEqual(
      [9, 19, 29].map((call) => allowed[call]),
      [true, true, true],
    );
    assert.equal(allowed.filter(Boolean).length, 3);
  });

  it('saves up no more than a burst', () => {
    const budget = new HedgeBudget({ burst: 3 });
    for (let i = 0; i < 10_000; i++) budget.called();
    assert.deepEqual(
      Array.from({ length: 5 }, () => budget.tryHedge()),
      [true, true, true, false, false],
    );
  });

  it('refuses options that make no budget', () => {
    assert.throws(() => new HedgeBudget({ share: 2 }), /share must be between 0 and 1, not 2/);
    assert.throws(() => new HedgeBudget({ burst: 0 }), /burst must be at least 1, not 0/);
  });
});
