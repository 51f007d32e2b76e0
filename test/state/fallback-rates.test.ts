import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FallbackRates } from '../../src/state/redis/fallback-rates.ts';
import { FakeClock } from '../breakers/fake-clock.ts';
import { rate } from './asks.ts';

describe('rates while the shared store is away', () => {
  it('let each replica have its part: of the burst at once, of the rate from then on', () => {
    const clock = new FakeClock();
    const rates = new FallbackRates(clock, 3);
    const take = () => rates.take('acme', [rate('rpm', 60, 60_000, 1)]) === undefined;
    let passed = 0;
    while (take()) passed++;
    assert.equal(passed, 20);
    for (let second = 0; second < 60; second++) {
      clock.advance(1_000);
      while (take()) passed++;
    }
    assert.equal(passed, 40);
  });

  it('say how long to wait, and never where the request is larger than the whole burst', () => {
    const rates = new FallbackRates(new FakeClock(), 2);
    assert.deepEqual(rates.take('acme', [rate('tpm', 100, 60_000, 101)]), [
      { kind: 'rate', index: 0, retryAfterMs: undefined },
    ]);
    assert.equal(rates.take('acme', [rate('tpm', 100, 60_000, 50)]), undefined);
    assert.deepEqual(rates.take('acme', [rate('tpm', 100, 60_000, 10)]), [
      { kind: 'rate', index: 0, retryAfterMs: 12_000 },
    ]);
  });

  it('let one through that is larger than the part, and count it in full', () => {
    const clock = new FakeClock();
    const rates = new FallbackRates(clock, 4);
    const take = (cost: number) => rates.take('acme', [rate('tpm', 100, 60_000, cost)]);
    assert.equal(take(80), undefined);
    assert.notEqual(take(1), undefined);
    clock.advance((80 / 25) * 60_000);
    assert.equal(take(25), undefined);
  });

  it('are taken all or none, and for each tenant by itself', () => {
    const rates = new FallbackRates(new FakeClock(), 1);
    const both = [rate('rpm', 2, 60_000, 1), rate('tpm', 10, 60_000, 11)];
    assert.deepEqual(
      rates.take('acme', both)?.map((by) => by.kind === 'rate' && by.index),
      [1],
    );
    const rpm = [rate('rpm', 2, 60_000, 2)];
    assert.equal(rates.take('acme', rpm), undefined);
    assert.equal(rates.take('other', rpm), undefined);
    assert.notEqual(rates.take('acme', rpm), undefined);
  });

  it('do not fill the memory', () => {
    const clock = new FakeClock();
    const rates = new FallbackRates(clock, 1);
    for (let n = 0; n < 30_000; n++) rates.take(`tenant-${n}`, [rate('rpm', 2, 60_000, 1)]);
    assert.ok(rates.size <= 10_000);
  });

  for (const replicas of [0, -1, 1.5, Number.NaN]) {
    it(`refuse to be divided by ${replicas}`, () => {
      assert.throws(() => new FallbackRates(new FakeClock(), replicas), /replicas/);
    });
  }
});
