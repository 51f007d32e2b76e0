import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Config } from '../../src/config/config.ts';
import { isResolved, resolveModel } from '../../src/config/resolve-model.ts';
import { configOf } from './problems-of.ts';

const TWO = configOf(`
providers:
  openai: {apiKey: k}
  anthropic: {apiKey: k}
  openrouter: {apiKey: k}
defaults: {retries: {max: 7}}
models:
  smart: {targets: [anthropic/claude-sonnet-4-6, openai/gpt-4o]}
  gpt-4o: {targets: [openrouter/openai/gpt-4o]}
  openai/gpt-5: {targets: [anthropic/claude-sonnet-4-6]}
`);

function targetOf(config: Config, name: string): string {
  const model = resolveModel(config, name);
  return isResolved(model) ? model.targets.map((target) => target.id).join(' ') : `${model.error}: ${model.message}`;
}

test('a configured name comes first, whatever it looks like', () => {
  assert.equal(targetOf(TWO, 'smart'), 'anthropic/claude-sonnet-4-6 openai/gpt-4o');
  assert.equal(targetOf(TWO, 'gpt-4o'), 'openrouter/openai/gpt-4o');
  assert.equal(targetOf(TWO, 'openai/gpt-5'), 'anthropic/claude-sonnet-4-6');
});

test('then provider/model of a configured provider', () => {
  assert.equal(targetOf(TWO, 'openai/gpt-4o'), 'openai/gpt-4o');
  assert.equal(targetOf(TWO, 'openrouter/meta-llama/llama-3'), 'openrouter/meta-llama/llama-3');
});

test('then a name that one provider’s preset owns', () => {
  assert.equal(targetOf(TWO, 'gpt-4.1'), 'openai/gpt-4.1');
  assert.equal(targetOf(TWO, 'claude-opus-4-6'), 'anthropic/claude-opus-4-6');
});

test('a name that nobody owns is unknown, with what is near and what there is', () => {
  assert.equal(
    targetOf(TWO, 'smrat'),
    'unknown: The model "smrat" is not known here. Did you mean "smart"? Configured models: smart, gpt-4o, openai/gpt-5. Others are asked for as provider/model; providers: openai, anthropic, openrouter.',
  );
  assert.match(targetOf(TWO, 'opnai/gpt-4o'), /^unknown: .* Did you mean "openai\/gpt-5"\?/);
  assert.match(targetOf(TWO, 'anthropc/claude-opus'), /^unknown: .* Did you mean "anthropic\/claude-opus"\?/);
  assert.match(targetOf(TWO, 'meta-llama/llama-3'), /^unknown/);
});

test('a name that two providers own is ambiguous, not guessed', () => {
  const config = configOf('providers: {openai: {apiKey: a}, eu: {preset: openai, apiKey: b}}');
  assert.equal(
    targetOf(config, 'gpt-4o'),
    'ambiguous: The model "gpt-4o" may be of several providers: ask for "openai/gpt-4o" or "eu/gpt-4o".',
  );
  assert.equal(targetOf(config, 'eu/gpt-4o'), 'eu/gpt-4o');
});

test('the only provider gets every other name', () => {
  const config = configOf('providers: {openrouter: {apiKey: k}}\nmodels: {m: {targets: [openrouter/a/b]}}');
  assert.equal(targetOf(config, 'meta-llama/llama-3'), 'openrouter/meta-llama/llama-3');
  assert.equal(targetOf(config, 'gpt-4o'), 'openrouter/gpt-4o');
  assert.equal(targetOf(config, 'm'), 'openrouter/a/b');
});

test('what was not configured gets the defaults and no fallback', () => {
  const model = resolveModel(TWO, 'openai/gpt-4o');
  assert.ok(isResolved(model));
  assert.equal(model.name, 'openai/gpt-4o');
  assert.equal(model.retries.max, 7);
  assert.deepEqual(model.fallback, { static: undefined });
  assert.ok(Object.isFrozen(model) && Object.isFrozen(model.targets));
});

test('the same name gives the same model, until very many other names were asked for', () => {
  const first = resolveModel(TWO, 'openai/x');
  assert.equal(resolveModel(TWO, 'openai/x'), first);
  for (let i = 0; i < 1000; i++) resolveModel(TWO, `openai/x${i}`);
  assert.notEqual(resolveModel(TWO, 'openai/x'), first);
});

test('names no model can have are unknown and their length is not repeated', () => {
  for (const name of ['', '/', 'openai/', '/gpt-4o', 'x'.repeat(10_000_000), '__proto__', 'constructor']) {
    const resolved = resolveModel(TWO, name);
    assert.ok(!isResolved(resolved), name.slice(0, 20));
    assert.equal(resolved.error, 'unknown');
    assert.ok(resolved.message.length < 400);
  }
});

test('the only provider does not get what cannot be a name', () => {
  const config = configOf('providers: {openai: {apiKey: k}}');
  assert.match(targetOf(config, ''), /^unknown/);
  assert.match(targetOf(config, 'x'.repeat(257)), /^unknown/);
  assert.equal(targetOf(config, 'x'.repeat(256)), `openai/${'x'.repeat(256)}`);
});

test('a message holds no key and no address', () => {
  const config = configOf(
    'providers: {a: {baseUrl: "http://10.1.2.3/v1", apiKey: topsecret}, b: {baseUrl: "http://10.1.2.4/v1"}}',
  );
  assert.doesNotMatch(targetOf(config, 'x'), /10\.1|topsecret/);
});
