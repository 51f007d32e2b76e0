import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { type MemoryIndexOptions, MemoryVectorIndex } from '../../../src/cache/vectors/memory/memory-index.ts';
import type { MemoryTrouble } from '../../../src/cache/vectors/memory/memory-trouble.ts';
import type { VectorEntry } from '../../../src/cache/vectors/vector-index.ts';
import { FakeClock } from '../../breakers/fake-clock.ts';
import { stateDir } from '../../state/state-dir.ts';
import { SampleVectors } from './sample-vectors.ts';

const dimensions = 16;
const sample = new SampleVectors(dimensions, 4);
/** 16 dimensions of 16 bits, and a code of 512 bits. */
const entryBytes = 96;
const directory = stateDir();
let files = 0;

async function open(over: Partial<MemoryIndexOptions> = {}) {
  const troubles: MemoryTrouble[] = [];
  const clock = new FakeClock();
  const index = await MemoryVectorIndex.open({
    space: { embedder: 'sample', dimensions },
    clock,
    maxBytes: entryBytes * 10,
    perTenant: entryBytes * 10,
    onTrouble: (trouble) => troubles.push(trouble),
    ...over,
  });
  return { index, troubles, clock };
}

const entry = (tenant: string, id: string, vector = sample.any()): VectorEntry => ({
  tenant,
  scope: 'scope',
  id,
  vector,
  expiresAt: 5_000_000,
  ref: 'ref',
});
const idsOf = (index: MemoryVectorIndex, tenant: string) => {
  const hits = index.search({ tenant, scope: 'scope', vector: sample.any(), k: 100, atLeast: -1 });
  return hits instanceof Promise ? [] : hits.map((hit) => hit.id).sort();
};
const freshFile = () => join(directory, `vectors-${++files}.db`);

describe('the memory of the index in process', () => {
  it('holds as many entries as fit in', async () => {
    const { index } = await open();
    assert.equal(index.bytesPerEntry, entryBytes);
    assert.equal(index.capacity, 10);
    const large = await open({ space: { embedder: 'te3', dimensions: 1_536 }, maxBytes: 335_544_320 });
    assert.ok(large.index.capacity >= 100_000, `${large.index.capacity}`);
    // One memory is 4 GiB; what is never written takes none of the machine's.
    const largest = await open({ space: { embedder: 'te3', dimensions: 3_072 }, maxBytes: Number.MAX_SAFE_INTEGER });
    assert.ok(largest.index.capacity > 500_000, `${largest.index.capacity}`);
  });

  it('lets go of what a tenant has not used for longest, when its part is full', async () => {
    const { index } = await open({ perTenant: entryBytes * 3 });
    const first = entry('acme', 'first');
    for (const each of [first, entry('acme', 'second'), entry('acme', 'third'), entry('other', 'theirs')])
      index.add(each);
    // A hit is a use.
    index.search({ tenant: 'acme', scope: 'scope', vector: first.vector, k: 1, atLeast: 0.9 });
    index.add(entry('acme', 'fourth'));
    assert.deepEqual(idsOf(index, 'acme'), ['first', 'fourth', 'third']);
    assert.deepEqual(idsOf(index, 'other'), ['theirs']);
  });

  it('takes room from the tenant with the most, when all is full', async () => {
    const { index } = await open();
    index.add(entry('small', 'mine'));
    for (let n = 0; n < 30; n++) index.add(entry('large', `n${n}`));
    index.add(entry('new', 'theirs'));
    assert.equal(index.size(), 10);
    assert.deepEqual(idsOf(index, 'small'), ['mine']);
    assert.deepEqual(idsOf(index, 'new'), ['theirs']);
    assert.equal(idsOf(index, 'large').length, 8);
  });

  it('sweeps a part of a large index a call', async () => {
    const { index, clock } = await open({ maxBytes: entryBytes * 50_000, perTenant: entryBytes * 50_000 });
    for (let n = 0; n < 21_000; n++) index.add({ ...entry('acme', `n${n}`), scope: `s${n % 100}` });
    clock.advance(10_000_000);
    assert.deepEqual([index.sweep(clock.now()), index.sweep(clock.now())], [20_000, 1_000]);
    assert.equal(index.size(), 0);
  });
});

describe('the file of the index in process', () => {
  it('is its owner’s only, and written beside the requests', async () => {
    const file = freshFile();
    const { index, clock } = await open({ file });
    assert.equal(statSync(file).mode & 0o777, 0o600);
    index.add(entry('acme', 'one'));
    index.add(entry('acme', 'two'));
    index.remove([{ tenant: 'acme', scope: 'scope', id: 'one' }]);
    clock.advance(250);
    await index.close();
    const { index: again, troubles } = await open({ file });
    assert.deepEqual(idsOf(again, 'acme'), ['two']);
    assert.deepEqual(troubles, []);
    await again.close();
  });

  it('loses what has expired meanwhile', async () => {
    const file = freshFile();
    const { index } = await open({ file });
    index.add({ ...entry('acme', 'short'), expiresAt: 1_500_000 });
    index.add(entry('acme', 'long'));
    await index.close();
    const later = await open({ file, clock: new FakeClock(2_000_000) });
    assert.equal(later.index.size(), 1);
    await later.index.close();
    // It is gone from the file too.
    const before = await open({ file });
    assert.deepEqual(idsOf(before.index, 'acme'), ['long']);
    await before.index.close();
  });

  it('fits into smaller limits than it was written under', async () => {
    const file = freshFile();
    const { index } = await open({ file });
    for (let n = 0; n < 10; n++) index.add({ ...entry('acme', `n${n}`), expiresAt: 5_000_000 + n });
    await index.close();
    const smaller = await open({ file, maxBytes: entryBytes * 6, perTenant: entryBytes * 4 });
    assert.deepEqual(idsOf(smaller.index, 'acme'), ['n2', 'n3', 'n4', 'n5']);
    for (let n = 0; n < 10; n++) smaller.index.add(entry('other', `o${n}`));
    assert.equal(smaller.index.size(), 6);
    await smaller.index.close();
    const again = await open({ file });
    assert.equal(again.index.size(), 6);
    await again.index.close();
  });

  for (const [what, space] of [
    ['embedder', { embedder: 'another', dimensions }],
    ['dimension', { embedder: 'sample', dimensions: 32 }],
  ] as const) {
    it(`starts empty with another ${what}, and tells`, async () => {
      const file = freshFile();
      const { index } = await open({ file });
      index.add(entry('acme', 'one'));
      await index.close();
      const other = await open({ file, space });
      assert.equal(other.index.size(), 0);
      assert.match(other.troubles[0]?.reason ?? '', /another embedder/);
      await other.index.close();
    });
  }

  const damages: readonly [string, (file: string) => void][] = [
    ['is no database', (file) => writeFileSync(file, 'not a database, but long enough to look like one'.repeat(100))],
    [
      'was overwritten in part',
      (file) => {
        const bytes = readFileSync(file);
        bytes.fill(0xff, 4_096);
        writeFileSync(file, bytes);
      },
    ],
    ['has a page damaged near its end', (file) => writeFileSync(file, readFileSync(file).fill(0xff, 24_576, 28_672))],
    ['was cut off', (file) => writeFileSync(file, readFileSync(file).subarray(0, 5_000))],
  ];
  for (const [what, damage] of damages) {
    it(`starts empty with one that ${what}, which is moved away, and tells`, async () => {
      const file = freshFile();
      const { index } = await open({ file, maxBytes: entryBytes * 200, perTenant: entryBytes * 200 });
      for (let n = 0; n < 200; n++) index.add(entry('acme', `n${n}`));
      await index.close();
      damage(file);
      const { index: again, troubles } = await open({ file });
      assert.equal(again.size(), 0);
      assert.equal(troubles[0]?.kind, 'file');
      assert.match(troubles[0]?.reason ?? '', /cannot be read .* starts empty/);
      assert.ok(existsSync(`${file}.damaged`));
      again.add(entry('acme', 'new'));
      assert.deepEqual(idsOf(again, 'acme'), ['new']);
      await again.close();
      const third = await open({ file });
      assert.deepEqual(idsOf(third.index, 'acme'), ['new']);
      assert.deepEqual(third.troubles, []);
      await third.index.close();
    });
  }

  it('that cannot be written is told of, and the index goes on without', async () => {
    const file = freshFile();
    const { index, troubles } = await open({ file });
    writeFileSync(file, 'overwritten by something else'.repeat(1_000));
    index.add(entry('acme', 'one'));
    await index.close();
    assert.equal(troubles[0]?.kind, 'file');
    assert.deepEqual(idsOf(index, 'acme'), ['one']);
  });
});
