import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import OpenAI from 'openai';
import { until } from '../chaos/until.ts';
import { ALL_ENDPOINTS, cacheRig, ownDirectory, QUESTION } from './rig.ts';

const CHAT = { model: 'm', messages: QUESTION };
const MODELS = '{m: {targets: [a/gpt], retries: {max: 0}}}';
const SLOW = '{m: {targets: [a/sim-paced-100ms], retries: {max: 0}}}';
const cache = '{idempotency: on}';
const keyed = (key: string, signal?: AbortSignal) => ({
  headers: { 'idempotency-key': key },
  ...(signal === undefined ? {} : { signal }),
});

for (const stream of [false, true])
  test(`a repeat gets the same bytes and costs nothing, ${stream ? 'streamed' : 'whole'}`, async (t) => {
    const rig = await cacheRig(t, { models: MODELS, cache });
    const body = { ...CHAT, stream };
    const first = await rig.ask(body, keyed('k1'));
    const second = await rig.ask(body, keyed('k1'));
    assert.deepEqual([first.idempotent, second.idempotent], [null, 'replayed']);
    assert.equal(second.text, first.text);
    assert.deepEqual([second.status, second.breakwater, second.target], [200, 'ok', 'a/gpt']);
    assert.equal(second.type?.split(';')[0], first.type?.split(';')[0]);
    assert.equal(rig.calls, 1);
    assert.equal((await rig.ask(body, keyed('k2'))).idempotent, null);
    assert.equal(rig.calls, 2);
  });

test('our own header is heeded as well', async (t) => {
  const rig = await cacheRig(t, { models: MODELS, cache });
  const headers = { 'x-breakwater-idempotency-key': 'k' };
  await rig.ask(CHAT, { headers });
  assert.equal((await rig.ask(CHAT, { headers })).idempotent, 'replayed');
});

test('without being asked for, keys mean nothing and go to the provider', async (t) => {
  const rig = await cacheRig(t, { models: MODELS });
  await rig.ask(CHAT, keyed('k'));
  assert.equal((await rig.ask({ ...CHAT, seed: 1 }, keyed('k'))).status, 200);
  assert.equal(rig.calls, 2);
});

test('another request under the same key is refused', async (t) => {
  const rig = await cacheRig(t, { models: MODELS, cache });
  await rig.ask(CHAT, keyed('k'));
  const told = await rig.ask({ ...CHAT, seed: 1 }, keyed('k'));
  assert.equal(told.status, 422);
  assert.equal(JSON.parse(told.text).error.code, 'idempotency_key_reused');
  assert.equal(rig.calls, 1);
});

test('a key that is none is refused', async (t) => {
  const rig = await cacheRig(t, { models: MODELS, cache });
  assert.equal((await rig.ask(CHAT, keyed('k'.repeat(256)))).status, 400);
  assert.equal(rig.calls, 0);
});

test('repeats while it runs wait for its answer', async (t) => {
  const rig = await cacheRig(t, { models: SLOW, cache });
  const told = await Promise.all([1, 2, 3].map(() => rig.ask(CHAT, keyed('k'))));
  assert.equal(rig.calls, 1);
  assert.equal(told.filter(({ idempotent }) => idempotent === 'replayed').length, 2);
  assert.equal(new Set(told.map(({ text }) => text)).size, 1);
});

for (const stream of [false, true])
  test(`a client that leaves finds the answer when it asks again, ${stream ? 'streamed' : 'whole'}`, async (t) => {
    const rig = await cacheRig(t, { models: SLOW, cache });
    const body = { ...CHAT, stream };
    const controller = new AbortController();
    const left = rig.ask(body, keyed('k', controller.signal)).catch((error: Error) => error.name);
    await until('it asks', () => rig.calls === 1);
    controller.abort();
    assert.equal(await left, 'AbortError');
    const told = await rig.ask(body, keyed('k'));
    assert.deepEqual([told.status, told.idempotent], [200, 'replayed']);
    assert.equal(rig.calls, 1);
    assert.notEqual(rig.upstreams[0]?.requests[0]?.finishedMs, undefined);
  });

test('a failed call gives the key back', async (t) => {
  const rig = await cacheRig(t, { models: MODELS, cache });
  rig.upstreams[0]?.script('gpt', '500', 'cut-at-4');
  assert.notEqual((await rig.ask(CHAT, keyed('k'))).status, 200);
  await rig.ask({ ...CHAT, stream: true }, keyed('l')).catch(() => undefined);
  assert.equal((await rig.ask(CHAT, keyed('k'))).status, 200);
  const again = await rig.ask({ ...CHAT, stream: true }, keyed('l'));
  assert.deepEqual([again.status, again.idempotent], [200, null]);
  assert.equal(rig.calls, 4);
});

test('tenants, agents and users have keys of their own', async (t) => {
  const rig = await cacheRig(t, {
    models: MODELS,
    cache,
    more: 'tenants: {acme: {keys: [acme-key-of-twenty-chars]}, umbrella: {keys: [umbrella-key-of-twenty-c]}}',
  });
  const who = [
    { authorization: 'Bearer acme-key-of-twenty-chars' },
    { authorization: 'Bearer umbrella-key-of-twenty-c' },
    { authorization: 'Bearer acme-key-of-twenty-chars', 'x-breakwater-agent': 'coder' },
    { authorization: 'Bearer acme-key-of-twenty-chars', 'x-breakwater-user': 'ann' },
    { authorization: 'Bearer acme-key-of-twenty-chars', 'x-breakwater-user': 'bob' },
  ];
  for (const headers of who)
    assert.equal((await rig.ask(CHAT, { headers: { ...headers, 'idempotency-key': 'k' } })).idempotent, null);
  assert.equal(rig.calls, 5);
});

test('without tenants, whoever brings another credential has keys of its own', async (t) => {
  const rig = await cacheRig(t, {
    models: MODELS,
    cache,
    providers: `providers:\n  a: {baseUrl: "up(a)", passthrough: true, ${ALL_ENDPOINTS}}\n`,
  });
  const who = [
    { authorization: 'Bearer one' },
    { authorization: 'Bearer two' },
    { authorization: 'Bearer one', 'x-goog-api-key': 'ann' },
    { authorization: 'Bearer one', 'x-goog-api-key': 'bob' },
    { authorization: 'Bearer one', 'cf-aig-authorization': 'Bearer bob' },
  ];
  for (const headers of who)
    assert.equal((await rig.ask(CHAT, { headers: { ...headers, 'idempotency-key': 'k' } })).idempotent, null);
  assert.equal(rig.calls, 5);
});

test('a restart keeps the answers', async (t) => {
  const state = ownDirectory();
  const first = await cacheRig(t, { models: MODELS, cache, state });
  const { text } = await first.ask(CHAT, keyed('k'));
  await first.proxy.close();
  const second = await cacheRig(t, { models: MODELS, cache, state });
  const told = await second.ask(CHAT, keyed('k'));
  assert.deepEqual([told.idempotent, told.text], ['replayed', text]);
  assert.equal(second.calls, 0);
});

describe('with the exact cache', () => {
  test('a kept answer is what the key stands for from then on', async (t) => {
    const rig = await cacheRig(t, { models: MODELS, cache: '{exact: on, idempotency: on}' });
    await rig.ask(CHAT);
    assert.match((await rig.ask(CHAT, keyed('k'))).cache ?? '', /^exact/);
    await rig.proxy.runtime.cache?.purge({});
    assert.equal((await rig.ask(CHAT, keyed('k'))).idempotent, 'replayed');
    assert.equal(rig.calls, 1);
  });
});

test('the official client’s own key is the same over its retries', async (t) => {
  const rig = await cacheRig(t, { models: MODELS, cache });
  const openai = new OpenAI({ baseURL: `${rig.proxy.url}/v1`, apiKey: 'client', maxRetries: 2 });
  const ask = () =>
    openai.chat.completions.create(
      { model: 'm', messages: [{ role: 'user', content: 'hi' }] },
      { headers: { 'Idempotency-Key': 'once' } },
    );
  const [one, two] = [await ask(), await ask()];
  assert.equal(one.id, two.id);
  assert.equal(rig.calls, 1);
});
