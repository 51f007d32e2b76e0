import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Random } from '../../src/clock.ts';
import { MeanBound } from '../../src/statistics/mean-bound.ts';
import { seeded } from '../breakers/seeded.ts';
import { percentile } from './percentile.ts';

const DELTA = 0.05;

describe('the always-valid bound on a mean', () => {
  // A paired loss is 1 (only the strong model was right), -1 (only the cheap one) or 0; `discordance` is how often it is not 0.
  for (const discordance of [0.05, 0.1, 0.3]) {
    it(`admits at most 5% of 1,000 runs with a true loss of exactly delta, looked at after each of 600 values (discordance ${discordance})`, () => {
      const random = seeded(31);
      let admitted = 0;
      for (let run = 0; run < 1000; run++) if (valuesToAdmit(DELTA, discordance, random, 600) <= 600) admitted++;
      assert.ok(admitted <= 50, `${admitted} of 1000`);
    });
  }

  it('admits at most 5% where the loss takes any values between', () => {
    const random = seeded(32);
    let admitted = 0;
    for (let run = 0; run < 1000; run++) {
      const bound = new MeanBound();
      for (let n = 0; n < 200; n++) {
        bound.add(DELTA + 0.3 * (2 * random() - 1));
        if (bound.refutes(DELTA, 0.95)) {
          admitted++;
          break;
        }
      }
    }
    assert.ok(admitted <= 50, `${admitted} of 1000`);
  });

  // The power table of docs/cache-certificates.md: values needed at a true loss of 0.
  for (const { discordance, median, p95 } of [
    { discordance: 0, median: 86, p95: 86 },
    { discordance: 0.05, median: 220, p95: 450 },
    { discordance: 0.1, median: 320, p95: 800 },
    { discordance: 0.2, median: 540, p95: 1600 },
  ]) {
    it(`admits a true loss of 0 after about ${median} values at discordance ${discordance}`, () => {
      const random = seeded(33);
      const taken = Array.from({ length: 200 }, () => valuesToAdmit(0, discordance, random, 20_000));
      assert.ok(percentile(taken, 0.5) <= median, `median ${percentile(taken, 0.5)}`);
      assert.ok(percentile(taken, 0.95) <= p95, `95th percentile ${percentile(taken, 0.95)}`);
    });
  }

  const values = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { maxLength: 60 });

  it('is the smallest mean that is refuted, and above the mean of the values', () => {
    fc.assert(
      fc.property(values, (all) => {
        const bound = new MeanBound();
        for (const value of all) bound.add(value);
        const upper = bound.upper(0.95);
        assert.ok(upper >= bound.mean);
        if (upper < 1) assert.ok(bound.refutes(upper, 0.95));
        assert.ok(!bound.refutes(Math.max(-1, upper - 1e-6), 0.95));
      }),
      { seed: 4, numRuns: 300 },
    );
  });

  it('is the same after a way through JSON, in any order', () => {
    fc.assert(
      fc.property(values, (all) => {
        const bound = new MeanBound();
        for (const value of all) bound.add(value);
        const restored = new MeanBound(JSON.parse(JSON.stringify(bound)));
        assert.equal(restored.n, all.length);
        assert.equal(restored.upper(0.95), bound.upper(0.95));
        const reversed = new MeanBound();
        for (const value of [...all].reverse()) reversed.add(value);
        assert.ok(Math.abs(reversed.upper(0.95) - bound.upper(0.95)) < 1e-9);
      }),
      { seed: 5, numRuns: 100 },
    );
  });

  it('rounds values up, never down', () => {
    const bound = new MeanBound();
    bound.add(0.011);
    assert.equal(bound.mean, 0.02);
    const exact = new MeanBound();
    for (let tick = -50; tick <= 50; tick++) exact.add(tick / 50);
    assert.equal(Object.keys(exact.toJSON()).length, 101);
  });

  it('knows nothing without values, and refuses what is none', () => {
    assert.equal(new MeanBound().upper(0.95), 1);
    assert.throws(() => new MeanBound().add(1.01), /1.01/);
    assert.throws(() => new MeanBound().add(Number.NaN), /NaN/);
    assert.throws(() => new MeanBound({ '51': 1 }), /51/);
    assert.throws(() => new MeanBound({ '5': -1 }), /-1/);
  });
});

function valuesToAdmit(loss: number, discordance: number, random: Random, most: number): number {
  const bound = new MeanBound();
  while (bound.n < most) {
    const drawn = random();
    bound.add(drawn < (discordance + loss) / 2 ? 1 : drawn < discordance ? -1 : 0);
    if (bound.refutes(DELTA, 0.95)) return bound.n;
  }
  return most + 1;
}
