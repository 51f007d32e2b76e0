import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { schemaText } from '../../src/commands/schema.ts';
import { configSchema } from '../../src/config/json-schema.ts';

test('the committed schema is what the code says', () => {
  const committed = readFileSync(new URL('../../docs/config.schema.json', import.meta.url), 'utf8');
  assert.ok(committed === schemaText(), 'docs/config.schema.json is stale: run node scripts/generate-schema.ts');
});

test('every option is described, typed, and closed to unknown neighbours', () => {
  const bare: string[] = [];
  const walk = (schema: unknown, path: string): void => {
    if (typeof schema !== 'object' || schema === null) return;
    if ('properties' in schema) {
      assert.equal(Reflect.get(schema, 'additionalProperties'), false, path);
      for (const [name, inner] of Object.entries(Object(schema.properties))) {
        const keys = Object.keys(Object(inner));
        const described = keys.includes('description') || keys.includes('properties');
        if (!described && !path.endsWith('auth') && !path.endsWith('concurrency')) bare.push(`${path}.${name}`);
        assert.ok(keys.includes('type') || keys.includes('anyOf'), `${path}.${name} has no type`);
        walk(inner, `${path}.${name}`);
      }
    }
    for (const keyword of ['items', 'additionalProperties']) walk(Reflect.get(schema, keyword), `${path}.*`);
    for (const form of Object.values(Object(Reflect.get(schema, 'anyOf')))) walk(form, path);
  };
  walk(configSchema(), '');
  assert.deepEqual(bare, []);
});

test('it names the options of the file and says which dialect of JSON Schema it is', () => {
  const schema = configSchema();
  assert.equal(schema.$schema, 'https://json-schema.org/draft/2020-12/schema');
  const sections = Object.keys(Object(schema.properties));
  assert.deepEqual(sections, [
    'listen',
    'auth',
    'limits',
    'drain',
    'providers',
    'models',
    'defaults',
    'tenants',
    'admin',
    'state',
    'cache',
    'routing',
    'telemetry',
  ]);
  assert.doesNotMatch(JSON.stringify(schema), /"json":\{"(?!description)|orString|orWord|orItem|oneOfKeys/);
});
