import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { VectorArena } from '../../../src/cache/vectors/memory/arena.ts';
import type { CodeQuery } from '../../../src/cache/vectors/memory/code-scan.ts';
import { MemoryVectorIndex } from '../../../src/cache/vectors/memory/memory-index.ts';
import type { MemoryTrouble } from '../../../src/cache/vectors/memory/memory-trouble.ts';
import { ScanThread } from '../../../src/cache/vectors/memory/scan-thread.ts';
import { FakeClock } from '../../breakers/fake-clock.ts';
import { SampleVectors, trueCosine } from './sample-vectors.ts';

const dimensions = 160;
const count = 3_000;
const sample = new SampleVectors(dimensions, 3);

/** Many of one scope, a few of them near one another. */
function entries() {
  const topic = sample.any();
  return Array.from({ length: count }, (_, n) => ({
    tenant: 'acme',
    scope: 'scope',
    id: `n${n}`,
    // As questions of one subject are.
    vector: n % 50 === 1 ? sample.near(all(n - 1), 0.97) : remember(n, sample.near(topic, 0.5)),
    expiresAt: 10_000_000,
    ref: 'ref',
  }));
}
const remembered = new Map<number, Float32Array>();
const remember = (n: number, vector: Float32Array) => {
  remembered.set(n, vector);
  return vector;
};
const all = (n: number) => remembered.get(n) ?? sample.any();

async function filled(test: TestContext, inlineRows: number) {
  const troubles: MemoryTrouble[] = [];
  const index = await MemoryVectorIndex.open({
    space: { embedder: 'sample', dimensions },
    clock: new FakeClock(),
    maxBytes: 4_194_304,
    perTenant: 4_194_304,
    inlineRows,
    onTrouble: (trouble) => troubles.push(trouble),
  });
  test.after(() => index.close());
  const known = entries();
  for (const entry of known) index.add(entry);
  return { index, known, troubles };
}

const find = (index: MemoryVectorIndex, vector: Float32Array, atLeast = 0.9) =>
  index.search({ tenant: 'acme', scope: 'scope', vector, k: 5, atLeast });

describe('a large partition in memory', () => {
  for (const [where, inlineRows] of [
    ['on the event loop', count],
    ['in a thread', 100],
  ] as const) {
    it(`gives what comparing with all gives, from the least cosine on, ${where}`, async (test) => {
      const { index, known } = await filled(test, inlineRows);
      if (inlineRows < count) await untilThreaded(index);
      for (let n = 0; n < 60; n++) {
        const question = sample.near(known[n * 50]?.vector ?? sample.any(), 0.94);
        const expected = known
          .map(({ id, vector }) => ({ id, cosine: trueCosine(question, vector) }))
          .filter(({ cosine }) => cosine >= 0.9)
          .sort((one, other) => other.cosine - one.cosine)
          .slice(0, 5);
        const hits = await find(index, question);
        assert.deepEqual(
          hits.map((hit) => hit.id),
          expected.map(({ id }) => id),
        );
        for (const [place, hit] of hits.entries())
          assert.ok(Math.abs(hit.cosine - (expected[place]?.cosine ?? 0)) < 0.001);
      }
    });
  }

  it('goes on finding the right ones while others go and come', async (test) => {
    const { index, known } = await filled(test, count);
    const gone = known.filter((_, n) => n % 3 === 0);
    assert.equal(index.remove(gone), gone.length);
    for (const entry of gone.slice(0, 200)) index.add(entry);
    for (const [n, entry] of known.entries()) {
      const isThere = n % 3 !== 0 || n < 600;
      const hits = await find(index, entry.vector, 0.999);
      assert.deepEqual(
        hits.map((hit) => hit.id),
        isThere ? [entry.id] : [],
      );
    }
    // Few are compared whole again.
    assert.equal(index.remove(known.slice(0, 2_800)), 200 + 1_866);
    assert.deepEqual((await find(index, all(2_803), 0.999)).length, 1);
  });

  it('gives the nearest also where more are near than it compares in full', async (test) => {
    const { index } = await filled(test, count);
    const topic = sample.any();
    for (let n = 0; n < 2_500; n++)
      index.add({
        tenant: 'acme',
        scope: 'crowd',
        id: `c${n}`,
        vector: sample.near(topic, 0.95),
        expiresAt: 1e9,
        ref: '',
      });
    index.add({ tenant: 'acme', scope: 'crowd', id: 'same', vector: topic, expiresAt: 1e9, ref: '' });
    const [best] = await index.search({ tenant: 'acme', scope: 'crowd', vector: topic, k: 1, atLeast: 0.9 });
    assert.equal(best?.id, 'same');
  });

  it('is searched on the event loop where the thread has ended meanwhile', async (test) => {
    const { index, known } = await filled(test, 100);
    await untilThreaded(index);
    const vector = known[7]?.vector ?? sample.any();
    const asked = find(index, vector);
    assert.ok(asked instanceof Promise);
    await index.close();
    assert.equal((await asked)[0]?.id, 'n7');
    assert.ok(!(find(index, vector) instanceof Promise));
  });

  it('learns of a thread that breaks, and starts another', async () => {
    const arena = new VectorArena(dimensions, 65_536);
    const reasons: string[] = [];
    const thread = new ScanThread({ memory: arena.memory, codeBytes: arena.coder.bytes }, (why) => reasons.push(why));
    const code = new Uint32Array(arena.coder.bits / 32);
    const query: CodeQuery = { chunks: [arena.takeChunk()], count: 3, code, atLeast: -1, most: 5 };
    // Further than the memory goes.
    assert.equal(await thread.nearest({ ...query, chunks: [2 ** 31 - 1] }), undefined);
    assert.deepEqual(reasons, ['memory access out of bounds']);
    assert.deepEqual(await thread.nearest(query), Uint32Array.of(0, 1, 2));
    await thread.close();
    assert.equal(reasons.length, 1);
  });

  it('gives no hit that was purged while the thread searched', async (test) => {
    const { index, known } = await filled(test, 100);
    await untilThreaded(index);
    const asked = find(index, known[7]?.vector ?? sample.any());
    index.purgeTenant('acme');
    assert.deepEqual(await asked, []);
  });

  it('gives up searches rather than let them queue without end', async (test) => {
    const { index, known, troubles } = await filled(test, 100);
    await untilThreaded(index);
    const vector = known[7]?.vector ?? sample.any();
    const found = await Promise.all(Array.from({ length: 40 }, () => find(index, vector)));
    assert.equal(found.filter((hits) => hits.length > 0).length, 32);
    assert.equal(troubles.filter(({ kind }) => kind === 'overloaded').length, 8);
  });
});

/** The thread starts ahead of need; until it runs, searches are made on the event loop. */
async function untilThreaded(index: MemoryVectorIndex): Promise<void> {
  for (;;) {
    const asked = find(index, sample.any());
    if (asked instanceof Promise) {
      await asked;
      return;
    }
    await nextTurn();
  }
}
