import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { conforms } from '../../conformance/conforms.ts';
import { chat, LIVE, semanticRig } from './rig.ts';

const FRANCE = 'What is the capital of France?';
const FRANCE_TOO = "What's the capital of France?";
const HIT = /^semantic; sim=0\.\d{3}; age=\d+s; id=[\w-]{32}$/;

test('a question in other words gets the answer that is kept, at no call', async (t) => {
  const rig = await semanticRig(t);
  const first = await rig.ask(FRANCE);
  await rig.proxy.runtime.semantic?.settled();
  const second = await rig.ask(FRANCE_TOO);
  assert.equal(first.cache, 'miss; reason=not-found');
  assert.match(second.cache ?? '', HIT);
  assert.equal(second.text, first.text);
  assert.deepEqual([second.status, second.breakwater, second.target], [200, 'ok', 'a/gpt']);
  assert.equal(rig.calls, 1);
  assert.equal(rig.records.at(-1)?.tries, 0);
  assert.deepEqual(await rig.metrics('breakwater_semantic_requests_total{'), [
    'breakwater_semantic_requests_total{model="m",result="miss"} 1',
    'breakwater_semantic_requests_total{model="m",result="hit"} 1',
  ]);
});

test('the exact cache goes first, and needs no vector', async (t) => {
  const rig = await semanticRig(t);
  for (let time = 0; time < 2; time++) await rig.ask(FRANCE);
  assert.match((await rig.ask(FRANCE)).cache ?? '', /^exact; /);
  assert.equal(rig.embedder.calls, 1);
});

test('a route may have a semantic cache without an exact one', async (t) => {
  const rig = await semanticRig(t, { cache: 'exact: off' });
  await rig.ask(FRANCE);
  await rig.proxy.runtime.semantic?.settled();
  assert.match((await rig.ask(FRANCE)).cache ?? '', /^semantic; sim=1\.000/);
});

describe('a hit is given as it is asked for', () => {
  const bodies = [
    ['/v1/chat/completions', (text: string) => chat(text), 'chat.completion', 'chat.completion.chunk'],
    [
      '/v1/messages',
      (text: string) => ({ model: 'm', max_tokens: 100, messages: [{ role: 'user', content: text }] }),
      'message',
      'message.event',
    ],
    ['/v1/responses', (text: string) => ({ model: 'm', input: text }), 'response', 'response.event'],
  ] as const;
  for (const [path, body, whole, event] of bodies)
    test(`${path}: whole, and as a stream`, async (t) => {
      const rig = await semanticRig(t);
      await rig.ask({ ...body(FRANCE), stream: true }, { path });
      await rig.proxy.runtime.semantic?.settled();
      const asWhole = await rig.ask(body(FRANCE_TOO), { path });
      const asStream = await rig.ask({ ...body(FRANCE_TOO), stream: true }, { path });
      assert.match(asWhole.cache ?? '', HIT);
      assert.match(asStream.cache ?? '', HIT);
      assert.equal(rig.calls, 1);
      assert.deepEqual(conforms(whole, JSON.parse(asWhole.text)), []);
      const data = [...asStream.text.matchAll(/^data: (\{.*)$/gm)].map(([, json]) => JSON.parse(json ?? ''));
      assert.ok(data.length >= 2);
      for (const one of data) assert.deepEqual(conforms(event, one), []);
    });
});

describe('no answer crosses from one scope into another', () => {
  const system = (text: string) => ({
    messages: [
      { role: 'system', content: text },
      { role: 'user', content: FRANCE_TOO },
    ],
  });
  const others: readonly (readonly [string, object])[] = [
    ['another system prompt', chat(FRANCE_TOO, system('Answer in rhymes.'))],
    ['another model', chat(FRANCE_TOO, { model: 'a/gpt-2' })],
    ['another route to the same model', chat(FRANCE_TOO, { model: 'n' })],
    ['another format', chat(FRANCE_TOO, { response_format: { type: 'json_object' } })],
    ['another temperature', chat(FRANCE_TOO, { temperature: 0.2 })],
    ['another seed', chat(FRANCE_TOO, { seed: 7 })],
    ['another cap', chat(FRANCE_TOO, { max_tokens: 9 })],
    ['a member that nobody knows', chat(FRANCE_TOO, { brand_new: true })],
  ];
  for (const [what, body] of others)
    test(what, async (t) => {
      const models = `{m: {targets: [a/gpt], cache: {semantic: ${LIVE}}}, n: {targets: [a/gpt], cache: {semantic: ${LIVE}}}}`;
      const rig = await semanticRig(t, { models });
      await rig.ask(FRANCE);
      await rig.proxy.runtime.semantic?.settled();
      const told = await rig.ask(body);
      assert.equal(told.status, 200);
      assert.doesNotMatch(told.cache ?? '', /semantic/);
      assert.equal(rig.calls, 2);
    });

  test('another tenant, another user where they are told apart', async (t) => {
    const keys = ['acme-key-of-twenty-chars', 'umbrella-key-of-twenty-c'];
    const rig = await semanticRig(t, {
      models: `{m: {targets: [a/gpt], cache: {perUser: true, semantic: ${LIVE}}}}`,
      more: `tenants: {acme: {keys: [${keys[0]}]}, umbrella: {keys: [${keys[1]}]}}`,
    });
    const as = (key: string | undefined, user: string) => ({
      headers: { authorization: `Bearer ${key}`, 'x-breakwater-user': user },
    });
    await rig.ask(FRANCE, as(keys[0], 'ann'));
    await rig.proxy.runtime.semantic?.settled();
    assert.equal((await rig.ask(FRANCE_TOO, as(keys[1], 'ann'))).cache, 'miss; reason=not-found');
    assert.equal((await rig.ask(FRANCE_TOO, as(keys[0], 'bob'))).cache, 'miss; reason=not-found');
    assert.match((await rig.ask(FRANCE_TOO, as(keys[0], 'ann'))).cache ?? '', /exact|semantic/);
    assert.equal(rig.calls, 3);
  });
});

describe('traps are nearer than paraphrases, and vetoed', () => {
  const traps = [
    ['What are the top 5 customers by revenue?', 'What are the top 50 customers by revenue?', 'number'],
    ['How do I enable two-factor login?', 'How do I disable two-factor login?', 'antonym'],
    ['What is the capital of France?', 'What is the capital of Spain?', 'entity'],
    ['Is the export encrypted?', 'Is the export not encrypted?', 'negation'],
  ] as const;
  for (const [kept, asked, guard] of traps)
    test(`${asked} (${guard})`, async (t) => {
      const rig = await semanticRig(t);
      await rig.ask(kept);
      await rig.proxy.runtime.semantic?.settled();
      assert.equal((await rig.ask(asked)).cache, 'miss; reason=vetoed');
      assert.deepEqual(await rig.metrics('breakwater_cache_vetoes_total{'), [
        `breakwater_cache_vetoes_total{guard="${guard}"} 1`,
      ]);
      assert.equal(rig.calls, 2);
    });
});

describe('takes no part', () => {
  const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } }];
  const bodies: readonly (readonly [string, object])[] = [
    ['tools', chat(FRANCE, { tools })],
    ['temperature', chat(FRANCE, { temperature: 1 })],
    ['choices', chat(FRANCE, { n: 2 })],
    ['logprobs', chat(FRANCE, { logprobs: true })],
    ['freshness', chat('What is the weather like in Paris today?')],
    [
      'multi-turn',
      chat('', {
        messages: [
          { role: 'user', content: 'hello' },
          { role: 'assistant', content: 'hi' },
          { role: 'user', content: FRANCE },
        ],
      }),
    ],
  ];
  for (const [reason, body] of bodies)
    test(reason, async (t) => {
      const rig = await semanticRig(t, { cache: 'exact: off' });
      for (let time = 0; time < 2; time++) assert.equal((await rig.ask(body)).cache, `miss; reason=${reason}`);
      assert.equal(rig.embedder.calls, 0);
    });

  test('what the provider remembers for the client', async (t) => {
    const rig = await semanticRig(t, { cache: 'exact: off' });
    const body = { model: 'm', input: FRANCE, previous_response_id: 'resp_1' };
    assert.equal((await rig.ask(body, { path: '/v1/responses' })).cache, 'miss; reason=multi-turn');
  });
});

test('an agent may want nearer questions, or none', async (t) => {
  const key = 'a-key-of-twenty-characters';
  const rig = await semanticRig(t, {
    more: `tenants: {acme: {keys: [${key}], agents: {strict: {cache: {threshold: 0.97}}, off: {cache: {semantic: off}}}}}`,
  });
  const as = (agent: string) => ({ headers: { authorization: `Bearer ${key}`, 'x-breakwater-agent': agent } });
  await rig.ask(FRANCE, as('any'));
  await rig.proxy.runtime.semantic?.settled();
  assert.equal((await rig.ask(chat(FRANCE_TOO, { stream: false }), as('off'))).cache, 'miss');
  assert.equal((await rig.ask('Which is the capital of France?', as('strict'))).cache, 'miss; reason=not-found');
});

describe('what the client’s cache-control says', () => {
  test('no-cache: none is given, but the new one is kept for near questions', async (t) => {
    const rig = await semanticRig(t);
    await rig.ask(FRANCE, { headers: { 'cache-control': 'no-cache' } });
    await new Promise((resolve) => setImmediate(resolve));
    await rig.proxy.runtime.semantic?.settled();
    assert.match((await rig.ask(FRANCE_TOO)).cache ?? '', HIT);
  });

  test('no-store: nothing is looked for, nothing kept', async (t) => {
    const rig = await semanticRig(t);
    await rig.ask(FRANCE, { headers: { 'cache-control': 'no-store' } });
    assert.equal(rig.embedder.calls, 0);
    assert.equal((await rig.ask(FRANCE_TOO)).cache, 'miss; reason=not-found');
  });

  test('max-age: an older one will not do', async (t) => {
    const rig = await semanticRig(t);
    await rig.ask(FRANCE);
    await rig.proxy.runtime.semantic?.settled();
    assert.equal(
      (await rig.ask(FRANCE_TOO, { headers: { 'cache-control': 'max-age=0' } })).cache,
      'miss; reason=not-found',
    );
  });
});

describe('is not kept for near questions', () => {
  for (const behaviour of ['sim-length', 'sim-filtered', 'sim-refusal', 'sim-400'])
    test(`what ${behaviour} answers`, async (t) => {
      const models = `{m: {targets: [a/${behaviour}], retries: {max: 0}, cache: {semantic: ${LIVE}}}}`;
      const rig = await semanticRig(t, { models });
      await rig.ask(FRANCE);
      await rig.proxy.runtime.semantic?.settled();
      assert.doesNotMatch((await rig.ask(FRANCE_TOO)).cache ?? '', /^semantic/);
    });
});
