import assert from 'node:assert/strict';
import { test } from 'node:test';
import { circuitOf } from './gates.ts';
import { refusalOf } from './refusal.ts';
import { HELLO, type Rig, rig, textOf } from './rig.ts';
import { until } from './until.ts';

/** A provider that takes two calls at a time for each of its models. */
const providers = 'providers: {a: {baseUrl: up(a), apiKey: key-a, concurrency: 2}, b: {baseUrl: up(b), apiKey: key-b}}';

async function targetOf({ openai }: Rig, model = 'm'): Promise<string | null> {
  const { response } = await openai.chat.completions.create({ model, messages: HELLO }).withResponse();
  return response.headers.get('x-breakwater-target');
}

/** Two calls that hang at the limited provider until they are let go. */
async function fill(
  it: Rig,
): Promise<{ readonly held: Promise<string | null>[]; readonly letGo: () => Promise<void> }> {
  const [a] = it.upstreams;
  a?.behave('sim-ok', 'silent');
  const held = [targetOf(it), targetOf(it)];
  await until('both places are taken', () => a?.openRequests === 2);
  a?.behave('sim-ok', undefined);
  return { held, letGo: async () => a?.refuse() };
}

test('a full target is skipped, not queued for: the next answers, and no circuit hears of it', async (t) => {
  const it = await rig(t, {
    upstreams: [{}, {}],
    providers,
    config: 'models: {m: {targets: [a/sim-ok, b/sim-ok]}}',
    speed: 1,
  });
  const { held, letGo } = await fill(it);

  for (let i = 0; i < 10; i++) assert.equal(await targetOf(it), 'b/sim-ok');

  assert.equal(it.upstreams[0]?.requestCount, 2);
  for (const { attempts, tries } of it.records) {
    assert.equal(tries, 1);
    assert.deepEqual(attempts.map(({ target, outcome, reason }) => [target, outcome, reason])[0], [
      'a/sim-ok',
      'skipped',
      'full',
    ]);
  }
  const { state, failures, completed } = circuitOf(it, 'a/sim-ok');
  assert.deepEqual({ state, failures, completed }, { state: 'closed', failures: 0, completed: 0 });
  await letGo();
  assert.deepEqual(await Promise.all(held), ['b/sim-ok', 'b/sim-ok']);
});

test('alone, a full target is a 503 that says when to come back, and is free again when a call has ended', async (t) => {
  const it = await rig(t, { upstreams: [{}, {}], providers, config: 'models: {m: {targets: [a/sim-ok]}}' });
  const [a] = it.upstreams;
  a?.script('sim-ok', 'paced-2s-x10', 'paced-2s-x10');
  const streams = await Promise.all(
    [1, 2].map(() => it.openai.chat.completions.create({ model: 'm', messages: HELLO, stream: true })),
  );

  const { status, code, retryAfter } = await refusalOf(
    it.openai.chat.completions.create({ model: 'm', messages: HELLO }),
  );

  assert.deepEqual([status, code, retryAfter], [503, 'server_is_overloaded', 1]);
  assert.equal(a?.requestCount, 2);
  assert.equal(circuitOf(it, 'a/sim-ok').failures, 0);
  await Promise.all(streams.map(textOf));
  assert.equal(await targetOf(it), 'a/sim-ok');
});

test('the places of one model are not those of another', async (t) => {
  const it = await rig(t, {
    upstreams: [{}, {}],
    providers,
    config: 'models: {m: {targets: [a/sim-ok, b/sim-ok]}, n: {targets: [a/other]}}',
    speed: 1,
  });
  const { held, letGo } = await fill(it);

  assert.equal(await targetOf(it, 'n'), 'a/other');

  await letGo();
  await Promise.all(held);
});
