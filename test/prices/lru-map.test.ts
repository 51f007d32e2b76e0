import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LruMap } from '../../src/lru-map.ts';

test('holds no more than it may, and what is asked for stays', () => {
  const map = new LruMap<number, string>(100);
  map.set(-1, 'asked for');
  for (let key = 0; key < 10_000; key++) {
    map.set(key, 'x');
    assert.equal(map.get(-1), 'asked for');
    assert.ok(map.size <= 100);
  }
  assert.equal(map.get(9999), 'x');
  assert.equal(map.get(0), undefined);
  map.set(9999, 'y');
  assert.equal(map.get(9999), 'y');
});
