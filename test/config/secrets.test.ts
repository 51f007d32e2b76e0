// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax under test.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { summarize } from '../../src/commands/summary.ts';
import { ConfigError } from '../../src/config/config-error.ts';
import { configFromEnvironment } from '../../src/config/from-environment.ts';
import { parseConfig } from '../../src/config/load.ts';
import { configOf } from './problems-of.ts';

/** Begins like a key, and holds no piece that any message could hold by itself. */
const SECRET = 'sk-proj-Zq7XvW9kQzJ4mB2sYtG8hLxN';

/** Where a key can come to stand, the way people get it wrong. */
const MISPLACED: readonly string[] = [
  'providers: {openai: {apiKey: "SECRET ", connections: 0}}',
  'providers: {openai: {apikey: SECRET}}',
  'providers: {openai: {SECRET}}',
  'providers: {openai: {SECRET: }}',
  'providers: {openai: SECRET}',
  'providers: [SECRET]',
  'providers: SECRET',
  'providers: {SECRET: {}}',
  'providers: {SECRET: }',
  'providers: {openai: {apiKeys: SECRET}}',
  'providers: {openai: {apiKeys: {SECRET, SECRET}}}',
  'providers: {openai: {apiKeys: [SECRET, SECRET]}}',
  'providers: {openai: {apiKeys: [[SECRET]]}}',
  'providers: {openai: {apiKey: {value: SECRET}}}',
  'providers: {openai: {apiKey: [SECRET]}}',
  'providers: {openai: {apiKey: "SECRET\\n"}}',
  'providers: {openai: {apiKey: "SECRET", apiKeys: ["SECRET"]}}',
  'providers: {openai: {apiKey: "${NOPE:-SECRET }"}}',
  'providers: {a: {baseUrl: "https://SECRET@a"}}',
  'providers: {a: {baseUrl: "https://a/v1?key=SECRET"}}',
  'providers: {a: {baseUrl: SECRET}}',
  'providers: {openai: {apiKey: k, headers: {x-api-key: "SECRET\\r\\n"}}}',
  'providers: {openai: {apiKey: k, headers: {authorization: SECRET}}}',
  'providers: {openai: {apiKey: k, headers: SECRET}}',
  'providers: {openai: {apiKey: k, query: {key: [SECRET]}}}',
  'providers: {openai: {apiKey: k, auth: {header: SECRET!}}}',
  'providers:\n  openai:\n  apiKey: SECRET',
  'providers:\n  openai:\n    apiKey: SECRET: x',
  'providers:\n  openai:\n\tapiKey: SECRET',
  'providers: {openai: {apiKey: "SECRET}}',
  'providers: {openai: {apiKey: *SECRET}}',
  'providers: {openai: {apiKey: !SECRET x}}',
  'providers: {openai: {apiKey: `SECRET`}}',
  'providers: {openai: {apiKey: SECRET, apiKey: SECRET}}',
  'SECRET',
  'SECRET: ',
  'apiKey: SECRET',
  '? [SECRET]\n: x',
];

for (const template of MISPLACED) {
  test(`does not repeat the key of ${JSON.stringify(template)}`, () =>
    assertSilent(template.replaceAll('SECRET', SECRET), {}));
}

test('a short key is not repeated either, where keys belong', () => {
  const short = 'sk-Zq7XvW9';
  for (const template of [
    'providers: {openai: {apiKeys: {SECRET, SECRET}}}',
    'providers: {openai: {apiKeys: [{SECRET: 1}]}}',
    'providers: {openai: {SECRET}}',
    'providers: {openai: {apiKey: SECRET, auth: none}}',
    'providers: {openai: {headers: {a: SECRET, a: SECRET}}}',
    'providers: {a: {baseUrl: SECRET}}',
    'providers: {openai: {headers: [SECRET]}}',
  ]) {
    assertSilent(template.replaceAll('SECRET', short), {}, short);
  }
});

test('what a variable holds is not repeated, wherever it is put', () => {
  const places = [
    'drain: ${KEY}',
    'listen: {host: "${KEY}"}',
    'listen: {port: "${KEY}"}',
    'auth: ${KEY}',
    'limits: {body: "x${KEY}"}',
    'telemetry: {log: "${KEY}"}',
    'models: {m: {targets: ["${KEY}"]}}',
    'models: {m: {targets: ["${KEY}/x"]}}',
    'providers: {a: {preset: "${KEY}"}}',
    'providers: {bedrock: {region: "${KEY}", apiKey: k}}',
    'providers: {openai: {apiKey: k, paths: {chat: "${KEY}"}}}',
    'providers: {openai: {apiKey: k, ca: "${KEY}"}}',
  ];
  for (const place of places) assertSilent(place, { KEY: SECRET });
  assertSilent('drain: ${KEY}', { KEY: '83741926550' }, '83741926550');
});

test('a key with a line break in the environment is not repeated', () => {
  assert.throws(
    () => configFromEnvironment({ OPENAI_API_KEY: `${SECRET}\n${SECRET}` }),
    (error: unknown) =>
      error instanceof ConfigError && !String(error).includes(SECRET) && String(error).includes('OPENAI_API_KEY'),
  );
});

test('a configuration that is logged, serialised or summarised keeps its keys', () => {
  const config = configOf(`providers: {openai: {apiKeys: [${SECRET}, ${SECRET}2]}, groq: {apiKey: short}}`);
  assert.equal(config.providers.get('openai')?.keys[1]?.secret, `${SECRET}2`);
  for (const text of [inspect(config, { depth: null }), JSON.stringify([...config.providers]), summarize(config)]) {
    assert.ok(!text.includes(SECRET));
    assert.ok(!text.includes('short"'));
    assert.match(text, /openai#2/);
  }
  assert.match(summarize(config), /openai#1 \.\.\.hLxN, openai#2 \.\.\.LxN2/);
  assert.match(summarize(config), /groq#1 \(short\)/);
});

test('wherever in a file a key is put, no error repeats it', () => {
  const file =
    'listen: {host: 127.0.0.1}\nproviders:\n  openai: {apiKey: k}\n  a: {baseUrl: "http://a/v1", headers: {x-b: c}}\nmodels:\n  m: {targets: [openai/x]}\n';
  fc.assert(
    fc.property(fc.nat(file.length), fc.constantFrom(': ', ' ', '\n', '"', '{', ', ', ''), (index, join) => {
      const text = `${file.slice(0, index)}${join}${SECRET}${join}${file.slice(index)}`;
      // A literal key elsewhere is a value like others; under providers it is a secret.
      const providers = text.slice(text.indexOf('providers:'), text.indexOf('models:'));
      if (providers.includes(SECRET)) assertSilent(text, {});
    }),
    { numRuns: 200 },
  );
});

function assertSilent(source: string, env: Record<string, string>, secret = SECRET): void {
  let told = '';
  try {
    parseConfig('test.yaml', source, env);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error));
    told = `${error} ${error.stack} ${JSON.stringify(error.problems)} ${inspect(error)}`;
  }
  assert.ok(!told.includes(secret), `repeats the key: ${told}`);
}
