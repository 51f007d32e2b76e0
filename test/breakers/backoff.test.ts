import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BACKOFF_CAP, fullJitter, THROTTLED_BASE, TRANSIENT_BASE } from '../../src/breakers/backoff.ts';
import { seeded } from './seeded.ts';

describe('the wait before a retry', () => {
  const cases: [string, Parameters<typeof fullJitter>[0], number][] = [
    ['may be nothing', { random: () => 0, base: TRANSIENT_BASE, cap: BACKOFF_CAP, attempt: 0 }, 0],
    ['is at most the base at first', { random: () => 0.999, base: TRANSIENT_BASE, cap: BACKOFF_CAP, attempt: 0 }, 50],
    ['doubles its range each time', { random: () => 0.5, base: THROTTLED_BASE, cap: BACKOFF_CAP, attempt: 3 }, 4_000],
    ['stays under the cap', { random: () => 0.5, base: THROTTLED_BASE, cap: BACKOFF_CAP, attempt: 30 }, 10_000],
    ['survives any count', { random: () => 0.5, base: 1_000, cap: BACKOFF_CAP, attempt: 5_000 }, 10_000],
    [
      'is never less than the hint',
      { random: () => 0, base: 1_000, cap: BACKOFF_CAP, attempt: 0, atLeast: 1_234.5 },
      1_235,
    ],
    [
      'comes on top of the hint',
      { random: () => 0.5, base: 1_000, cap: BACKOFF_CAP, attempt: 0, atLeast: 3_000 },
      3_500,
    ],
  ];
  for (const [name, options, expected] of cases) {
    it(name, () => assert.equal(fullJitter(options), expected));
  }

  it('spreads clients with the same hint over the whole range', () => {
    const random = seeded(1);
    const waits = Array.from({ length: 1_000 }, () =>
      fullJitter({ random, base: 1_000, cap: BACKOFF_CAP, attempt: 0, atLeast: 1_000 }),
    );
    assert.ok(Math.min(...waits) < 1_010 && Math.max(...waits) > 1_990);
    assert.ok(new Set(waits).size > 500);
  });
});
