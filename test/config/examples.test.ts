import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { summarize } from '../../src/commands/summary.ts';
import { loadConfig, parseConfig } from '../../src/config/load.ts';
import { modelFolder, WHOLE } from './onnx/model-folder.ts';

const FOLDER = fileURLToPath(new URL('../../examples/', import.meta.url));
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.yaml'));

test('there are the examples that the documentation names', () => {
  assert.deepEqual(FILES.toSorted(), [
    'azure.yaml',
    'fallback-chain.yaml',
    'high-availability.yaml',
    'local-and-cloud.yaml',
    'long-conversations.yaml',
    'minimal.yaml',
    'rehearsal.yaml',
    'routing.yaml',
    'semantic-cache.yaml',
    'tenants.yaml',
  ]);
});

for (const file of FILES) {
  test(`examples/${file} loads when its variables are set, and names each that is not`, () => {
    const source = readFileSync(FOLDER + file, 'utf8');
    const required = [...source.matchAll(/\$\{([A-Z0-9_]+)\}/g)].map(([, name]) => name ?? '');
    const env = {
      OPENAI_API_KEY: 'k-openai',
      ...Object.fromEntries(required.map((name) => [name, `k-${name.toLowerCase()}-0123456789abcdef`])),
    };
    const config = loadConfig(FOLDER + file, env);
    assert.ok(config.models.size > 0);
    assert.equal(config.simulator, false);
    assert.doesNotMatch(summarize(config), /key\w*-0123456789abcdef/);
    if (required.length === 0) return;
    assert.throws(
      () => loadConfig(FOLDER + file, {}),
      (error: unknown) => required.every((name) => String(error).includes(name)),
    );
  });
}

test('examples/semantic-cache.yaml loads with the model of one’s own that it names, too', (t) => {
  const folder = modelFolder(WHOLE, 'all-MiniLM-L6-v2');
  t.after(folder.remove);
  const source = readFileSync(`${FOLDER}semantic-cache.yaml`, 'utf8');
  const other = source
    .replace(/^ {2}embedder: .*\n/m, '')
    .replace('  # embedder: ', '  embedder: ')
    .replace('./models/', `${dirname(folder.path)}/`);
  const { embedder } = parseConfig('semantic-cache.yaml', other, { OPENAI_API_KEY: 'k' }).cache;
  assert.equal(embedder?.kind, 'onnx');
});
