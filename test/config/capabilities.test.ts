import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Target } from '../../src/config/config.ts';
import { parseConfig } from '../../src/config/load.ts';
import { isResolved, resolveModel } from '../../src/config/resolve-model.ts';
import type { Capability } from '../../src/dialects/capability.ts';
import { KNOWN_MODELS } from '../../src/providers/known-models.ts';
import { factsOf } from '../../src/providers/model-facts.ts';
import { PRESET_NAMES, type PresetName } from '../../src/providers/presets.ts';

function targetOf(target: string): Target {
  const config = parseConfig(
    'c.yaml',
    `providers: {openai: {apiKey: k}, vllm: {}}\nmodels: {m: {targets: [${target}]}}`,
    {},
  );
  const found = config.models.get('m')?.targets[0];
  assert.ok(found);
  return found;
}

describe('what is known of a model', () => {
  const cases: readonly (readonly [PresetName, string, Partial<Record<Capability, boolean | undefined>>])[] = [
    ['openai', 'gpt-4o-mini', { vision: true, tools: undefined, audio: false, reasoning: false }],
    ['openai', 'ft:gpt-4o-2024-08-06:acme::id', { vision: true, reasoning: false }],
    ['openai', 'gpt-4o-audio-preview', { audio: true, vision: false }],
    ['openai', 'gpt-3.5-turbo-0125', { vision: false, schema: false, json: undefined }],
    ['openai', 'gpt-4', { vision: false, json: false }],
    ['openai', 'gpt-4-turbo', { vision: true, schema: false }],
    ['openai', 'gpt-4.1', { vision: true, schema: undefined }],
    ['openai', 'o3-mini', { vision: false, logprobs: false, reasoning: undefined }],
    ['openai', 'o3', { vision: true, logprobs: false }],
    ['openai', 'gpt-5.2', { vision: true, customTools: undefined, audio: false }],
    ['openai', 'gpt-9', { vision: undefined }],
    ['anthropic', 'claude-3-haiku-20240307', { vision: true, prefill: true, schema: false, reasoning: false }],
    ['anthropic', 'claude-3-7-sonnet-latest', { reasoning: undefined, schema: false }],
    ['anthropic', 'claude-sonnet-4-5', { prefill: true, schema: undefined }],
    ['anthropic', 'claude-sonnet-4-6', { prefill: false, vision: true, logprobs: false, audio: false }],
    ['anthropic', 'my-own', { prefill: undefined, vision: undefined }],
    ['groq', 'llama-3.3-70b-versatile', { vision: false, schema: false, logprobs: false }],
    ['groq', 'meta-llama/llama-4-scout-17b-16e-instruct', { vision: undefined, logprobs: false }],
    ['deepseek', 'deepseek-reasoner', { vision: false, logprobs: false, tools: undefined }],
    ['ollama', 'gemma2:9b', { vision: false, tools: false }],
    ['ollama', 'llama3.2:3b', { vision: false, tools: undefined }],
    ['ollama', 'llama3.2-vision:11b', { vision: undefined }],
    ['ollama', 'qwen2.5vl:7b', { vision: undefined }],
    ['azure', 'gpt-35', { vision: undefined }],
    ['openrouter', 'openai/gpt-3.5-turbo', { vision: undefined }],
  ];
  for (const [preset, model, expected] of cases) {
    it(`${preset}/${model}`, () => {
      const { capabilities } = factsOf(preset, model);
      for (const [name, value] of Object.entries(expected)) {
        assert.equal(capabilities[name as Capability], value, name);
      }
    });
  }

  for (const [model, cap] of [
    ['claude-3-haiku-20240307', 4096],
    ['claude-3-5-sonnet-20241022', 8192],
    ['claude-opus-4-1', 32_000],
    ['claude-sonnet-4-5', 64_000],
    ['claude-opus-4-6', 128_000],
    ['claude-opus-9', undefined],
  ] as const) {
    it(`${model} writes ${cap ?? 'nobody knows how much'}`, () =>
      assert.equal(factsOf('anthropic', model).maxOutputTokens, cap));
  }

  for (const [preset, model, speaks] of [
    ['openai', 'text-embedding-3-small', ['embeddings']],
    ['openai', 'gpt-3.5-turbo-instruct', ['completions']],
    ['openai', 'gpt-5-codex', ['responses']],
    ['openai', 'gpt-5-pro-2025-10-06', ['responses']],
    ['openai', 'gpt-5', undefined],
    ['ollama', 'nomic-embed-text:latest', ['embeddings']],
  ] as const) {
    it(`${preset}/${model} speaks ${speaks ?? 'all its provider does'}`, () =>
      assert.deepEqual(factsOf(preset, model).speaks, speaks));
  }

  it('says where it was read', () => {
    for (const preset of PRESET_NAMES) {
      for (const { models, source, has = [], lacks = [] } of KNOWN_MODELS[preset] ?? []) {
        assert.match(source, /^https:\/\//, `${preset} ${models}`);
        assert.deepEqual(
          has.filter((one) => lacks.includes(one)),
          [],
          `${preset} ${models} both has and lacks`,
        );
      }
    }
  });
});

describe('what the configuration says of a target', () => {
  it('goes before the preset, one by one', () => {
    const given = '{target: openai/gpt-3.5-turbo, maxOutputTokens: 99, capabilities: {vision: true, logprobs: false}}';
    const { capabilities, maxOutputTokens } = targetOf(given);
    assert.deepEqual(
      [capabilities.vision, capabilities.logprobs, capabilities.schema, maxOutputTokens],
      [true, false, false, 99],
    );
  });

  it('is all that is known where no preset is', () => {
    const { capabilities, maxOutputTokens, contextWindow, speaks } = targetOf(
      '{target: vllm/llama, capabilities: {tools: false}}',
    );
    assert.deepEqual(
      [capabilities, maxOutputTokens, contextWindow, speaks],
      [{ tools: false }, undefined, undefined, undefined],
    );
  });

  it('is not asked for a model that is not configured: its name tells', () => {
    const config = parseConfig('c.yaml', 'providers: {openai: {apiKey: k}}', {});
    const model = resolveModel(config, 'openai/o1-mini');
    assert.ok(isResolved(model));
    assert.equal(model.targets[0]?.capabilities.tools, false);
  });
});
