import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Random } from '../../src/clock.ts';
import { alarmWithin } from '../../src/statistics/alarm-chance.ts';
import { type LossBaseline, PairedLossDetector } from '../../src/statistics/paired-loss-detector.ts';
import { seeded } from '../breakers/seeded.ts';
import { percentile } from './percentile.ts';

const AGREED: LossBaseline = { n: 200, losses: 0, wins: 0 };

describe('the detector of a drop of ten points', () => {
  /** Shares of losses and wins, before and after. */
  const CASES = [
    { before: [0, 0], after: [0.1, 0] },
    { before: [0.03, 0.03], after: [0.13, 0.03] },
    { before: [0.05, 0.05], after: [0.15, 0.05] },
    { before: [0.05, 0.05], after: [0.1, 0] },
    { before: [0.02, 0.1], after: [0.02, 0.002] },
    // Where it says itself that it cannot watch such a pair without crying wolf it is in time all the same.
    { before: [0.1, 0.1], after: [0.2, 0.1] },
    { before: [0.15, 0.15], after: [0.25, 0.15] },
  ] as const;

  for (const { before, after } of CASES)
    it(`alarms within 150 values, 95 times of 100, from ${before} to ${after}`, () => {
      const random = seeded(41);
      const n = 1_000;
      const detector = new PairedLossDetector({ n, losses: n * before[0], wins: n * before[1] });
      const delays = Array.from({ length: 1_000 }, () => valuesToAlarm(detector, after, random, 5_000));
      assert.ok(percentile(delays, 0.95) <= 150, `95th percentile ${percentile(delays, 0.95)}`);
    });

  it('cries wolf once in thousands of values where the models mostly agree', () => {
    const random = seeded(43);
    for (const { losses, wins, quiet } of [
      { losses: 0, wins: 0, quiet: 10_000 },
      { losses: 0.02, wins: 0.02, quiet: 4_000 },
      { losses: 0.03, wins: 0.03, quiet: 2_000 },
      { losses: 0.05, wins: 0.05, quiet: 800 },
    ]) {
      const n = 1_000;
      const detector = new PairedLossDetector({ n, losses: n * losses, wins: n * wins });
      const times = Array.from({ length: 100 }, () => valuesToAlarm(detector, [losses, wins], random, 10_000));
      const mean = times.reduce((sum, time) => sum + time, 0) / times.length;
      assert.ok(mean >= quiet, `once in ${mean} at ${losses}, ${wins}`);
    }
  });

  it('says where it would cry wolf every few values', () => {
    const watchable = (losses: number, wins: number) => new PairedLossDetector({ n: 100, losses, wins }).watchable;
    assert.deepEqual([watchable(0, 0), watchable(3, 3), watchable(2, 10)], [true, true, true]);
    assert.deepEqual([watchable(12, 12), watchable(30, 30)], [false, false]);
  });

  it('earns no credit in quiet times', () => {
    const detector = new PairedLossDetector(AGREED);
    let sums: readonly number[] = [];
    for (let n = 0; n < 1_000; n++) sums = detector.add(sums, 0);
    assert.deepEqual(sums, [0, 0, 0]);
    assert.equal(detector.level(sums), 0);
  });

  it('refuses what is no value between -1 and 1', () => {
    assert.throws(() => new PairedLossDetector(AGREED).add([], 2), /2/);
    assert.throws(() => new PairedLossDetector(AGREED).add([], Number.NaN), /NaN/);
  });
});

describe('the chance of an alarm', () => {
  it('is that of a sum which only rises, exactly', () => {
    const steps = [
      { step: 1, chance: 0.1 },
      { step: 0, chance: 0.9 },
    ];
    assert.ok(Math.abs(alarmWithin(steps, 1, 10) - (1 - 0.9 ** 10)) < 1e-12);
    assert.equal(alarmWithin([{ step: -1, chance: 1 }], 1, 100), 0);
  });

  it('is about what is seen where it rises and falls', () => {
    const random = seeded(44);
    const steps = [
      { step: 1.3, chance: 0.1 },
      { step: -0.12, chance: 0.9 },
    ];
    let alarms = 0;
    for (let run = 0; run < 4_000; run++) {
      let sum = 0;
      for (let n = 0; n < 150 && sum < 5; n++) sum = Math.max(0, sum + (random() < 0.1 ? 1.3 : -0.12));
      if (sum >= 5) alarms++;
    }
    assert.ok(Math.abs(alarms / 4_000 - alarmWithin(steps, 5, 150)) < 0.04);
  });
});

function valuesToAlarm(
  detector: PairedLossDetector,
  [losses, wins]: readonly [number, number],
  random: Random,
  most: number,
): number {
  let sums: readonly number[] = [];
  for (let n = 1; n < most; n++) {
    const at = random();
    sums = detector.add(sums, at < losses ? 1 : at < losses + wins ? -1 : 0);
    if (detector.level(sums) >= 1) return n;
  }
  return most;
}
