import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cacheWishes } from '../../src/cache/client-wishes.ts';

const ALWAYS = Number.POSITIVE_INFINITY;
const table: readonly [header: string | undefined, read: boolean, store: boolean, maxAge: number][] = [
  [undefined, true, true, ALWAYS],
  ['', true, true, ALWAYS],
  ['no-store', false, false, ALWAYS],
  ['no-cache', false, true, ALWAYS],
  ['No-Cache, No-Store', false, false, ALWAYS],
  ['max-age=60', true, true, 60_000],
  ['max-age=0', true, true, 0],
  ['max-age=60, max-age = "30"', true, true, 30_000],
  ['max-age=-1', true, true, ALWAYS],
  ['private, no-storeroom', true, true, ALWAYS],
];
for (const [header, read, store, maxAge] of table)
  test(`cache-control: ${header}`, () => {
    const wishes = cacheWishes(header === undefined ? {} : { 'cache-control': header });
    assert.deepEqual(wishes, { read, store, maxAge, tags: [] });
  });

test('tags are up to 16 names', () => {
  const tags = (header: string) => cacheWishes({ 'x-breakwater-cache-tag': header }).tags;
  assert.deepEqual(tags('a, b,a,,two words, ü, c'), ['a', 'b', 'c']);
  assert.equal(tags(Array.from({ length: 40 }, (_, at) => `t${at}`).join()).length, 16);
});
