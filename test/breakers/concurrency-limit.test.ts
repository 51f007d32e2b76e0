import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { adaptiveLimit, type ConcurrencyLimit, fixedLimit, type Slot } from '../../src/breakers/concurrency-limit.ts';
import { FakeClock } from './fake-clock.ts';
import { seeded } from './seeded.ts';

describe('a fixed limit', () => {
  it('admits so many at a time', () => {
    const limit = fixedLimit(2);
    const first = limit.tryAcquire();
    assert.ok(first && limit.tryAcquire());
    assert.equal(limit.tryAcquire(), undefined);
    first.release();
    assert.ok(limit.tryAcquire());
    assert.equal(limit.inFlight, 2);
  });

  it('takes each place back once', () => {
    const limit = fixedLimit(2);
    const slot = limit.tryAcquire();
    limit.tryAcquire();
    for (let i = 0; i < 5; i++) slot?.release(100);
    assert.equal(limit.inFlight, 1);
  });

  it('names a limit it cannot hold', () => {
    assert.throws(() => fixedLimit(0), /limit must be a whole number above 0, not 0/);
    assert.throws(() => fixedLimit(1.5), RangeError);
  });
});

interface Load {
  /** Calls the target carries before the first token comes later. */
  readonly carries: number;
  /** Calls that want to be in flight at a time (ms). */
  readonly demand: (at: number) => number;
  /** Longest time from the first token to the end, ms. */
  readonly answerMs: number;
  /** Time to the first token without overload; 500 ms where not given. */
  readonly firstTokenMs?: (at: number) => number;
}

/** A target whose first token comes late with the square of its overload, times a wide spread of prompts. */
function simulate(limit: ConcurrencyLimit, clock: FakeClock, seconds: number, load: Load): number[] {
  const random = seeded(7);
  const spread = (): number =>
    Math.exp(0.7 * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()));
  const limits: number[] = [];
  let inFlight: { slot: Slot; firstToken: number; ends: number }[] = [];
  for (let at = 0; at < seconds * 1_000; at += 20) {
    clock.advance(20);
    for (const call of inFlight) if (call.ends <= at) call.slot.release(call.firstToken);
    inFlight = inFlight.filter((call) => call.ends > at);
    while (inFlight.length < load.demand(at)) {
      const slot = limit.tryAcquire();
      if (!slot) break;
      const over = Math.max(1, (inFlight.length + 1) / load.carries);
      const firstToken = (load.firstTokenMs?.(at) ?? 500) * over ** 2 * spread();
      inFlight.push({ slot, firstToken, ends: at + firstToken + load.answerMs * random() });
    }
    if (at % 1_000 === 0) limits.push(limit.limit);
  }
  return limits;
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe('an adaptive limit', () => {
  const wanted = 150;
  const cases: [string, Load, number, number][] = [
    ['comes down to what a small target carries', { carries: 10, demand: () => wanted, answerMs: 3_000 }, 8, 18],
    ['settles at what a target carries', { carries: 40, demand: () => wanted, answerMs: 3_000 }, 32, 60],
    ['does not care how long answers are', { carries: 40, demand: () => wanted, answerMs: 30_000 }, 25, 70],
    ['grows to what a large target carries', { carries: 100, demand: () => wanted, answerMs: 3_000 }, 85, 140],
    [
      'holds under a load that comes and goes',
      { carries: 40, demand: (at) => (at % 60_000 < 30_000 ? wanted : 5), answerMs: 3_000 },
      32,
      70,
    ],
    ['does not grow unused', { carries: 40, demand: () => 8, answerMs: 3_000 }, 15, 25],
  ];
  for (const [name, load, least, most] of cases) {
    it(name, () => {
      const clock = new FakeClock(0);
      const limits = simulate(adaptiveLimit({ min: 2, max: 200, clock }), clock, 900, load);
      const settled = mean(limits.slice(300));
      assert.ok(settled >= least && settled <= most, `settled at ${settled}`);
      assert.ok(
        limits.slice(300).every((limit) => limit <= 2 * most),
        'crept up',
      );
    });
  }

  it('keeps its height when the target has become slower for good', () => {
    const clock = new FakeClock(0);
    const firstTokenMs = (at: number): number => (at < 600_000 ? 500 : 1_500);
    const load: Load = { carries: 40, demand: () => wanted, answerMs: 3_000, firstTokenMs };
    const limits = simulate(adaptiveLimit({ min: 2, max: 200, clock }), clock, 3_000, load);
    const late = mean(limits.slice(-1_200));
    assert.ok(late >= 25 && late <= 60, `at ${late}`);
  });

  it('learns nothing from calls without a first token', () => {
    const clock = new FakeClock(0);
    const limit = adaptiveLimit({ min: 1, max: 50, clock });
    for (let i = 0; i < 1_000; i++) {
      const slots = Array.from({ length: limit.limit }, () => limit.tryAcquire());
      clock.advance(1_000);
      for (const slot of slots) slot?.release();
    }
    assert.equal(limit.limit, 20);
    assert.equal(limit.inFlight, 0);
  });

  it('stays between min and max', () => {
    for (const carries of [1, 10_000]) {
      const clock = new FakeClock(0);
      const limits = simulate(adaptiveLimit({ min: 5, max: 30, clock }), clock, 120, {
        carries,
        demand: () => 60,
        answerMs: 1_000,
      });
      assert.ok(limits.every((limit) => limit >= 5 && limit <= 30));
    }
  });

  it('names bounds it cannot hold', () => {
    const clock = new FakeClock();
    assert.throws(() => adaptiveLimit({ min: 0, max: 5, clock }), /min must be a whole number above 0, not 0/);
    assert.throws(
      () => adaptiveLimit({ min: 6, max: 5, clock }),
      /max must be a whole number of at least min \(6\), not 5/,
    );
  });
});
