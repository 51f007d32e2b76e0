import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { VectorArena } from '../../../src/cache/vectors/memory/arena.ts';
import { RowBook } from '../../../src/cache/vectors/memory/row-book.ts';
import { VectorSetIndex } from '../../../src/cache/vectors/redis/vector-set-index.ts';
import { FakeClock } from '../../breakers/fake-clock.ts';
import { type OwnRedis, startRedis } from '../../state/redis-server.ts';
import { openOn } from '../../state/redis-stand.ts';
import { givenServer, noVectorSets } from './redis-8.ts';
import { SampleVectors } from './sample-vectors.ts';

const dimensions = 16;

test('ten thousand scopes of one entry each leave no partition behind', () => {
  const rows = 4_000;
  const book = new RowBook(new VectorArena(dimensions, 1e6), { rows, rowsPerTenant: rows }, () => undefined);
  for (let n = 0; n < 10_000; n++) {
    const row = book.takeRow('acme');
    book.place({ row, tenant: 'acme', scope: `past-${n}`, id: 'one', ref: 'ref', expiresAt: 1_000 + n });
  }
  const partitions = () =>
    Array.from({ length: 10_000 }, (_, n) => book.partition('acme', `past-${n}`)).filter((one) => one !== undefined);
  assert.equal(book.count, rows, 'as many as there is room for');
  assert.equal(partitions().length, rows);
  assert.equal(book.sweep(20_000, rows), rows);
  assert.equal(partitions().length, 0);
});

describe('in Redis 8', { skip: noVectorSets }, () => {
  let own: OwnRedis | undefined;
  before(async () => {
    if (givenServer === undefined && noVectorSets === false) own = await startRedis();
  });
  after(() => own?.end());

  test('every key of many small scopes expires by itself, and sweeping leaves none of them', async (t) => {
    const at = givenServer ?? own;
    assert.ok(at !== undefined);
    const { link, close } = await openOn(at, { topology: { kind: 'standalone' } });
    t.after(() => close());
    const clock = new FakeClock(Date.UTC(2026, 10, 2));
    const keyPrefix = `test-${randomBytes(6).toString('hex')}`;
    const space = { embedder: 'sample', dimensions };
    const index = new VectorSetIndex({ space, clock, link, keyPrefix, mostPerTenant: 100 });
    const sample = new SampleVectors(dimensions);
    const expiresAt = clock.now() + 120_000;
    const add = (n: number) =>
      index.add({ tenant: 'acme', scope: `past-${n}`, id: 'one', vector: sample.any(), expiresAt, ref: 'ref' });
    for (let n = 0; n < 300; n++) await add(n);
    const keys = async () => {
      const found = await link.call('keys', `${keyPrefix}:*`);
      // Which tenants there are is told by one key for all.
      return (Array.isArray(found) ? found.map(String) : []).filter((key) => !key.endsWith(':tenants'));
    };
    const held = await keys();
    // A set and a hash for each of the hundred entries that a tenant may have, and their book.
    assert.equal(held.length, 201);
    for (const key of held) {
      const left = Number(await link.call('pttl', key));
      assert.ok(left > 0 && left <= 180_000, `${key} expires in ${left} ms`);
    }
    clock.advance(120_000);
    while ((await index.sweep(clock.now())) > 0);
    assert.deepEqual(await keys(), []);
  });
});
