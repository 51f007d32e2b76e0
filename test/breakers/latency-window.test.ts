import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LatencyWindow } from '../../src/breakers/latency-window.ts';

describe('a latency window', () => {
  it('knows nothing until it has seen enough calls', () => {
    const window = new LatencyWindow({ minimum: 3 });
    window.record(10);
    window.record(20);
    assert.equal(window.quantile(0.95), undefined);
    window.record(30);
    assert.equal(window.quantile(0.95), 30);
  });

  it('gives quantiles of what it holds', () => {
    const window = new LatencyWindow({ size: 1_000 });
    for (let ms = 1_000; ms >= 1; ms--) window.record(ms);
    assert.deepEqual(
      [0, 0.5, 0.95, 1].map((q) => window.quantile(q)),
      [1, 500, 950, 1_000],
    );
  });

  it('forgets old calls: it is as large after a million as after its size', () => {
    const window = new LatencyWindow({ size: 100 });
    for (let i = 0; i < 100; i++) window.record(10_000);
    for (let i = 0; i < 1_000; i++) window.record(5);
    assert.equal(window.quantile(1), 5);
    assert.equal(window.size, 100);
  });

  it('follows a target that slows down within a sixteenth of its size', () => {
    const window = new LatencyWindow({ size: 160 });
    for (let i = 0; i < 160; i++) window.record(10);
    assert.equal(window.quantile(0.95), 10);
    for (let i = 0; i < 10; i++) window.record(900);
    assert.equal(window.quantile(0.95), 900);
  });

  it('takes no nonsense for a time', () => {
    const window = new LatencyWindow({ minimum: 1 });
    for (const ms of [Number.NaN, -1, Number.POSITIVE_INFINITY]) window.record(ms);
    assert.equal(window.size, 0);
    assert.throws(() => new LatencyWindow({ size: 0 }), /size must be a whole number above 0, not 0/);
  });
});
