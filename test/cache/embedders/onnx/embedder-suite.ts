import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import type { EmbedTrouble } from '../../../../src/cache/embedders/embedder.ts';
import { openOnnxEmbedder } from '../../../../src/cache/embedders/onnx/onnx-embedder.ts';
import type { OnnxRuntimePlace } from '../../../../src/cache/embedders/onnx/onnx-runtime.ts';
import { systemClock } from '../../../../src/clock.ts';
import { type OnnxOptions, readOnnxModel } from '../../../../src/config/onnx/read-onnx-model.ts';
import { type FolderFiles, modelFolder, WHOLE } from '../../../config/onnx/model-folder.ts';
import { INT32, SENTENCE, TOKENS, tinyModel, weight } from '../../../config/onnx/tiny-model.ts';
import { BYTE_PAIRS, UNIGRAM } from '../../../config/onnx/tiny-tokenizers.ts';

const closed: (() => Promise<void> | void)[] = [];
/** A slow machine may take long to load a runtime; nothing here depends on how long. */
const PATIENCE = 60_000;

export async function stand(runtimes: readonly OnnxRuntimePlace[], files: FolderFiles, written: Partial<OnnxOptions>) {
  const folder = modelFolder({ ...WHOLE, ...files });
  const model = readOnnxModel(folder.path, { pooling: undefined, maxTokens: undefined, prefix: undefined, ...written });
  const troubles: EmbedTrouble[] = [];
  const embedder = await openOnnxEmbedder({
    model,
    timeout: PATIENCE,
    clock: systemClock,
    runtimes,
    onTrouble: (trouble) => troubles.push(trouble),
  });
  closed.push(() => embedder.close(), folder.remove);
  const embed = (...texts: string[]) => embedder.embed(texts, { deadline: systemClock.now() + PATIENCE });
  return { model, embedder, embed, troubles };
}

export async function closeStands(): Promise<void> {
  for (const close of closed.splice(0)) await close();
}

const row = (id: number) => [0, 1, 2, 3].map((place) => weight(id, place));

function meanOf(ids: readonly number[], times = 1): number[] {
  const sums = [0, 0, 0, 0].map((_, place) => ids.reduce((sum, id) => sum + weight(id, place), 0));
  return sums.map((sum) => (times * sum) / ids.length);
}

function near(actual: Float32Array | undefined, expected: readonly number[]): void {
  assert.equal(actual?.length, expected.length);
  for (const [place, value] of expected.entries())
    assert.ok(
      Math.abs((actual?.[place] ?? Number.NaN) - value) < 1e-5,
      `${place}: ${actual?.[place]}, expected ${value}`,
    );
}

/** What an embedder of an ONNX model does, whatever runs the model. Figures are computed here from the tiny model's table. */
export function describeOnnxEmbedder(name: string, runtimes: () => readonly OnnxRuntimePlace[]): void {
  describe(`an ONNX model, run by ${name}`, () => {
    afterEach(closeStands);

    const question = 'How do I reset my password?';
    const ids = [2, 4, 5, 6, 7, 8, 9, 10, 11, 3];
    const vectors: readonly (readonly [
      what: string,
      files: FolderFiles,
      written: Partial<OnnxOptions>,
      text: string,
      expected: readonly number[],
    ])[] = [
      ['the mean of all tokens', {}, {}, question, meanOf(ids)],
      ['the first token', {}, { pooling: 'cls' }, question, row(2)],
      [
        'what the model makes of them itself',
        { 'model.onnx': tinyModel({ outputs: [TOKENS, SENTENCE] }) },
        {},
        question,
        meanOf(ids, 2),
      ],
      ['with a prompt before it', {}, { prefix: 'query: ' }, 'your ?', meanOf([2, 13, 14, 12, 11, 3])],
      ['with unknown words', {}, {}, 'my unlikely xyz', meanOf([2, 8, 15, 16, 17, 1, 3])],
      [
        'of a model without a mask',
        { 'model.onnx': tinyModel({ inputs: [['input_ids', INT32]] }) },
        {},
        question,
        meanOf(ids),
      ],
      ['of pairs of bytes', { 'tokenizer.json': BYTE_PAIRS }, {}, 'abc ab', meanOf([6, 3, 4])],
      ['of the likeliest parts', { 'tokenizer.json': UNIGRAM }, {}, 'reset', meanOf([2, 3, 1])],
    ];
    for (const [what, files, written, text, expected] of vectors)
      it(`gives ${what}`, async () => {
        const { embed, troubles } = await stand(runtimes(), files, written);
        const [vector] = (await embed(text)) ?? [];
        assert.deepEqual(troubles, []);
        near(vector, expected);
      });

    it('gives a text the same vector, whatever it is asked beside', async () => {
      const { embed } = await stand(runtimes(), {}, {});
      const [one, long] = (await embed('reset', 'reset my password how do i')) ?? [];
      near(one, meanOf([2, 7, 3]));
      near(long, meanOf([2, 7, 8, 9, 10, 4, 5, 6, 3]));
      near((await embed('reset'))?.[0], meanOf([2, 7, 3]));
    });

    it('gives no vector of a text that it cannot read to its end, and goes on', async () => {
      const { embed, troubles } = await stand(runtimes(), {}, { maxTokens: 5 });
      for (let time = 0; time < 6; time++) assert.equal(await embed('how do i reset'), undefined);
      assert.deepEqual(
        new Set(troubles.map(({ kind, reason }) => `${kind}: ${reason}`)),
        new Set(['too-long: 6 tokens, of which the model reads 5']),
      );
      near((await embed('how do i'))?.[0], meanOf([2, 4, 5, 6, 3]));
    });

    it('gives nothing where the model gives other dimensions than it says', async () => {
      const { model, embedder, embed, troubles } = await stand(runtimes(), {}, {});
      assert.equal(embedder.dimensions, 4);
      assert.equal(model.dimensions, 4);
      const lying = await openOnnxEmbedder({
        model: { ...model, dimensions: 5 },
        timeout: PATIENCE,
        clock: systemClock,
        runtimes: runtimes(),
        onTrouble: (trouble) => troubles.push(trouble),
      });
      closed.push(() => lying.close());
      assert.equal(await lying.embed(['my'], { deadline: systemClock.now() + PATIENCE }), undefined);
      assert.equal(troubles[0]?.kind, 'dimensions');
      assert.ok(await embed('my'));
    });

    it('answers many who ask at once, each with its own', async () => {
      const { embed, troubles } = await stand(runtimes(), {}, {});
      const words = ['how', 'do', 'i', 'reset', 'my', 'pass'];
      const vectors = await Promise.all(words.map((word) => embed(word)));
      assert.deepEqual(troubles, []);
      for (const [at, vector] of vectors.entries()) near(vector?.[0], meanOf([2, 4 + at, 3]));
    });

    it('can be closed while it works', async () => {
      const { embedder, embed, troubles } = await stand(runtimes(), {}, {});
      await embed('my');
      const asked = Array.from({ length: 8 }, () => embed('how do i reset my password?', 'my'));
      await embedder.close();
      assert.deepEqual(new Set(await Promise.all(asked)), new Set([undefined]));
      assert.ok(troubles.every(({ reason }) => reason === 'it was closed'));
    });

    it('gives nothing where it cannot be run, and says why', async () => {
      const bytes = tinyModel();
      // A name as long, so that nothing else changes.
      const at = bytes.indexOf('Unsqueeze');
      bytes.write('Nonsense!', at);
      const { embed, troubles } = await stand(runtimes(), { 'model.onnx': bytes }, {});
      assert.equal(await embed('my'), undefined);
      assert.equal(troubles[0]?.kind, 'failed');
      assert.match(troubles[0]?.reason ?? '', /Nonsense/);
    });
  });
}
