import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KnownPasts } from '../../src/cache/semantic/known-pasts.ts';

test('a past is known from its second sight on', () => {
  const pasts = new KnownPasts();
  assert.deepEqual(
    ['a', 'b', 'a', 'a', 'b', 'c'].map((past) => pasts.see(past)),
    [false, false, true, true, true, false],
  );
});

test('of very many the latest are remembered, and those that come again', () => {
  const pasts = new KnownPasts();
  for (let at = 0; at < 100_000; at++) {
    pasts.see(`past ${at}`);
    if (at % 5_000 === 0) pasts.see('often');
  }
  assert.ok(pasts.size <= 16_384, `${pasts.size}`);
  assert.ok(pasts.see('often'));
  assert.ok(pasts.see('past 99999'));
  assert.ok(pasts.see('past 92000'));
  assert.ok(!pasts.see('past 1'));
});
