import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MemoryVectorIndex } from '../../../src/cache/vectors/memory/memory-index.ts';
import type { EmbeddingFault } from './embedding-server.ts';
import { semanticRig } from './rig.ts';

const FRANCE = 'What is the capital of France?';
const FRANCE_TOO = "What's the capital of France?";

describe('an embedder in trouble', () => {
  const faults: readonly (readonly [EmbeddingFault, string])[] = [
    ['silent', 'embedder-timeout'],
    ['status-500', 'embedder-failed'],
    ['hangs-up', 'embedder-failed'],
    ['no-json', 'embedder-failed'],
    ['nan', 'embedder-failed'],
    ['null', 'embedder-invalid'],
    ['fewer', 'embedder-failed'],
    ['dimensions', 'embedder-dimensions'],
  ];
  for (const [fault, what] of faults)
    test(`(${fault}) fails no request, and is told`, async (t) => {
      // A second of the test's clock is 50 ms.
      const rig = await semanticRig(t, { timeout: fault === 'silent' ? '4s' : '60s' });
      await rig.ask(FRANCE);
      await rig.proxy.runtime.semantic?.settled();
      rig.embedder.fault = fault;
      const before = rig.clock.now();
      const told = await rig.ask(FRANCE_TOO);
      assert.deepEqual([told.status, told.cache], [200, 'miss; reason=embedder']);
      if (fault === 'silent') assert.ok(rig.clock.now() - before >= 4_000, 'it was given its time');
      assert.equal(rig.calls, 2);
      assert.deepEqual(await rig.metrics('breakwater_semantic_trouble_total{'), [
        `breakwater_semantic_trouble_total{what="${what}"} 1`,
      ]);
      rig.embedder.fault = undefined;
      assert.match((await rig.ask("What's the capital city of France?")).cache ?? '', /^(miss|semantic)/);
    });

  test('is not waited for again and again', async (t) => {
    const rig = await semanticRig(t);
    rig.embedder.fault = 'status-500';
    for (let time = 0; time < 8; time++)
      assert.equal((await rig.ask(`How do I add step ${time} to a plan?`)).status, 200);
    assert.ok(rig.embedder.calls < 8, `${rig.embedder.calls} calls`);
    assert.equal(rig.calls, 8);
  });

  test('leaves a request in a hurry three quarters of its time', async (t) => {
    const rig = await semanticRig(t, { timeout: '600s' });
    rig.embedder.fault = 'silent';
    const before = rig.clock.now();
    // 80 s of the test's clock are 4 s.
    const told = await rig.ask(FRANCE, { headers: { 'x-breakwater-timeout': '80' } });
    assert.deepEqual([told.status, told.cache], [200, 'miss; reason=embedder']);
    const took = rig.clock.now() - before;
    assert.ok(took >= 19_000 && took < 80_000, `${took} ms`);
    assert.equal(rig.calls, 1);
    assert.deepEqual(await rig.metrics('breakwater_semantic_trouble_total{'), [
      'breakwater_semantic_trouble_total{what="embedder-timeout"} 1',
    ]);
  });

  test('a judge, too', async (t) => {
    const rig = await semanticRig(t, {
      semantic: '{mode: live, threshold: 0.75, judge: {target: e/judge, timeout: 600s, band: 0.24}}',
    });
    await rig.ask(FRANCE);
    await rig.proxy.runtime.semantic?.settled();
    rig.embedder.judgeIsSilent = true;
    const before = rig.clock.now();
    const told = await rig.ask(FRANCE_TOO, { headers: { 'x-breakwater-timeout': '80' } });
    assert.deepEqual([told.status, told.cache], [200, 'miss; reason=judge']);
    assert.ok(rig.clock.now() - before < 80_000);
    assert.equal((await rig.metrics('breakwater_semantic_trouble_total{what="judge"}')).length, 1);
  });
});

describe('an index in trouble', () => {
  test('that throws or hangs fails no request', async (t) => {
    const rig = await semanticRig(t, { timeout: '30s' });
    await rig.ask(FRANCE);
    await rig.proxy.runtime.semantic?.settled();
    const search = t.mock.method(MemoryVectorIndex.prototype, 'search', () => {
      throw new Error('out of order');
    });
    const thrown = await rig.ask(FRANCE_TOO);
    assert.deepEqual([thrown.status, thrown.cache], [200, 'miss; reason=index']);
    search.mock.mockImplementation(() => new Promise<never>(() => undefined));
    const hung = await rig.ask('Which city is the capital of France?');
    assert.deepEqual([hung.status, hung.cache], [200, 'miss; reason=index']);
    search.mock.restore();
  });

  test('that takes nothing in fails no request, and is told', async (t) => {
    const rig = await semanticRig(t);
    t.mock.method(MemoryVectorIndex.prototype, 'add', () => {
      throw new Error('full');
    });
    assert.equal((await rig.ask(FRANCE)).status, 200);
    await rig.proxy.runtime.semantic?.settled();
    assert.equal((await rig.ask(FRANCE_TOO)).cache, 'miss; reason=not-found');
    assert.equal((await rig.metrics('breakwater_semantic_trouble_total{what="index"}')).length, 1);
  });

  test('that names another’s answer, or one that is gone, serves neither', async (t) => {
    const keys = ['acme-key-of-twenty-chars', 'umbrella-key-of-twenty-c'];
    const rig = await semanticRig(t, {
      more: `tenants: {acme: {keys: [${keys[0]}]}, umbrella: {keys: [${keys[1]}]}}`,
    });
    const as = (key: string | undefined) => ({ headers: { authorization: `Bearer ${key}` } });
    const first = await rig.ask(FRANCE, as(keys[0]));
    await rig.ask('What is the capital of Norway?', as(keys[0]));
    assert.equal(first.status, 200);
    await rig.proxy.runtime.semantic?.settled();
    const refs: string[] = [];
    const original = MemoryVectorIndex.prototype.search;
    const search = t.mock.method(
      MemoryVectorIndex.prototype,
      'search',
      async function (this: MemoryVectorIndex, query: Parameters<typeof original>[0]) {
        const hits = await original.call(this, query);
        refs.push(...hits.map(({ ref }) => ref));
        return hits;
      },
    );
    await rig.ask("What's the capital of France ?", as(keys[0]));
    assert.ok(refs.length > 0);
    // The index now gives every scope of every tenant the same answers.
    search.mock.mockImplementation(async () =>
      [...refs, 'gone'].map((ref) => ({ id: ref, ref, cosine: 1, expiresAt: Number.POSITIVE_INFINITY })),
    );
    const told = await rig.ask(FRANCE_TOO, as(keys[1]));
    assert.equal(told.cache, 'miss; reason=not-found');
    const system = { role: 'system', content: 'Rhyme.' };
    const body = { model: 'm', messages: [system, { role: 'user', content: FRANCE_TOO }] };
    assert.equal((await rig.ask(body, as(keys[0]))).cache, 'miss; reason=not-found');
    search.mock.restore();
  });
});
