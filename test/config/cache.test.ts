import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { DEFAULT_CACHE, DEFAULT_MODEL_SETTINGS } from '../../src/config/defaults.ts';
import { parseConfig } from '../../src/config/load.ts';
import { modelFolder, WHOLE } from './onnx/model-folder.ts';
import { problemsOf } from './problems-of.ts';

const PROVIDERS = 'providers: {openai: {apiKey: k}}\n';
const configOf = (text: string, env = {}) => parseConfig('c.yaml', PROVIDERS + text, env);
const HEX = '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff';

test('a file that says nothing of a cache has none', () => {
  const config = configOf('models: {m: {targets: [openai/a]}}');
  assert.deepEqual({ ...config.cache, encryptionKey: undefined }, DEFAULT_CACHE);
  assert.deepEqual(config.models.get('m')?.cache, DEFAULT_MODEL_SETTINGS.cache);
});

test('one word switches the exact cache on for every route, and off for one', () => {
  const config = configOf(
    'cache: {exact: on}\nmodels: {m: {targets: [openai/a], cache: {exact: off}}, n: {targets: [openai/b]}}',
  );
  assert.equal(config.defaults.cache.exact, true);
  assert.equal(config.models.get('m')?.cache.exact, false);
  assert.equal(config.models.get('n')?.cache.exact, true);
});

test('options imply on, and a route says more than the whole', () => {
  const config = configOf(
    'cache: {exact: {ttl: 10m, maxBytes: 1MiB}, perUser: true, epoch: "2026-11", staleIfError: 2h}\n' +
      'models: {m: {targets: [openai/a], cache: {exact: {ttl: 1m}, coalesce: true}, fallback: {cache: 24h}}}',
  );
  const { maxBytes, perTenant, maxEntry, epoch } = config.cache;
  assert.deepEqual([maxBytes, perTenant, maxEntry, epoch], [1_048_576, 1_048_576, 1_048_576, '2026-11']);
  assert.deepEqual(config.models.get('m')?.cache, {
    exact: true,
    ttl: 60_000,
    perUser: true,
    coalesce: true,
    staleIfError: 86_400_000,
    semantic: undefined,
  });
  assert.equal(config.defaults.cache.staleIfError, 7_200_000);
});

test('a semantic cache takes what is said of all, and a route opts in', () => {
  const config = configOf(
    'cache: {embedder: {target: openai/e, dimensions: 8}, semantic: {threshold: 0.96, epsilon: 1%, judge: {target: openai/j, budget: $1/day}}}\n' +
      'models: {m: {targets: [openai/a], cache: {semantic: {mode: live}}}, n: {targets: [openai/b]}, o: {targets: [openai/b], cache: {semantic: on}}}',
  );
  assert.deepEqual(config.cache.embedder, { kind: 'target', target: 'openai/e', dimensions: 8, timeout: 2000 });
  const budget = { name: 'cache.semantic.judge', limit: 1e9, periodMs: 86_400_000 };
  const judge = { target: 'openai/j', band: 0.03, timeout: 2000, budget };
  const semantic = {
    threshold: 0.96,
    mode: 'live',
    epsilon: 0.01,
    judge,
    checker: undefined,
    index: 'memory',
    multiTurn: 'off',
  };
  assert.deepEqual(config.models.get('m')?.cache.semantic, semantic);
  assert.equal(config.models.get('n')?.cache.semantic, undefined);
  assert.deepEqual(config.models.get('o')?.cache.semantic, { ...semantic, mode: 'shadow' });
});

test('earlier turns are let in by a route, or by all', () => {
  const config = configOf(
    'cache: {embedder: {target: openai/e}, semantic: {multiTurn: exact-prefix}}\n' +
      'models: {m: {targets: [openai/a], cache: {semantic: on}}, n: {targets: [openai/b], cache: {semantic: {multiTurn: off}}}}',
  );
  assert.equal(config.models.get('m')?.cache.semantic?.multiTurn, 'exact-prefix');
  assert.equal(config.models.get('n')?.cache.semantic?.multiTurn, 'off');
});

test('the encryption key is 32 bytes in hex or base64, and is not shown', () => {
  for (const key of [HEX, Buffer.from(HEX, 'hex').toString('base64'), Buffer.from(HEX, 'hex').toString('base64url')]) {
    const { cache } = configOf('cache: {encryptionKey: "${K}"}', { K: key });
    assert.equal(cache.encryptionKey, HEX);
    assert.doesNotMatch(JSON.stringify(cache), /0011223344/);
  }
  const problems = problemsOf(`${PROVIDERS}cache: {encryptionKey: secret-word}`);
  assert.deepEqual(problems, ['2:24 cache.encryptionKey: expected 32 bytes, as 64 hex digits or in base64']);
});

test('an agent may be kept off a cache, or ask for a higher threshold', () => {
  const config = configOf(
    'tenants: {a: {keys: ["key-of-twenty-characters-1"], cache: {exact: off}, agents: {b: {cache: {threshold: 0.99}}}}}',
  );
  const tenant = config.tenants.get('a');
  assert.deepEqual(tenant?.policy.cache, { exact: false, semantic: true, threshold: undefined });
  assert.deepEqual(tenant?.agents.get('b')?.policy.cache, { exact: false, semantic: true, threshold: 0.99 });
});

const MODEL = 'models: {m: {targets: [openai/a]';
const refused: readonly [name: string, text: string, problem: RegExp][] = [
  ['a word that is no switch', 'cache: {exact: maybe}', /cache\.exact/],
  ['an unknown option', 'cache: {exakt: on}', /cache\.exakt: unknown option. Did you mean "exact"/],
  [
    'more for a tenant than for all',
    'cache: {exact: {maxBytes: 1MiB, perTenant: 2MiB}}',
    /perTenant: is above maxBytes/,
  ],
  ['an entry no tenant may keep', 'cache: {exact: {perTenant: 1MiB, maxEntry: 2MiB}}', /maxEntry: is above perTenant/],
  ['an embedder of no kind', 'cache: {embedder: {}}', /write one of target, local or onnx/],
  [
    'a model that is not there',
    'cache:\n  embedder:\n    onnx: ./nowhere',
    /^4:11 cache\.embedder\.onnx: "\.\/nowhere": there is no such folder/,
  ],
  [
    'a way of pooling that there is not',
    'cache: {embedder: {onnx: x, pooling: max}}',
    /^2:38 cache\.embedder\.pooling: .*mean/,
  ],
  [
    'a prompt for an embedder that has its own ways',
    'cache: {embedder: {target: openai/e, prefix: "query: "}}',
    /^2:46 cache\.embedder\.prefix: needs onnx/,
  ],
  ['an embedder of two kinds', 'cache: {embedder: {local: on, onnx: x}}', /write one of target, local or onnx/],
  [
    'an embedder of nobody',
    'cache: {embedder: {target: opena/x}}',
    /no such provider is configured. Did you mean "openai"/,
  ],
  [
    'a live route over an embedder that nobody measured, without a threshold',
    'cache: {embedder: {target: openai/e}}\nmodels: {m: {targets: [openai/a], cache: {semantic: {mode: live}}}}',
    /needs a threshold/,
  ],
  [
    'an epsilon that cannot be certified',
    'cache: {embedder: {target: openai/e}}\nmodels: {m: {targets: [openai/a], cache: {semantic: {mode: certified, epsilon: 50%}}}}',
    /at most 20%/,
  ],
  [
    'an epsilon that could not be certified from the shadow',
    'cache: {embedder: {target: openai/e}}\nmodels: {m: {targets: [openai/a], cache: {semantic: {mode: shadow, epsilon: 50%}}}}',
    /at most 20%/,
  ],
  [
    'a judge as checker that is not there',
    'cache: {embedder: {target: openai/e}}\nmodels: {m: {targets: [openai/a], cache: {semantic: {checker: judge}}}}',
    /needs a judge/,
  ],
  [
    'earlier turns let in by another word',
    'cache: {embedder: {target: openai/e}, semantic: {multiTurn: on}}',
    /cache\.semantic\.multiTurn.*exact-prefix/s,
  ],
  ['a semantic cache without an embedder', `${MODEL}, cache: {semantic: on}}}`, /needs cache\.embedder/],
  ['a stale answer of no cache', `${MODEL}, fallback: {cache: 1h}}}`, /needs an exact cache/],
  [
    'the age of stale answers twice',
    `${MODEL}, cache: {exact: on, staleIfError: 1h}, fallback: {cache: 2h}}}`,
    /is the same as fallback\.cache/,
  ],
  ['a budget without a time', 'cache: {semantic: {judge: {target: openai/a, budget: $1}}}', /such as "\$1\/day"/],
];
for (const [name, text, problem] of refused) {
  test(`refuses ${name}`, () => {
    const problems = problemsOf(PROVIDERS + text);
    assert.equal(problems.length, 1, problems.join('\n'));
    assert.match(problems[0] ?? '', problem);
  });
}

test('an ONNX model is looked for beside the configuration, and needs a threshold where it decides', (t) => {
  const folder = modelFolder(WHOLE);
  t.after(folder.remove);
  const file = join(dirname(folder.path), 'breakwater.yaml');
  const parse = (embedder: string, semantic: string) =>
    parseConfig(
      file,
      `${PROVIDERS}cache: {embedder: ${embedder}}\nmodels: {m: {targets: [openai/a], cache: {semantic: ${semantic}}}}\n`,
      {},
    );
  const { embedder } = parse('{onnx: tiny, maxTokens: 9, prefix: "q: ", timeout: 1s}', 'on').cache;
  assert.ok(embedder?.kind === 'onnx');
  const { model, timeout } = embedder;
  assert.deepEqual(
    [model.file, model.maxTokens, model.prefix, timeout],
    [join(folder.path, 'model.onnx'), 9, 'q: ', 1000],
  );
  assert.throws(() => parse('{onnx: tiny}', '{mode: live}'), /needs a threshold: nobody has measured/);
  assert.ok(parse('{onnx: tiny}', '{mode: live, threshold: 0.96}'));
  folder.write('config.json', { max_position_embeddings: 8 });
  assert.throws(
    () => parse('{onnx: tiny, maxTokens: 9}', 'on'),
    /breakwater\.yaml:2:43: cache\.embedder\.maxTokens: is above the 8 that the model has places for/,
  );
});
