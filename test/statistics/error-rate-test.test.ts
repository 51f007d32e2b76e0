import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { upperRateBound } from '../../src/statistics/binomial-bounds.ts';
import { cleanTrialsOfAttempt, errorRateEvidence, passMark, refutes } from '../../src/statistics/error-rate-test.ts';
import { seeded } from '../breakers/seeded.ts';
import { percentile } from './percentile.ts';

const GOALS = [
  { epsilon: 0.01, confidence: 0.95, clean: 299 },
  { epsilon: 0.02, confidence: 0.95, clean: 149 },
  { epsilon: 0.05, confidence: 0.95, clean: 59 },
];

describe('the sequential test of an error rate', () => {
  for (const goal of GOALS) {
    it(`passes at exactly ${goal.clean} clean trials for ${goal.epsilon}, and with more for each further attempt`, () => {
      assert.equal(refutes(goal, 1, 0, goal.clean - 1), false);
      assert.equal(refutes(goal, 1, 0, goal.clean), true);
      const clean = [1, 2, 3, 4].map((attempt) => cleanTrialsOfAttempt(goal, attempt));
      assert.deepEqual(
        clean,
        [...clean].sort((a, b) => a - b),
      );
      assert.ok((clean[1] ?? 0) < 3.5 * goal.clean, `second attempt: ${clean[1]}`);
    });
  }

  it('never passes where the exact bound for the same counts is above epsilon', () => {
    const counts = fc.record({
      epsilon: fc.double({ min: 0.003, max: 0.2, noNaN: true }),
      attempt: fc.integer({ min: 1, max: 5 }),
      trials: fc.integer({ min: 1, max: 5000 }),
      share: fc.double({ min: 0, max: 1.2, noNaN: true }),
    });
    fc.assert(
      fc.property(counts, ({ epsilon, attempt, trials, share }) => {
        const errors = Math.min(trials, Math.floor(share * epsilon * trials));
        if (!refutes({ epsilon, confidence: 0.95 }, attempt, errors, trials)) return;
        assert.ok(upperRateBound(errors, trials, 0.95) <= epsilon + 1e-9);
      }),
      { seed: 3, numRuns: 2000 },
    );
  });

  it('gains by a clean trial and loses by an error', () => {
    for (const { epsilon, confidence } of GOALS) {
      const goal = { epsilon, confidence };
      assert.ok(errorRateEvidence(goal, 1, 1, 201) > errorRateEvidence(goal, 1, 1, 200));
      assert.ok(errorRateEvidence(goal, 1, 2, 201) < errorRateEvidence(goal, 1, 1, 200));
    }
  });

  it('adds up to at most the doubt it may leave, over all attempts: at no trials the evidence of all is 1', () => {
    for (const goal of GOALS) {
      let sum = 0;
      for (let attempt = 1; attempt <= 60; attempt++) sum += Math.exp(errorRateEvidence(goal, attempt, 0, 0));
      assert.ok(sum <= 1 + 1e-12 && sum > 0.999, `the evidence sums to ${sum}`);
      assert.equal(passMark(goal), -Math.log(1 - goal.confidence));
    }
  });

  // Exact, not simulated: the chance of ever passing is carried along trial by trial, for every count of errors.
  for (const goal of GOALS) {
    it(`ever passes with a chance of at most 5% at an error rate of exactly ${goal.epsilon}, looked at after every trial`, () => {
      const passed = chanceOfPassing(goal, goal.epsilon, goal.clean * 30);
      assert.ok(passed <= 0.05, `chance ${passed}`);
      assert.ok(passed > 0.048, `chance ${passed}: the test wastes what it may spend`);
    });
  }

  it('passes in the end with a few errors: the trials that take', () => {
    const random = seeded(11);
    // Share of epsilon, and the median and 95th percentile of the trials, in multiples of the clean count.
    for (const { share, median, p95 } of [
      { share: 0.1, median: 1.01, p95: 8 },
      { share: 0.25, median: 6, p95: 16 },
      { share: 0.5, median: 20, p95: 50 },
    ]) {
      const goal = { epsilon: 0.05, confidence: 0.95 };
      const taken = Array.from({ length: 200 }, () => {
        let errors = 0;
        for (let trials = 1; ; trials++) {
          if (random() < share * goal.epsilon) errors++;
          if (refutes(goal, 1, errors, trials)) return trials / 59;
        }
      });
      assert.ok(percentile(taken, 0.5) <= median, `median ${percentile(taken, 0.5)} at ${share}`);
      assert.ok(percentile(taken, 0.95) <= p95, `95th percentile ${percentile(taken, 0.95)} at ${share}`);
    }
  });
});

/** The chance that the first attempt has passed at or before `horizon` trials. */
function chanceOfPassing(goal: { epsilon: number; confidence: number }, rate: number, horizon: number): number {
  let alive = [1];
  let passed = 0;
  for (let trials = 1; trials <= horizon; trials++) {
    const next: number[] = [];
    alive.forEach((chance, errors) => {
      next[errors] = (next[errors] ?? 0) + chance * (1 - rate);
      next[errors + 1] = (next[errors + 1] ?? 0) + chance * rate;
    });
    // Evidence falls with errors: passing counts of errors are the smallest ones.
    for (let errors = 0; errors < next.length; errors++) {
      if ((next[errors] ?? 0) === 0) continue;
      if (!refutes(goal, 1, errors, trials)) break;
      passed += next[errors] ?? 0;
      next[errors] = 0;
    }
    alive = next;
  }
  return passed;
}
