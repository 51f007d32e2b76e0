import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { summarize } from '../../src/commands/summary.ts';
import { loadConfig } from '../../src/config/load.ts';

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
