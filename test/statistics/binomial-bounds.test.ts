import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  cleanTrialsNeeded,
  lowerRateBound,
  rateInterval,
  upperRateBound,
} from '../../src/statistics/binomial-bounds.ts';

function close(actual: number, expected: number, tolerance: number): void {
  assert.ok(Math.abs(actual - expected) <= tolerance, `${actual} is not ${expected} +- ${tolerance}`);
}

describe('exact binomial bounds', () => {
  // Two-sided 95% Clopper-Pearson intervals as printed in tables and by R's binom.test.
  const TABLE: readonly (readonly [number, number, number, number])[] = [
    [0, 10, 0, 0.3084971],
    [1, 10, 0.002528579, 0.4450161],
    [5, 10, 0.187086, 0.812914],
    [10, 10, 0.6915029, 1],
    [1, 20, 0.001265089, 0.2487328],
    [5, 100, 0.01643187, 0.1128349],
    [50, 100, 0.3983211, 0.6016789],
  ];
  for (const [events, trials, lower, upper] of TABLE) {
    it(`gives the tabled interval for ${events} of ${trials}`, () => {
      const interval = rateInterval(events, trials, 0.95);
      close(interval.lower, lower, 1e-6);
      close(interval.upper, upper, 1e-6);
    });
  }

  // The published smallest samples that show at most a rate with 95% confidence, for 0, 1, 2, 3 errors.
  const SAMPLES = [
    { rate: 0.01, needed: [299, 473, 628, 773] },
    { rate: 0.02, needed: [149, 236, 313, 386] },
    { rate: 0.05, needed: [59, 93, 124, 153] },
  ];
  for (const { rate, needed } of SAMPLES) {
    it(`needs ${needed.join(', ')} trials with 0, 1, 2, 3 errors for ${rate}`, () => {
      assert.equal(cleanTrialsNeeded(rate, 0.95), needed[0]);
      needed.forEach((trials, errors) => {
        assert.ok(upperRateBound(errors, trials, 0.95) <= rate);
        assert.ok(upperRateBound(errors, trials - 1, 0.95) > rate);
      });
    });
  }

  it('says nothing where nothing was tried', () => {
    assert.equal(upperRateBound(0, 0, 0.95), 1);
    assert.equal(lowerRateBound(0, 0, 0.95), 0);
  });

  it('covers the true rate at least as often as it says, for any rate and count', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.double({ min: 0.001, max: 0.999, noNaN: true }),
        (trials, rate) => {
          let missed = 0;
          let chance = (1 - rate) ** trials;
          for (let events = 0; events <= trials; events++) {
            if (upperRateBound(events, trials, 0.95) < rate) missed += chance;
            chance *= ((trials - events) / (events + 1)) * (rate / (1 - rate));
          }
          assert.ok(missed <= 0.05 + 1e-9, `missed with a chance of ${missed}`);
        },
      ),
      { seed: 1, numRuns: 100 },
    );
  });

  it('holds the share of events between its bounds, and narrows with more trials', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (trials, share) => {
        const events = Math.floor(share * trials);
        const { lower, upper } = rateInterval(events, trials, 0.95);
        assert.ok(lower <= events / trials && events / trials <= upper);
        const wider = rateInterval(events * 4, trials * 4, 0.95);
        assert.ok(wider.upper - wider.lower <= upper - lower + 1e-12);
      }),
      { seed: 2, numRuns: 200 },
    );
  });

  it('refuses what are no counts', () => {
    assert.throws(() => upperRateBound(2, 1, 0.95), /2 of 1/);
    assert.throws(() => upperRateBound(0.5, 1, 0.95), /0.5 of 1/);
    assert.throws(() => upperRateBound(0, 1, 1), /confidence/);
  });
});
