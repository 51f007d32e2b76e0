import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Random } from '../../src/clock.ts';
import { cleanTrialsNeeded } from '../../src/statistics/binomial-bounds.ts';
import { ErrorRateDetector } from '../../src/statistics/error-rate-detector.ts';
import { seeded } from '../breakers/seeded.ts';
import { percentile } from './percentile.ts';

describe('the detector of a doubled error rate', () => {
  for (const epsilon of [0.01, 0.02, 0.05]) {
    const clean = cleanTrialsNeeded(epsilon, 0.95);

    it(`alarms at twice ${epsilon} within the trials it states`, () => {
      const random = seeded(21);
      const detector = new ErrorRateDetector(epsilon);
      const delays = Array.from({ length: 1000 }, () => trialsToAlarm(detector, 2 * epsilon, random, 100_000));
      const stated = detector.delay(epsilon);
      const mean = delays.reduce((sum, delay) => sum + delay, 0) / delays.length;
      assert.ok(mean <= stated.mean && mean >= stated.mean * 0.75, `mean ${mean}, stated ${stated.mean}`);
      assert.ok(
        percentile(delays, 0.93) <= stated.p95,
        `93rd percentile ${percentile(delays, 0.93)}, stated ${stated.p95}`,
      );
      assert.ok(stated.p95 <= 5 * clean, `${stated.p95} is more than five times ${clean}`);
    });

    it(`alarms within half the clean count at ten times ${epsilon}`, () => {
      const random = seeded(22);
      const detector = new ErrorRateDetector(epsilon);
      const delays = Array.from({ length: 500 }, () => trialsToAlarm(detector, 10 * epsilon, random, 10_000));
      assert.ok(percentile(delays, 0.95) <= clean / 2, `95th percentile ${percentile(delays, 0.95)}`);
    });

    it(`is quiet at half of ${epsilon} for ten times the time that is promised, and at ${epsilon} itself for ten clean counts`, () => {
      const random = seeded(23);
      const detector = new ErrorRateDetector(epsilon);
      assert.ok(meanQuietTime(detector, epsilon / 2, random, 12) >= 10 * (20 / epsilon));
      assert.ok(meanQuietTime(detector, epsilon, random, 300) >= 8 * clean);
    });
  }

  it('is at rest after a clean run however long, so that no credit delays the alarm', () => {
    const detector = new ErrorRateDetector(0.05);
    let sums: readonly number[] = [];
    for (let i = 0; i < 10_000; i++) sums = detector.add(sums, false);
    assert.equal(detector.level(sums), 0);
  });

  it('refuses a rate whose double is no error rate', () => {
    assert.throws(() => new ErrorRateDetector(0.5), /epsilon/);
    assert.throws(() => new ErrorRateDetector(Number.NaN), /epsilon/);
  });
});

function trialsToAlarm(detector: ErrorRateDetector, rate: number, random: Random, most: number): number {
  let sums: readonly number[] = [];
  for (let trials = 1; trials < most; trials++) {
    sums = detector.add(sums, random() < rate);
    if (detector.level(sums) >= 1) return trials;
  }
  return most;
}

function meanQuietTime(detector: ErrorRateDetector, rate: number, random: Random, runs: number): number {
  let sum = 0;
  for (let i = 0; i < runs; i++) sum += trialsToAlarm(detector, rate, random, 250_000);
  return sum / runs;
}
