import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseConfig } from '../../src/config/load.ts';
import { holdCache } from '../../src/proxy/hold-cache.ts';
import { semanticRig } from '../cache/semantic/rig.ts';
import { run } from '../cli/cli-rig.ts';
import { type FolderFiles, modelFolder, WHOLE } from '../config/onnx/model-folder.ts';
import { tinyModel } from '../config/onnx/tiny-model.ts';

const FRANCE = 'What is the capital of France?';
const FRANCE_TOO = "What's the capital of France?";
const LIVE = '{mode: live, threshold: 0.9}';

/** The directory that Breakwater is started in: what runs models is looked for there. */
const here = fileURLToPath(new URL('.', import.meta.url));
const before = process.cwd();
beforeEach(() => process.chdir(here));
afterEach(() => process.chdir(before));

function folderOf(t: TestContext, files: FolderFiles = {}) {
  const folder = modelFolder({ ...WHOLE, ...files });
  t.after(folder.remove);
  return folder;
}

function proxyWith(t: TestContext, path: string) {
  return semanticRig(t, {
    vectors: `{onnx: ${JSON.stringify(path)}, timeout: 60s}`,
    cache: 'exact: off',
    semantic: LIVE,
  });
}

describe('a proxy with an ONNX model', () => {
  test('answers a near question with the answer to another', async (t) => {
    const rig = await proxyWith(t, folderOf(t).path);
    assert.match((await rig.ask(FRANCE)).cache ?? '', /^miss/);
    await rig.proxy.runtime.semantic?.settled();
    assert.match((await rig.ask(FRANCE_TOO)).cache ?? '', /^semantic; sim=/);
    assert.equal(rig.calls, 1);
    const report = await rig.proxy.runtime.semantic?.report();
    assert.match(report?.embedder ?? '', /^onnx\/tiny@sha256-/);
    assert.equal(report?.dimensions, 4);
  });

  test('begins anew with another model, and with another under the same name after a reload', async (t) => {
    const folder = folderOf(t);
    const rig = await proxyWith(t, folder.path);
    const { runtime } = rig.proxy;
    await rig.ask(FRANCE);
    await runtime.semantic?.settled();
    const first = (await runtime.semantic?.report())?.embedder;
    folder.write('model.onnx', tinyModel({ words: 40 }));
    const source = `providers: {a: {baseUrl: "http://127.0.0.1:1/v1", apiKey: k}}\ncache: {embedder: {onnx: ${JSON.stringify(folder.path)}, timeout: 60s}}`;
    const { embedder } = parseConfig('again.yaml', source, {}).cache;
    runtime.reload({ ...runtime.config, cache: { ...runtime.config.cache, embedder } });
    await holdCache(runtime, undefined);
    assert.equal((await rig.ask(FRANCE_TOO)).cache, 'miss; reason=not-found');
    assert.notEqual((await runtime.semantic?.report())?.embedder, first);
  });

  test('answers as if there were no cache where the model cannot be run', async (t) => {
    const bytes = tinyModel();
    bytes.write('Nonsense!', bytes.indexOf('Unsqueeze'));
    const rig = await proxyWith(t, folderOf(t, { 'model.onnx': bytes }).path);
    const told = await rig.ask(FRANCE);
    assert.deepEqual([told.status, told.cache], [200, 'miss; reason=embedder']);
    assert.deepEqual(await rig.metrics('breakwater_semantic_trouble_total{what="embedder-failed"'), [
      'breakwater_semantic_trouble_total{what="embedder-failed"} 1',
    ]);
  });

  test('answers as if there were no cache where nothing can run it', async (t) => {
    process.chdir(tmpdir());
    const rig = await proxyWith(t, folderOf(t).path);
    assert.equal(rig.proxy.runtime.semantic, undefined);
    assert.equal((await rig.ask(FRANCE)).status, 200);
  });

  test('is told of by check, which warns where nothing here can run the model', async (t) => {
    const folder = folderOf(t);
    folder.write(
      'breakwater.yaml',
      'providers: {a: {baseUrl: "http://127.0.0.1:1/v1", apiKey: k}}\ncache: {embedder: {onnx: .}}\nmodels: {m: {targets: [a/x], cache: {semantic: on}}}\n',
    );
    const check = () => run(['check', `${folder.path}/breakwater.yaml`]);
    const told = await check();
    assert.equal(told.status, 0, told.error);
    assert.match(told.out, /by the ONNX model tiny \(4 dimensions, mean, 512 tokens\), asked for 2s at most/);
    assert.doesNotMatch(told.out, /nothing here can run/);
    process.chdir(tmpdir());
    const warned = await check();
    assert.equal(warned.status, 0);
    assert.match(warned.out, /cache\.embedder\.onnx: nothing here can run an ONNX model: run "npm install/);
  });
});
