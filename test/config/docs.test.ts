import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { configSchema } from '../../src/config/json-schema.ts';
import { PRESET_NAMES, PRESETS } from '../../src/providers/presets.ts';
import { problemsOf } from './problems-of.ts';

const CONFIGURATION = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');
const PROVIDERS = readFileSync(new URL('../../docs/providers.md', import.meta.url), 'utf8');

test('docs/configuration.md names every option', () => {
  const missing: string[] = [];
  const walk = (schema: unknown, path: string): void => {
    for (const [name, inner] of Object.entries(Object(Reflect.get(Object(schema), 'properties')))) {
      if (!new RegExp(`[\`.{ ]${name}[\`.,} :]`).test(CONFIGURATION)) missing.push(`${path}.${name}`);
      walk(inner, `${path}.${name}`);
    }
    for (const keyword of ['items', 'additionalProperties']) {
      const inner: unknown = Reflect.get(Object(schema), keyword);
      if (typeof inner === 'object') walk(inner, `${path}.*`);
    }
    for (const form of Object.values(Object(Reflect.get(Object(schema), 'anyOf')))) walk(form, path);
  };
  walk(configSchema(), '');
  assert.deepEqual(missing, []);
});

test('docs/providers.md names every preset with its address, its variables and its source', () => {
  for (const name of PRESET_NAMES) {
    const row = PROVIDERS.split('\n').find((line) => line.startsWith(`| \`${name}\``));
    assert.ok(row !== undefined, name);
    const { baseUrl, keyVariables, source } = PRESETS[name];
    if (baseUrl !== undefined)
      assert.ok(row.includes(`\`${baseUrl.replace('{region}', 'REGION')}\``), `${name}: ${baseUrl}`);
    for (const variable of keyVariables) assert.ok(row.includes(variable), `${name}: ${variable}`);
    assert.ok(row.includes(`(${source})`), `${name}: ${source}`);
    for (const variable of keyVariables) assert.ok(CONFIGURATION.includes(variable), `configuration.md: ${variable}`);
  }
});

test('the YAML in the documentation is a configuration', () => {
  const blocks = [...`${CONFIGURATION}\n${PROVIDERS}`.matchAll(/```yaml\n(.*?)```/gs)].map(([, block]) => block ?? '');
  assert.equal(blocks.length, 2);
  for (const block of blocks) {
    const names = [...block.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name ?? '');
    const env = Object.fromEntries(names.map((name) => [name, `k-${name}`]));
    // The certificate of the example is nobody's.
    assert.deepEqual(
      problemsOf(block, env).filter((problem) => !problem.includes('.ca: cannot be read')),
      [],
    );
  }
});
