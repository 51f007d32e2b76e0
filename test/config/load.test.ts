import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Model } from '../../src/config/config.ts';
import { DEFAULT_LIMITS, DEFAULT_MODEL_SETTINGS } from '../../src/config/defaults.ts';
import { configOf } from './problems-of.ts';

const PROVIDERS = 'providers: {openai: {apiKey: k}, local: {baseUrl: "http://127.0.0.1:1/v1"}}\n';

test('a file that says nothing gets the documented defaults', () => {
  const config = configOf('', { OPENAI_API_KEY: 'k' });
  assert.deepEqual(config.listen, { host: '127.0.0.1', port: 8080 });
  assert.equal(config.auth, undefined);
  assert.equal(config.drain, 30_000);
  assert.deepEqual(config.telemetry, { log: 'info', audit: false });
  assert.deepEqual(config.limits, {
    body: 33_554_432,
    bodies: 536_870_912,
    answer: 67_108_864,
    event: 1_048_576,
    headers: 16_384,
    concurrency: 1024,
    connections: 10_000,
  });
  assert.deepEqual(config.defaults, {
    timeouts: { connect: 3000, firstToken: 30_000, stall: 30_000, total: 600_000, embeddings: 10_000 },
    retries: { max: 2 },
    stream: { commit: 'first-delta', onBreak: 'error' },
    circuit: {
      failures: 5,
      rate: 0.5,
      minimumVolume: 20,
      window: 30_000,
      openFor: 60_000,
      maxOpenFor: 600_000,
      probeTimeout: 30_000,
    },
    hedge: false,
    validate: [],
    fallbackOn: [],
    cache: {
      exact: false,
      ttl: 3_600_000,
      perUser: false,
      coalesce: false,
      staleIfError: undefined,
      semantic: undefined,
    },
  });
});

test('the configuration of the design document means what it says', () => {
  const config = configOf(
    [
      'listen: {host: 127.0.0.1, port: 8081}',
      'providers:',
      '  openai:    {apiKey: "${OPENAI_API_KEY}"}',
      '  anthropic: {apiKeys: ["${ANTHROPIC_KEY_A}", "${ANTHROPIC_KEY_B}"]}',
      '  local:     {dialect: openai, baseUrl: "http://127.0.0.1:8000/v1/"}',
      'models:',
      '  smart:',
      '    targets:',
      '      - anthropic/claude-sonnet-4-6',
      '      - {target: openai/gpt-4o, contextWindow: 128000, capabilities: {prefill: false}}',
      '    fallback: {static: "The assistant is degraded."}',
      '    timeouts: {connect: 2s, firstToken: 20s, stall: 10s, total: 5m}',
      '    retries:  {max: 1}',
      '    stream:   {commit: complete, onBreak: resume}',
    ].join('\n'),
    { OPENAI_API_KEY: 'o', ANTHROPIC_KEY_A: 'a', ANTHROPIC_KEY_B: 'b' },
  );
  const keys = config.providers.get('anthropic')?.keys.map(({ id, secret }) => [id, secret]);
  assert.deepEqual(keys, [
    ['anthropic#1', 'a'],
    ['anthropic#2', 'b'],
  ]);
  assert.equal(config.providers.get('local')?.baseUrl, 'http://127.0.0.1:8000/v1');
  const expected: Model = {
    ...DEFAULT_MODEL_SETTINGS,
    name: 'smart',
    targets: [
      {
        id: 'anthropic/claude-sonnet-4-6',
        provider: 'anthropic',
        model: 'claude-sonnet-4-6',
        contextWindow: undefined,
        maxOutputTokens: 64_000,
        capabilities: {
          vision: true,
          tools: true,
          audio: false,
          customTools: false,
          logprobs: false,
          prefill: false,
        },
        speaks: undefined,
        price: undefined,
      },
      {
        id: 'openai/gpt-4o',
        provider: 'openai',
        model: 'gpt-4o',
        contextWindow: 128_000,
        maxOutputTokens: undefined,
        capabilities: { vision: true, audio: false, reasoning: false, prefill: false },
        speaks: undefined,
        price: undefined,
      },
    ],
    fallback: { static: 'The assistant is degraded.' },
    timeouts: { connect: 2000, firstToken: 20_000, stall: 10_000, total: 300_000, embeddings: 10_000 },
    retries: { max: 1 },
    stream: { commit: 'complete', onBreak: 'resume' },
  };
  assert.deepEqual(config.models.get('smart'), expected);
});

test('a model says more than defaults, and defaults more than we do, option by option', () => {
  const config = configOf(
    `${PROVIDERS}defaults: {timeouts: {connect: 1s, stall: 5s}, validate: [repetition], hedge: true}\n` +
      'models: {m: {targets: [openai/a], timeouts: {stall: 7s}, validate: []}}',
  );
  assert.deepEqual(config.defaults.timeouts, { ...DEFAULT_MODEL_SETTINGS.timeouts, connect: 1000, stall: 5000 });
  const model = config.models.get('m');
  assert.deepEqual(model?.timeouts, { ...DEFAULT_MODEL_SETTINGS.timeouts, connect: 1000, stall: 7000 });
  assert.deepEqual(model?.validate, []);
  assert.equal(model?.hedge, true);
});

test('limits are set one by one', () => {
  assert.deepEqual(configOf(`${PROVIDERS}limits: {body: 1MiB}`).limits, { ...DEFAULT_LIMITS, body: 1_048_576 });
});

test('the model of a target may hold slashes and colons', () => {
  const config = configOf(
    'providers: {openrouter: {apiKey: k}}\nmodels: {m: {targets: ["openrouter/meta-llama/llama-3:free"]}}',
  );
  const target = config.models.get('m')?.targets[0];
  assert.equal(target?.provider, 'openrouter');
  assert.equal(target?.model, 'meta-llama/llama-3:free');
  assert.equal(target?.id, 'openrouter/meta-llama/llama-3:free');
});

test('a file without providers takes them from the environment, and one with providers does not look there', () => {
  assert.deepEqual([...configOf('models: {m: {targets: [groq/x]}}', { GROQ_API_KEY: 'k' }).providers.keys()], ['groq']);
  assert.deepEqual([...configOf(PROVIDERS, { GROQ_API_KEY: 'k' }).providers.keys()], ['openai', 'local']);
});

test('an open address is accepted where auth: none is written out, and announced', () => {
  const config = configOf(`${PROVIDERS}listen: {host: 0.0.0.0}\nauth: none`);
  assert.equal(config.listen.host, '0.0.0.0');
  assert.match(config.notices.join('\n'), /without authentication/);
  for (const host of ['localhost', '127.0.0.1', '127.8.0.3', '"::1"']) {
    assert.deepEqual(configOf(`${PROVIDERS}listen: {host: ${host}}`).notices, []);
  }
});

test('the command line says more than the file', () => {
  const config = configOf(
    `${PROVIDERS}listen: {host: 127.0.0.1, port: 1}`,
    {},
    { host: '0.0.0.0', port: 2, auth: 'none' },
  );
  assert.deepEqual(config.listen, { host: '0.0.0.0', port: 2 });
  assert.equal(config.auth, 'none');
  assert.equal(configOf(`${PROVIDERS}listen: {host: 10.0.0.1}`, {}, { host: 'localhost' }).listen.host, 'localhost');
  assert.throws(() => configOf(PROVIDERS, {}, { host: '0.0.0.0' }), /--host: 0\.0\.0\.0 is open to other machines/);
  assert.throws(
    () => configOf(PROVIDERS, {}, { passthrough: 'openai' }),
    /--passthrough: is for running without providers/,
  );
});

test('nothing in a configuration can be changed', () => {
  const config = configOf(`${PROVIDERS}models: {m: {targets: [openai/a], validate: [repetition]}}`);
  const walk = (value: unknown, path: string): void => {
    if (typeof value !== 'object' || value === null || value instanceof RegExp) return;
    assert.ok(Object.isFrozen(value), `${path} is not frozen`);
    const entries = value instanceof Map ? [...value] : Object.entries(value);
    for (const [name, inner] of entries) walk(inner, `${path}.${name}`);
  };
  walk(config, 'config');
  for (const map of [config.providers, config.models]) {
    assert.ok(map instanceof Map);
    assert.throws(() => map.set('x', undefined), TypeError);
    assert.throws(() => map.delete('m'), TypeError);
    assert.throws(() => map.clear(), TypeError);
  }
});
