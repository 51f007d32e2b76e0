import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import type { EmbedTrouble } from '../../../src/cache/embedders/embedder.ts';
import { ThreadEmbedder } from '../../../src/cache/embedders/thread-embedder.ts';
import { FakeClock } from '../../breakers/fake-clock.ts';

const opened: ThreadEmbedder[] = [];
afterEach(() => Promise.all(opened.splice(0).map((embedder) => embedder.close())));

/** A thread that does as it is told by the text: it answers with `vector`, says nothing to `hang`, and fails at what else there is. */
function stand(options: { timeout?: number; dimensions?: number } = {}) {
  const code = `import { parentPort } from 'node:worker_threads';
    parentPort.on('message', ({ id, texts }) => {
      const [text, size] = texts[0].split(' ');
      if (text === 'hang') return;
      if (text === 'long') parentPort.postMessage({ id, failure: 'too many tokens', kind: 'too-long' });
      else if (text !== 'vector') parentPort.postMessage({ id, failure: text });
      else parentPort.postMessage({ id, vectors: texts.map(() => new Float32Array(Number(size)).fill(1)) });
    });`;
  const clock = new FakeClock();
  const troubles: EmbedTrouble[] = [];
  const embedder = new ThreadEmbedder({
    id: 'thread',
    dimensions: options.dimensions,
    shadowOnly: false,
    thread: { url: new URL(`data:text/javascript,${encodeURIComponent(code)}`), data: undefined },
    timeout: options.timeout ?? 2_000,
    clock,
    onTrouble: (trouble) => troubles.push(trouble),
  });
  opened.push(embedder);
  const embed = (text: string, deadline = clock.now() + 1e9) => embedder.embed([text], { deadline });
  return { clock, embedder, embed, kinds: () => troubles.splice(0).map(({ kind }) => kind) };
}

/** More than a pause begins after. */
const FIVE = [1, 2, 3, 4, 5];

describe('an embedder in a thread', () => {
  it('takes its dimensions from the first vector, where they are not known, and insists on them', async () => {
    const { embedder, embed, kinds } = stand();
    assert.equal(embedder.dimensions, undefined);
    assert.equal((await embed('vector 3'))?.[0]?.length, 3);
    assert.equal(embedder.dimensions, 3);
    assert.equal(await embed('vector 4'), undefined);
    assert.deepEqual(kinds(), ['dimensions']);
  });

  it('insists on those that are known from the first vector on', async () => {
    const { embed, kinds } = stand({ dimensions: 4 });
    assert.equal(await embed('vector 3'), undefined);
    assert.deepEqual(kinds(), ['dimensions']);
  });

  it('is left alone for five seconds after five failures, then asked once', async () => {
    const { clock, embed, kinds } = stand();
    for (const _ of FIVE) await embed('broken');
    assert.equal(await embed('vector 3'), undefined);
    clock.advance(4_999);
    assert.equal(await embed('vector 3'), undefined);
    assert.deepEqual(kinds(), [...FIVE.map(() => 'failed'), 'paused', 'paused']);
    clock.advance(1);
    assert.ok(await embed('vector 3'));
    assert.ok(await embed('vector 3'));
    assert.deepEqual(kinds(), []);
  });

  it('is not left alone for texts that are too long', async () => {
    const { embed, kinds } = stand();
    for (const _ of FIVE) await embed('long');
    assert.ok(await embed('vector 3'));
    assert.deepEqual(
      kinds(),
      FIVE.map(() => 'too-long'),
    );
  });

  it('is not left alone for callers in a hurry', async () => {
    const { clock, embed, kinds } = stand();
    const hurried = FIVE.map(() => embed('hang', clock.now() + 10));
    clock.advance(10);
    await Promise.all(hurried);
    assert.ok(await embed('vector 3'));
    assert.deepEqual(
      kinds(),
      FIVE.map(() => 'timeout'),
    );
  });

  it('is left alone where it takes too long for everyone', async () => {
    const { clock, embed, kinds } = stand();
    const slow = FIVE.map(() => embed('hang'));
    clock.advance(2_000);
    await Promise.all(slow);
    await embed('vector 3');
    assert.deepEqual(kinds(), [...FIVE.map(() => 'timeout'), 'paused']);
  });

  it('gets another thread where one has answered nothing for a minute', async () => {
    const { clock, embed, kinds } = stand({ timeout: 1e6 });
    const stuck = Array.from({ length: 16 }, () => embed('hang', clock.now() + 1_000));
    clock.advance(59_999);
    await Promise.all(stuck);
    assert.equal(await embed('vector 3'), undefined);
    assert.equal(kinds().at(-1), 'overloaded');
    clock.advance(1);
    assert.ok(await embed('vector 3'));
  });

  it('ends with what waits for it', async () => {
    const { embedder, embed, kinds } = stand();
    const waiting = embed('hang');
    await embedder.close();
    assert.equal(await waiting, undefined);
    assert.deepEqual(kinds(), ['failed']);
  });

  it('is not ended from outside where it runs native code, but told to end, and waited for', async () => {
    const code = `import { parentPort, workerData } from 'node:worker_threads';
      parentPort.on('message', (message) => {
        if (message !== 'end') return;
        parentPort.close();
        setTimeout(() => Atomics.store(new Int32Array(workerData), 0, 1), 20);
      });`;
    const shared = new SharedArrayBuffer(4);
    const clock = new FakeClock();
    const embedder = new ThreadEmbedder({
      id: 'native',
      dimensions: undefined,
      shadowOnly: false,
      thread: { url: new URL(`data:text/javascript,${encodeURIComponent(code)}`), data: shared },
      isNative: true,
      timeout: 1e6,
      clock,
    });
    const waiting = Array.from({ length: 16 }, () => embedder.embed(['x'], { deadline: clock.now() + 1_000 }));
    clock.advance(1_000);
    assert.deepEqual(new Set(await Promise.all(waiting)), new Set([undefined]));
    // Nor where it seems to be stuck.
    clock.advance(120_000);
    assert.equal(await embedder.embed(['x'], { deadline: clock.now() + 1_000 }), undefined);
    await embedder.close();
    assert.equal(Atomics.load(new Int32Array(shared), 0), 1);
  });
});
