import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resolveModel } from '../../src/config/resolve-model.ts';
import { isModelAllowed, modelNameFor, modelNotAllowed } from '../../src/tenants/models-allowed.ts';
import { settingsFor } from '../../src/tenants/settings-for.ts';
import { key, TenantRig } from './rig.ts';

const RIG = new TenantRig(`
  acme:
    keys: ["${key('acme')}"]
    models: [smart, "openai/gpt-4*"]
    timeouts: {total: 5m}
    agents:
      coder: {models: [smart], chain: smart, timeouts: {firstToken: 5s}, stream: {commit: complete}, retries: {max: 0}}
  all: {keys: ["${key('all')}"]}
`);
const acme = RIG.identity({ 'x-api-key': key('acme') });
const coder = RIG.identity({ 'x-api-key': key('acme'), 'x-breakwater-agent': 'coder' });
const all = RIG.identity({ 'x-api-key': key('all') });

function model(name: string) {
  const found = resolveModel(RIG.config, name);
  if ('error' in found) throw new Error(found.message);
  return found;
}

test('a model is allowed by its name, by the beginning of it, and as the target it stands for', () => {
  const allowed = (who: typeof acme, name: string) => isModelAllowed(who.policy, model(name), RIG.config.models);
  assert.deepEqual(
    ['smart', 'cheap', 'openai/gpt-4o', 'gpt-4o', 'gpt-5', 'openai/o3', 'anthropic/gpt-4o'].filter((name) =>
      allowed(acme, name),
    ),
    ['smart', 'openai/gpt-4o', 'gpt-4o'],
  );
  assert.deepEqual(
    ['smart', 'cheap', 'gpt-4o'].filter((name) => allowed(coder, name)),
    ['smart'],
  );
  assert.ok(allowed(all, 'anything/claude'.replace('anything', 'anthropic')));
});

test('what is not allowed is a 403 that names what is', () => {
  const { code, message } = modelNotAllowed(coder.policy, 'cheap');
  assert.equal(code, 'model_not_allowed');
  assert.equal(
    message,
    'The model "cheap" is not allowed for this key. Allowed: smart, openai/gpt-4*; of these: smart.',
  );
});

test('default is the chain of the agent, and itself where there is none', () => {
  assert.equal(modelNameFor(coder.policy, 'default'), 'smart');
  assert.equal(modelNameFor(coder.policy, 'cheap'), 'cheap');
  assert.equal(modelNameFor(acme.policy, 'default'), 'default');
});

test('settings of an agent go before the model’s, option by option, and are merged once', () => {
  const smart = model('smart');
  const merged = settingsFor(smart, coder.policy);
  assert.deepEqual(merged.timeouts, { ...smart.timeouts, total: 300_000, firstToken: 5000 });
  assert.deepEqual(merged.stream, { commit: 'complete', onBreak: 'error' });
  assert.deepEqual(merged.retries, { max: 0 });
  assert.equal(merged.targets, smart.targets);
  assert.equal(settingsFor(smart, coder.policy), merged);
  assert.equal(settingsFor(smart, acme.policy).stream.commit, 'first-delta');
  assert.equal(settingsFor(smart, all.policy), smart);
});
