import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import CircuitBreaker from 'opossum';
import { RateBreaker } from '../../src/breakers/rate-breaker.ts';
import { DEFAULT_CIRCUIT_SETTINGS } from '../../src/breakers/settings.ts';

describe('opossum as the judge of the rate', () => {
  it('opens by its own count, and says so at once', () => {
    const rate = new RateBreaker('a/b', { ...DEFAULT_CIRCUIT_SETTINGS, minimumVolume: 4 }, 0);
    rate.success(0);
    assert.deepEqual([rate.failure(0), rate.failure(0), rate.failure(0)], [false, false, true]);
    assert.deepEqual(rate.counts(0), { completed: 4, failures: 3 });
    rate.success(0);
    assert.equal(rate.counts(0).completed, 4, 'open, it counts nothing');
    rate.close();
    assert.deepEqual(rate.counts(0), { completed: 0, failures: 0 });
    rate.shutdown();
    assert.equal(rate.failure(0), false);
    rate.open();
    rate.close();
  });

  it('turns its window bucket by bucket, on the time it is given', () => {
    const rate = new RateBreaker('a/b', { ...DEFAULT_CIRCUIT_SETTINGS, window: 10_000 }, 0);
    for (let second = 0; second < 10; second++) rate.success(second * 1_000);
    for (const [now, completed] of [
      [9_999, 10],
      [10_000, 9],
      [14_999, 5],
      [15_000, 4],
      [19_000, 0],
    ] as const) {
      assert.equal(rate.counts(now).completed, completed, `at ${now}`);
    }
    rate.shutdown();
  });

  it('keeps no duration of single calls for longer than a bucket', () => {
    const opossum: CircuitBreaker[] = [];
    const fire = mock.method(CircuitBreaker.prototype, 'fire', function (this: CircuitBreaker, ...args: unknown[]) {
      opossum[0] = this;
      return this.call(undefined, ...args);
    });
    const rate = new RateBreaker('a/b', DEFAULT_CIRCUIT_SETTINGS, 0);
    for (let now = 0; now < 60_000; now += 10) {
      rate.success(now);
      assert.equal(rate.failure(now), false);
    }
    fire.mock.restore();
    const kept = opossum[0]?.status.window.flatMap((bucket) => bucket.latencyTimes).length ?? Number.NaN;
    assert.ok(kept <= 600, `${kept} durations kept`);
    rate.shutdown();
  });

  it('starts no interval', () => {
    const setInterval = mock.method(globalThis, 'setInterval');
    new RateBreaker('a/b', DEFAULT_CIRCUIT_SETTINGS, 0).shutdown();
    setInterval.mock.restore();
    assert.equal(setInterval.mock.callCount(), 0);
  });

  it('leaves no rejection unhandled', async () => {
    const unhandled = mock.fn();
    process.on('unhandledRejection', unhandled);
    const rate = new RateBreaker('a/b', DEFAULT_CIRCUIT_SETTINGS, 0);
    for (let i = 0; i < 10; i++) rate.failure(0);
    await new Promise(setImmediate);
    process.off('unhandledRejection', unhandled);
    assert.equal(unhandled.mock.callCount(), 0);
    rate.shutdown();
  });
});
