import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, describe, it } from 'node:test';
import { EmbedderUnavailable } from '../../../../src/cache/embedders/embedder.ts';
import { loadEncoder } from '../../../../src/cache/embedders/onnx/load-encoder.ts';
import { modelDigest } from '../../../../src/cache/embedders/onnx/model-digest.ts';
import { openOnnxEmbedder } from '../../../../src/cache/embedders/onnx/onnx-embedder.ts';
import { findRuntimes, type OnnxRuntimePlace } from '../../../../src/cache/embedders/onnx/onnx-runtime.ts';
import { sentenceVector } from '../../../../src/cache/embedders/onnx/sentence-vector.ts';
import { systemClock } from '../../../../src/clock.ts';
import { calibratedThreshold } from '../../../../src/config/calibrated-embedders.ts';
import { tinyModel } from '../../../config/onnx/tiny-model.ts';
import { BYTE_PAIRS } from '../../../config/onnx/tiny-tokenizers.ts';
import { closeStands, describeOnnxEmbedder, stand } from './embedder-suite.ts';

const FAKE: OnnxRuntimePlace = {
  name: 'onnxruntime-web',
  url: new URL('./fake-runtime.ts', import.meta.url).href,
};

describeOnnxEmbedder('a stand-in for onnxruntime', () => [FAKE]);

describe('the name of an ONNX model', () => {
  after(closeStands);

  it('is that of its folder, with a digest of all that its vectors depend on', async () => {
    const { embedder } = await stand([FAKE], {}, {});
    assert.match(embedder.id, /^onnx\/tiny@sha256-[0-9a-f]{16}$/);
    const again = await stand([FAKE], {}, { maxTokens: 100 });
    assert.equal(again.embedder.id, embedder.id);
    const others = [
      await stand([FAKE], { 'model.onnx': tinyModel({ words: 33 }) }, {}),
      await stand([FAKE], { 'tokenizer.json': BYTE_PAIRS }, {}),
      await stand([FAKE], { 'tokenizer_config.json': { remove_space: true } }, {}),
      await stand([FAKE], {}, { pooling: 'cls' }),
      await stand([FAKE], {}, { prefix: 'query: ' }),
    ];
    assert.equal(new Set([embedder.id, ...others.map((other) => other.embedder.id)]).size, 6);
  });

  it('borrows no threshold from a model that was measured', async () => {
    const { model } = await stand([FAKE], {}, {});
    const named = { ...model, name: 'text-embedding-3-small' };
    const embedder = await openOnnxEmbedder({ model: named, timeout: 1, clock: systemClock, runtimes: [FAKE] });
    await embedder.close();
    assert.equal(calibratedThreshold(embedder.id), undefined);
    assert.equal(embedder.shadowOnly, false);
  });
});

describe('loading an ONNX model', () => {
  after(closeStands);

  it('is refused where the files are others than those it was named by', async () => {
    const { model } = await stand([FAKE], {}, {});
    const digest = await modelDigest(model);
    assert.equal((await (await loadEncoder({ model, digest, runtimes: [FAKE] }))('my')).length, 4);
    writeFileSync(model.file, tinyModel({ words: 33 }));
    await assert.rejects(loadEncoder({ model, digest, runtimes: [FAKE] }), /files have changed since it was opened/);
  });

  it('goes on to the next runtime where one is for another system', async () => {
    const { model } = await stand([FAKE], {}, {});
    const digest = await modelDigest(model);
    const broken: OnnxRuntimePlace = {
      name: 'onnxruntime-node',
      url: 'data:text/javascript,throw new Error("no binding")',
    };
    assert.ok(await loadEncoder({ model, digest, runtimes: [broken, FAKE] }));
    await assert.rejects(loadEncoder({ model, digest, runtimes: [broken] }), /no binding/);
  });

  it('says what to install where nothing can run it', () => {
    assert.throws(
      () => findRuntimes(['/nowhere/at/all'], 'file:///nowhere/at/all/program.js'),
      (error) =>
        error instanceof EmbedderUnavailable &&
        /npm install --ignore-scripts onnxruntime-node" where breakwater is started/.test(error.message),
    );
  });

  it('says so where its files are gone', async () => {
    const { model } = await stand([FAKE], {}, {});
    const gone = { ...model, file: `${model.file}.gone` };
    await assert.rejects(
      openOnnxEmbedder({ model: gone, timeout: 1, clock: systemClock, runtimes: [FAKE] }),
      (error) => error instanceof EmbedderUnavailable && /tiny cannot be read: ENOENT/.test(error.message),
    );
  });
});

describe('what a model gave for a text', () => {
  const numbers = new Float32Array(6).fill(1);
  const wrong: readonly (readonly [
    what: string,
    tensor: Parameters<typeof sentenceVector>[0],
    pooling: 'mean' | undefined,
  ])[] = [
    ['numbers of another type', { type: 'float16', dims: [1, 6], data: new Uint16Array(6) }, undefined],
    [
      'vectors of tokens where one of the text is expected',
      { type: 'float32', dims: [1, 2, 3], data: numbers },
      undefined,
    ],
    ['one vector where those of tokens are expected', { type: 'float32', dims: [1, 6], data: numbers }, 'mean'],
    ['two texts', { type: 'float32', dims: [2, 3], data: numbers }, undefined],
    ['no tokens', { type: 'float32', dims: [1, 0, 6], data: new Float32Array() }, 'mean'],
    ['fewer numbers than it says', { type: 'float32', dims: [1, 7], data: numbers }, undefined],
  ];
  for (const [what, tensor, pooling] of wrong)
    it(`is no vector if it is ${what}`, () => {
      assert.throws(() => sentenceVector(tensor, pooling), /the model gave/);
    });

  it('is copied: the next run may write over it', () => {
    const data = Float32Array.of(1, 2, 3);
    const vector = sentenceVector({ type: 'float32', dims: [1, 3], data }, undefined);
    data.fill(0);
    assert.deepEqual([...vector], [1, 2, 3]);
  });
});
