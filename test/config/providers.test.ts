import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Provider } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/load.ts';
import { PRESET_NAMES, PRESETS } from '../../src/providers/presets.ts';
import { configOf } from './problems-of.ts';

function providerOf(written: string, name = 'p'): Provider {
  const provider = configOf(`providers: {${name}: ${written}}`).providers.get(name);
  assert.ok(provider !== undefined);
  return provider;
}

test('every preset has an address that is usable as it stands', () => {
  for (const name of PRESET_NAMES) {
    const { baseUrl, paths, source, verified } = PRESETS[name];
    if (baseUrl !== undefined) {
      assert.doesNotThrow(() => new URL(baseUrl.replace('{region}', 'us-east-1')), name);
      assert.ok(!baseUrl.endsWith('/'), name);
    }
    for (const path of Object.values(paths)) assert.match(path, /^\//, name);
    assert.match(source, /^https:/, name);
    assert.equal(verified, false, `${name}: nobody tried it live; docs/providers.md says so`);
  }
});

test('a provider named like a preset is that preset', () => {
  const groq = providerOf('{apiKey: k}', 'groq');
  assert.equal(groq.preset, 'groq');
  assert.equal(groq.family, 'groq');
  assert.equal(groq.baseUrl, 'https://api.groq.com/openai/v1');
  assert.deepEqual(groq.auth, { kind: 'bearer' });
  assert.equal(groq.passthrough, false);
  assert.equal(groq.streamUsage, true);
  assert.equal(groq.connections, undefined);
  assert.equal(groq.http2, false);
});

test('a preset may stand under another name and at another address', () => {
  const eu = providerOf('{preset: openai, baseUrl: "https://eu.api.openai.com/v1/", apiKey: k}', 'openai-eu');
  assert.equal(eu.preset, 'openai');
  assert.equal(eu.family, 'openai');
  assert.equal(eu.baseUrl, 'https://eu.api.openai.com/v1');
  assert.equal(eu.keys[0]?.id, 'openai-eu#1');
  assert.ok(eu.owns.some((pattern) => pattern.test('gpt-5')));
});

test('a server nobody described is assumed to know no more than it must', () => {
  const local = providerOf('{baseUrl: "http://127.0.0.1:8000/v1"}', 'local');
  assert.equal(local.preset, undefined);
  assert.equal(local.family, 'generic');
  assert.equal(local.streamUsage, false);
  assert.equal(local.passthrough, false);
  assert.deepEqual(local.auth, { kind: 'none' });
  assert.deepEqual(local.owns, []);
});

test('mistral refuses stream_options, so it is not sent', () => {
  assert.equal(providerOf('{apiKey: k}', 'mistral').streamUsage, false);
  assert.equal(providerOf('{apiKey: k, streamUsage: true}', 'mistral').streamUsage, true);
});

test('azure speaks its v1 API, or its dated one where a version is given', () => {
  for (const written of [
    'https://r.openai.azure.com',
    'https://r.openai.azure.com/',
    'https://r.openai.azure.com/openai/v1/',
    'https://r.openai.azure.com/openai',
  ]) {
    const v1 = providerOf(`{baseUrl: "${written}", apiKey: k}`, 'azure');
    assert.equal(v1.baseUrl, 'https://r.openai.azure.com/openai/v1', written);
    assert.equal(v1.paths.chat, '/chat/completions');
    assert.deepEqual(v1.query, {});
    assert.deepEqual(v1.auth, { kind: 'header', name: 'api-key' });
    const dated = providerOf(`{baseUrl: "${written}", apiKey: k, apiVersion: "2024-10-21"}`, 'azure');
    assert.equal(dated.baseUrl, 'https://r.openai.azure.com/openai', written);
    assert.equal(dated.paths.chat, '/deployments/{model}/chat/completions');
    assert.deepEqual(dated.query, { 'api-version': '2024-10-21' });
  }
});

test('bedrock lies in a region', () => {
  const bedrock = providerOf('{region: eu-west-1, apiKey: k}', 'bedrock');
  assert.equal(bedrock.baseUrl, 'https://bedrock-runtime.eu-west-1.amazonaws.com/openai/v1');
});

test('a hosted preset without a key passes the client’s own on, a server of one’s own does not', () => {
  assert.equal(providerOf('{}', 'openai').passthrough, true);
  assert.deepEqual(providerOf('{}', 'openai').auth, { kind: 'bearer' });
  assert.equal(providerOf('{}', 'vllm').passthrough, false);
  assert.deepEqual(providerOf('{}', 'vllm').auth, { kind: 'none' });
  assert.equal(providerOf('{passthrough: true}', 'vllm').passthrough, true);
  assert.equal(providerOf('{apiKey: k}', 'vllm').passthrough, false);
  assert.match(configOf('providers: {openai: {}}').notices.join(), /client’s own Authorization/);
});

test('the key may travel in a header of its own', () => {
  assert.deepEqual(providerOf('{baseUrl: "http://a", apiKey: k, auth: {header: X-Api-Key}}').auth, {
    kind: 'header',
    name: 'x-api-key',
  });
});

test('headers, query and paths are added as written', () => {
  const provider = providerOf(
    '{baseUrl: "http://a/x", headers: {X-Team: a b, y: "1"}, query: {v: "2"}, paths: {chat: "/v2/{model}/chat"}}',
  );
  assert.deepEqual({ ...provider.headers }, { 'x-team': 'a b', y: '1' });
  assert.deepEqual(provider.query, { v: '2' });
  assert.deepEqual(provider.paths, {
    chat: '/v2/{model}/chat',
    completions: '/completions',
    embeddings: '/embeddings',
    messages: '/messages',
    responses: '/responses',
    countTokens: '/messages/count_tokens',
    models: '/models',
  });
});

test('a provider speaks what its preset, its dialect or its own line says', () => {
  assert.deepEqual(providerOf('{baseUrl: "http://a/v1"}').speaks, ['chat', 'completions', 'embeddings']);
  assert.deepEqual(providerOf('{preset: anthropic, apiKey: k}').speaks, ['messages', 'count-tokens']);
  assert.deepEqual(providerOf('{preset: openai, apiKey: k}').speaks, [
    'chat',
    'completions',
    'embeddings',
    'responses',
  ]);
  const messages = providerOf('{baseUrl: "http://a/v1", dialect: anthropic, apiKey: k}');
  assert.deepEqual(
    [messages.speaks, messages.family, messages.auth],
    [['messages', 'count-tokens'], 'anthropic', { kind: 'header', name: 'x-api-key' }],
  );
  assert.deepEqual(providerOf('{baseUrl: "http://a/v1", speaks: [responses]}').speaks, ['responses']);
});

test('concurrency has three kinds', () => {
  const table: [string, Provider['concurrency']][] = [
    ['none', { kind: 'none' }],
    ['16', { kind: 'fixed', limit: 16 }],
    ['"16"', { kind: 'fixed', limit: 16 }],
    ['adaptive', { kind: 'adaptive', min: 4, max: 256 }],
    ['{min: 1, max: 8}', { kind: 'adaptive', min: 1, max: 8 }],
    ['{min: 300}', { kind: 'adaptive', min: 300, max: 300 }],
  ];
  for (const [written, expected] of table)
    assert.deepEqual(providerOf(`{baseUrl: "http://a", concurrency: ${written}}`).concurrency, expected);
});

test('a certificate is looked for beside the file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'breakwater-'));
  try {
    writeFileSync(join(folder, 'ca.pem'), 'x');
    writeFileSync(join(folder, 'b.yaml'), 'providers: {a: {baseUrl: "https://a", ca: ca.pem}}');
    assert.equal(loadConfig(join(folder, 'b.yaml'), {}).providers.get('a')?.ca, join(folder, 'ca.pem'));
  } finally {
    await rm(folder, { recursive: true });
  }
});

test('presets own the names of their own models and no others', () => {
  const table: [string, string | undefined][] = [
    ['gpt-5', 'openai'],
    ['gpt-4o-2024-08-06', 'openai'],
    ['ft:gpt-4o:acme::1', 'openai'],
    ['o3', 'openai'],
    ['chatgpt-4o-latest', 'openai'],
    ['text-embedding-3-large', 'openai'],
    ['claude-sonnet-4-6', 'anthropic'],
    ['gemini-2.5-pro', 'gemini'],
    ['models/gemini-2.5-pro', 'gemini'],
    ['text-embedding-004', 'gemini'],
    ['mistral-large-latest', 'mistral'],
    ['open-mixtral-8x22b', 'mistral'],
    ['codestral-2508', 'mistral'],
    ['deepseek-chat', 'deepseek'],
    ['deepseek-v4-pro', 'deepseek'],
    ['grok-4', 'xai'],
    ['accounts/fireworks/models/kimi-k2p5', 'fireworks'],
    ['openai.gpt-oss-120b-1:0', 'bedrock'],
    ['eu.anthropic.claude-sonnet-4-5-20250929-v1:0', 'bedrock'],
    ['gpt-oss-120b', undefined],
    ['llama-3.3-70b', undefined],
    ['deepseek-r1-distill-llama-70b', undefined],
    ['omni', undefined],
    ['my-gpt-4', undefined],
    ['qwen3', undefined],
  ];
  for (const [model, owner] of table) {
    const owners = PRESET_NAMES.filter((name) => PRESETS[name].owns.some((pattern) => pattern.test(model)));
    assert.deepEqual(owners, owner === undefined ? [] : [owner], model);
  }
});
