import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EmbedTrouble, EmbedUsage } from '../../../src/cache/embedders/embedder.ts';
import type { EmbeddingsRequest } from '../../../src/cache/embedders/embeddings-call.ts';
import { TargetEmbedder, type TargetEmbedderOptions } from '../../../src/cache/embedders/target-embedder.ts';
import { FakeClock } from '../../breakers/fake-clock.ts';

type CallTarget = TargetEmbedderOptions['callTarget'];

function stand(callTarget: CallTarget, over: Partial<TargetEmbedderOptions> = {}) {
  const clock = new FakeClock();
  const troubles: EmbedTrouble[] = [];
  const requests: EmbeddingsRequest[] = [];
  const usages: EmbedUsage[] = [];
  const embedder = new TargetEmbedder({
    target: 'openai/small',
    model: 'small',
    timeout: 2_000,
    clock,
    callTarget: (request, signal) => {
      requests.push(request);
      return callTarget(request, signal);
    },
    onTrouble: (trouble) => troubles.push(trouble),
    ...over,
  });
  const embed = (texts: readonly string[], deadline = clock.now() + 10_000) =>
    embedder.embed(texts, { deadline, onUsage: (usage) => usages.push(usage) });
  return { clock, troubles, requests, usages, embedder, embed, kinds: () => troubles.map(({ kind }) => kind) };
}

/** Each text's length and 1. */
const answer = (input: readonly string[], more = {}) => ({
  object: 'list',
  data: input.map((text, index) => ({ object: 'embedding', index, embedding: [text.length, 1] })),
  usage: { prompt_tokens: 7, total_tokens: 7 },
  ...more,
});
const answering: CallTarget = async ({ input }) => answer(input);
const never: CallTarget = () => new Promise(() => undefined);
const down: CallTarget = () => Promise.reject(new Error('503'));
const base64 = (...values: number[]) => Buffer.from(Float32Array.from(values).buffer).toString('base64');

describe('an embedder behind /embeddings', () => {
  it('asks for the texts, gives their vectors in order, and says what it cost', async () => {
    const { embed, embedder, requests, usages } = stand(answering);
    assert.equal(embedder.dimensions, undefined);
    assert.deepEqual(await embed(['one', 'three']), [Float32Array.of(3, 1), Float32Array.of(5, 1)]);
    assert.deepEqual(requests, [{ model: 'small', input: ['one', 'three'], encoding_format: 'float' }]);
    assert.deepEqual(usages, [{ inputTokens: 7 }]);
    assert.equal(embedder.dimensions, 2);
    assert.equal(embedder.id, 'openai/small');
  });

  it('asks for the dimensions configured, which are part of its name', async () => {
    const { embed, embedder, requests } = stand(answering, { dimensions: 2, base64: true });
    await embed(['one']);
    assert.deepEqual(requests, [{ model: 'small', input: ['one'], dimensions: 2, encoding_format: 'base64' }]);
    assert.equal(embedder.id, 'openai/small@2');
  });

  it('asks once for each text', async () => {
    const { embed, requests, usages } = stand(answering);
    await embed(['one', 'one', 'two']);
    assert.deepEqual(
      await embed(['two', 'three', 'one']),
      [3, 5, 3].map((length) => Float32Array.of(length, 1)),
    );
    await embed(['three']);
    assert.deepEqual(
      requests.map(({ input }) => input),
      [['one', 'two'], ['three']],
    );
    assert.equal(usages.length, 2);
  });

  it('remembers only so many', async () => {
    const { embed, requests } = stand(answering, { remembered: 2 });
    for (const text of ['a', 'b', 'c', 'd', 'a']) await embed([text]);
    assert.equal(requests.length, 5);
  });

  const shapes: readonly [string, unknown][] = [
    ['base64', [{ index: 0, embedding: base64(3, 1) }]],
    ['no index', [{ embedding: [3, 1] }]],
  ];
  for (const [what, data] of shapes) {
    it(`understands an answer with ${what}`, async () => {
      const { embed } = stand(async () => ({ data }));
      assert.deepEqual(await embed(['one']), [Float32Array.of(3, 1)]);
    });
  }

  it('puts vectors in another order where they belong', async () => {
    const { embed } = stand(async () => ({
      data: [
        { index: 1, embedding: [2] },
        { index: 0, embedding: [1] },
      ],
    }));
    assert.deepEqual(await embed(['one', 'two']), [Float32Array.of(1), Float32Array.of(2)]);
  });
});

describe('an embedder that fails gives nothing, and tells', () => {
  const good = { index: 0, embedding: [1, 2] };
  const wrong: readonly [string, unknown, string][] = [
    ['no JSON object', 'sorry', 'invalid'],
    ['an error in a 200', { error: { message: 'no' } }, 'invalid'],
    ['no vectors', { data: [] }, 'invalid'],
    ['too few vectors', { data: [good] }, 'invalid'],
    ['too many vectors', { data: [good, { ...good, index: 1 }, { ...good, index: 2 }] }, 'invalid'],
    ['the same vector twice', { data: [good, good] }, 'invalid'],
    ['an index from nowhere', { data: [good, { ...good, index: 7 }] }, 'invalid'],
    ['NaN in a vector', { data: [good, { index: 1, embedding: [1, null] }] }, 'invalid'],
    ['NaN in base64', { data: [good, { index: 1, embedding: base64(Number.NaN, 1) }] }, 'invalid'],
    ['an infinity', { data: [good, { index: 1, embedding: [Number.POSITIVE_INFINITY, 1] }] }, 'invalid'],
    ['zeros', { data: [good, { index: 1, embedding: [0, 0] }] }, 'invalid'],
    ['a text for a number', { data: [good, { index: 1, embedding: ['1', 2] }] }, 'invalid'],
    ['an empty vector', { data: [good, { index: 1, embedding: [] }] }, 'invalid'],
    ['half a number in base64', { data: [good, { index: 1, embedding: 'AAA=' }] }, 'invalid'],
    ['no vector in an entry', { data: [good, { index: 1 }] }, 'invalid'],
    ['vectors of two dimensions', { data: [good, { index: 1, embedding: [1, 2, 3] }] }, 'dimensions'],
  ];
  for (const [what, json, kind] of wrong) {
    it(`for ${what}`, async () => {
      const { embed, kinds, usages } = stand(async () => json);
      assert.equal(await embed(['one', 'two']), undefined);
      assert.deepEqual(kinds(), [kind]);
      // It was called, and may be billed.
      assert.deepEqual(usages, [{ inputTokens: undefined }]);
    });
  }

  it('for another dimension than configured, or than before', async () => {
    const configured = stand(answering, { dimensions: 3 });
    assert.equal(await configured.embed(['one']), undefined);
    assert.deepEqual(configured.kinds(), ['dimensions']);
    let more: number[] = [];
    const { embed, kinds } = stand(async () => ({ data: [{ embedding: [1, 2, ...more] }] }));
    assert.ok(await embed(['one']));
    more = [3];
    assert.equal(await embed(['two']), undefined);
    assert.deepEqual(kinds(), ['dimensions']);
  });

  it('for a call that fails, or throws at once', async () => {
    const rejecting = stand(down);
    assert.equal(await rejecting.embed(['one']), undefined);
    assert.deepEqual(rejecting.kinds(), ['failed']);
    assert.deepEqual(rejecting.usages, []);
    const throwing = stand(() => {
      throw new TypeError('no such target');
    });
    assert.equal(await throwing.embed(['one']), undefined);
    assert.deepEqual(throwing.kinds(), ['failed']);
  });

  it('at its own time limit, whatever time the caller has, and cancels the call', async () => {
    let cancelled: AbortSignal | undefined;
    const { embed, clock, kinds } = stand((_request, signal) => {
      cancelled = signal;
      return new Promise(() => undefined);
    });
    const asked = embed(['one']);
    clock.advance(1_999);
    assert.equal(cancelled?.aborted, false);
    clock.advance(1);
    assert.equal(await asked, undefined);
    assert.deepEqual(kinds(), ['timeout']);
    assert.equal(cancelled?.aborted, true);
    assert.equal(clock.pending, 0);
  });

  it('at the caller’s deadline where that is sooner', async () => {
    const { embed, clock, kinds } = stand(never);
    const asked = embed(['one'], clock.now() + 300);
    clock.advance(300);
    assert.equal(await asked, undefined);
    assert.equal(await embed(['one'], clock.now()), undefined);
    assert.deepEqual(kinds(), ['timeout', 'timeout']);
  });

  it('and a late failure of a call given up disturbs nobody', async () => {
    let fail: (error: Error) => void = () => undefined;
    const { embed, clock } = stand(
      () =>
        new Promise((_resolve, reject) => {
          fail = reject;
        }),
    );
    const asked = embed(['one']);
    clock.advance(2_000);
    assert.equal(await asked, undefined);
    fail(new Error('reset'));
  });
});

describe('an embedder that fails again and again', () => {
  it('is left alone for a while, longer each time, and asked once then', async () => {
    let call = down;
    const { embed, clock, requests, kinds } = stand((...given) => call(...given));
    for (let n = 0; n < 5; n++) await embed([`${n}`]);
    assert.equal(await embed(['paused']), undefined);
    assert.equal(requests.length, 5);
    assert.equal(kinds().at(-1), 'paused');
    clock.advance(4_999);
    await embed(['paused']);
    assert.equal(requests.length, 5);
    clock.advance(1);
    // Two at once: one of them is the probe.
    await Promise.all([embed(['probe']), embed(['other'])]);
    assert.equal(requests.length, 6);
    clock.advance(9_999);
    await embed(['paused']);
    assert.equal(requests.length, 6);
    clock.advance(1);
    call = answering;
    assert.ok(await embed(['well']));
    assert.ok(await embed(['again']));
    assert.equal(requests.length, 8);
  });

  it('is not blamed for callers in a hurry', async () => {
    const { embed, clock, requests } = stand(never);
    for (let n = 0; n < 10; n++) {
      const asked = embed([`${n}`], clock.now() + 50);
      clock.advance(50);
      await asked;
    }
    assert.equal(requests.length, 10);
  });

  it('goes on giving what it remembers', async () => {
    let call = answering;
    const { embed } = stand((...given) => call(...given));
    await embed(['known']);
    call = down;
    for (let n = 0; n < 6; n++) await embed([`${n}`]);
    assert.deepEqual(await embed(['known']), [Float32Array.of(5, 1)]);
  });
});
