import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Random } from '../../src/clock.ts';
import { MeanRegressionDetector } from '../../src/statistics/mean-regression-detector.ts';
import { seeded } from '../breakers/seeded.ts';
import { percentile } from './percentile.ts';

describe('the detector of a regression', () => {
  it('alarms within 150 values of a drop of ten points, 95 times of 100, where both agreed before', () => {
    const random = seeded(41);
    const detector = new MeanRegressionDetector();
    const delays = Array.from({ length: 2000 }, () => {
      // Three hundred quiet values first: they earn no credit.
      let sums: readonly number[] = [];
      for (let n = 0; n < 300; n++) sums = detector.add(sums, 0);
      return valuesToAlarm(detector, sums, 0.1, 0.1, random, 10_000);
    });
    assert.ok(percentile(delays, 0.95) <= 150, `95th percentile ${percentile(delays, 0.95)}`);
  });

  it('is slower where the models differ for other reasons as well, as the docs say', () => {
    const random = seeded(42);
    const detector = new MeanRegressionDetector();
    for (const { discordance, p95 } of [
      { discordance: 0.15, p95: 240 },
      { discordance: 0.2, p95: 330 },
    ]) {
      const delays = Array.from({ length: 500 }, () => valuesToAlarm(detector, [], 0.1, discordance, random, 10_000));
      assert.ok(percentile(delays, 0.95) <= p95, `95th percentile ${percentile(delays, 0.95)} at ${discordance}`);
    }
  });

  it('cries wolf once in thousands of values at a loss of 0', () => {
    const random = seeded(43);
    const detector = new MeanRegressionDetector();
    for (const { discordance, quiet } of [
      { discordance: 0.05, quiet: 6000 },
      { discordance: 0.1, quiet: 2500 },
      { discordance: 0.2, quiet: 900 },
    ]) {
      const times = Array.from({ length: 100 }, () => valuesToAlarm(detector, [], 0, discordance, random, 50_000));
      const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
      assert.ok(mean >= quiet, `once in ${mean} at ${discordance}`);
    }
  });

  it('keeps the quiet time it is given at the quiet mean, whatever the values are', () => {
    const random = seeded(44);
    for (const discordance of [0.02, 0.1, 0.5, 1]) {
      const detector = new MeanRegressionDetector({ quietMean: 0.02, quietTime: 100 });
      const times = Array.from({ length: 200 }, () => valuesToAlarm(detector, [], 0.02, discordance, random, 50_000));
      const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
      assert.ok(mean >= 100, `once in ${mean} at ${discordance}`);
    }
  });

  it('refuses what is no value between -1 and 1', () => {
    assert.throws(() => new MeanRegressionDetector().add([], 2), /2/);
    assert.throws(() => new MeanRegressionDetector().add([], Number.NaN), /NaN/);
  });
});

function valuesToAlarm(
  detector: MeanRegressionDetector,
  from: readonly number[],
  loss: number,
  discordance: number,
  random: Random,
  most: number,
): number {
  let sums = from;
  for (let n = 1; n < most; n++) {
    const drawn = random();
    sums = detector.add(sums, drawn < (discordance + loss) / 2 ? 1 : drawn < discordance ? -1 : 0);
    if (detector.level(sums) >= 1) return n;
  }
  return most;
}
