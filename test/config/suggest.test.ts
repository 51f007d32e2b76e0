import assert from 'node:assert/strict';
import { test } from 'node:test';
import { didYouMean, levenshtein, nearest } from '../../src/config/suggest.ts';

test('distance counts inserts, deletes, replacements and swaps of neighbours', () => {
  const table: [string, string, number][] = [
    ['', '', 0],
    ['abc', '', 3],
    ['abc', 'abc', 0],
    ['abc', 'abd', 1],
    ['abc', 'acb', 1],
    ['kitten', 'sitting', 3],
  ];
  for (const [a, b, distance] of table) {
    assert.equal(levenshtein(a, b), distance);
    assert.equal(levenshtein(b, a), distance);
  }
});

test('the nearest name is suggested, and nothing where nothing is near', () => {
  const names = ['timeouts', 'targets', 'retries', 'apiKey'];
  assert.equal(nearest('timeout', names), 'timeouts');
  assert.equal(nearest('target', names), 'targets');
  assert.equal(nearest('api_key', names), 'apiKey');
  assert.equal(nearest('API-KEY', names), 'apiKey');
  assert.equal(nearest('wholly-other', names), undefined);
  assert.equal(nearest('', names), undefined);
  assert.equal(nearest('x'.repeat(1_000_000), names), undefined);
  assert.equal(didYouMean('targest', names), ' Did you mean "targets"?');
  assert.equal(didYouMean('zzz', names), '');
});
