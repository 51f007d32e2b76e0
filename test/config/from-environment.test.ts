import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configFromEnvironment, SIMULATOR, withSimulatorUrl } from '../../src/config/from-environment.ts';
import { isResolved, resolveModel } from '../../src/config/resolve-model.ts';

test('every key in the environment is a provider', () => {
  const table: [Record<string, string>, string, string][] = [
    [{ OPENAI_API_KEY: 'k' }, 'openai', 'https://api.openai.com/v1'],
    [{ ANTHROPIC_API_KEY: 'k' }, 'anthropic', 'https://api.anthropic.com/v1'],
    [{ GEMINI_API_KEY: 'k' }, 'gemini', 'https://generativelanguage.googleapis.com/v1beta/openai'],
    [{ GOOGLE_API_KEY: 'k' }, 'gemini', 'https://generativelanguage.googleapis.com/v1beta/openai'],
    [{ MISTRAL_API_KEY: 'k' }, 'mistral', 'https://api.mistral.ai/v1'],
    [{ GROQ_API_KEY: 'k' }, 'groq', 'https://api.groq.com/openai/v1'],
    [{ OPENROUTER_API_KEY: 'k' }, 'openrouter', 'https://openrouter.ai/api/v1'],
    [{ TOGETHER_API_KEY: 'k' }, 'together', 'https://api.together.ai/v1'],
    [{ FIREWORKS_API_KEY: 'k' }, 'fireworks', 'https://api.fireworks.ai/inference/v1'],
    [{ DEEPSEEK_API_KEY: 'k' }, 'deepseek', 'https://api.deepseek.com'],
    [{ XAI_API_KEY: 'k' }, 'xai', 'https://api.x.ai/v1'],
    [{ CEREBRAS_API_KEY: 'k' }, 'cerebras', 'https://api.cerebras.ai/v1'],
    [
      { AZURE_OPENAI_API_KEY: 'k', AZURE_OPENAI_ENDPOINT: 'https://r.openai.azure.com/' },
      'azure',
      'https://r.openai.azure.com/openai/v1',
    ],
    [
      { AWS_BEARER_TOKEN_BEDROCK: 'k', AWS_REGION: 'us-west-2' },
      'bedrock',
      'https://bedrock-runtime.us-west-2.amazonaws.com/openai/v1',
    ],
    [
      { AWS_BEARER_TOKEN_BEDROCK: 'k', AWS_DEFAULT_REGION: 'us-west-2' },
      'bedrock',
      'https://bedrock-runtime.us-west-2.amazonaws.com/openai/v1',
    ],
  ];
  for (const [env, name, baseUrl] of table) {
    const config = configFromEnvironment(env);
    assert.deepEqual([...config.providers.keys()], [name]);
    assert.equal(config.providers.get(name)?.baseUrl, baseUrl);
    assert.equal(config.providers.get(name)?.keys[0]?.secret, 'k');
    assert.equal(config.simulator, false);
    assert.match(config.notices.join(), new RegExp(`from the environment: ${name}`));
  }
});

test('blanks around a key are cut, and an empty one is none', () => {
  const config = configFromEnvironment({ OPENAI_API_KEY: ' k\n', GROQ_API_KEY: '', XAI_API_KEY: '  ' });
  assert.deepEqual([...config.providers.keys()], ['openai']);
  assert.equal(config.providers.get('openai')?.keys[0]?.secret, 'k');
});

test('half of azure or bedrock is left out with a word, not guessed', () => {
  const config = configFromEnvironment({
    OPENAI_API_KEY: 'k',
    AZURE_OPENAI_API_KEY: 'k',
    AWS_BEARER_TOKEN_BEDROCK: 'k',
  });
  assert.deepEqual([...config.providers.keys()], ['openai']);
  assert.match(config.notices.join('\n'), /AZURE_OPENAI_API_KEY is left out: AZURE_OPENAI_ENDPOINT is not set/);
  assert.match(config.notices.join('\n'), /AWS_BEARER_TOKEN_BEDROCK is left out: AWS_REGION is not set/);
});

test('OPENAI_BASE_URL is the clients’ setting and may point at this proxy: it is not read', () => {
  const config = configFromEnvironment({ OPENAI_API_KEY: 'k', OPENAI_BASE_URL: 'http://127.0.0.1:8080/v1' });
  assert.equal(config.providers.get('openai')?.baseUrl, 'https://api.openai.com/v1');
});

test('without any key the simulator stands in, says so, and takes every name', () => {
  const config = configFromEnvironment({});
  assert.equal(config.simulator, true);
  assert.deepEqual([...config.providers.keys()], [SIMULATOR]);
  assert.match(config.notices.join(), /SIMULATOR/);
  const started = withSimulatorUrl(config, 4321);
  assert.equal(started.providers.get(SIMULATOR)?.baseUrl, 'http://127.0.0.1:4321/v1');
  assert.deepEqual(started.notices, config.notices);
  assert.equal(started.simulator, true);
  assert.ok(Object.isFrozen(started));
  const model = resolveModel(started, 'gpt-4o');
  assert.ok(isResolved(model));
  assert.equal(model.targets[0]?.id, 'sim/gpt-4o');
});

test('passthrough is asked for by name, and wins over the simulator and over a key', () => {
  for (const config of [
    configFromEnvironment({ BREAKWATER_PASSTHROUGH: 'openai' }),
    configFromEnvironment({}, { passthrough: 'openai' }),
    configFromEnvironment({ OPENAI_API_KEY: 'k' }, { passthrough: 'openai' }),
    configFromEnvironment({ BREAKWATER_PASSTHROUGH: 'groq' }, { passthrough: 'openai' }),
  ]) {
    assert.equal(config.simulator, false);
    assert.deepEqual([...config.providers.keys()], ['openai']);
    assert.equal(config.providers.get('openai')?.passthrough, true);
    assert.deepEqual(config.providers.get('openai')?.keys, []);
  }
});

test('passthrough to nobody known is refused', () => {
  assert.throws(
    () => configFromEnvironment({ BREAKWATER_PASSTHROUGH: 'opnai' }),
    /\(environment\): BREAKWATER_PASSTHROUGH: "opnai": no known provider\. Did you mean "openai"\?/,
  );
  assert.throws(
    () => configFromEnvironment({}, { passthrough: 'x' }),
    /\(command line\): --passthrough: "x": no known provider/,
  );
});

test('an open address needs --auth none', () => {
  assert.throws(() => configFromEnvironment({}, { host: '0.0.0.0' }), /--auth none/);
  assert.equal(configFromEnvironment({}, { host: '0.0.0.0', auth: 'none' }).listen.host, '0.0.0.0');
});
