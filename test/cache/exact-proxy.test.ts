import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { FakeClock } from '../breakers/fake-clock.ts';
import { until } from '../chaos/until.ts';
import { conforms } from '../conformance/conforms.ts';
import { type CacheRig, cacheRig, ownDirectory, QUESTION } from './rig.ts';

const CHAT = { model: 'm', messages: QUESTION };
const MESSAGES = { model: 'm', max_tokens: 100, messages: QUESTION };
const RESPONSES = { model: 'm', input: 'what is the capital of France?' };
const MODELS = '{m: {targets: [a/gpt]}}';

test('the same question is asked once, and answered again with the same answer', async (t) => {
  const rig = await cacheRig(t, { models: MODELS });
  const first = await rig.ask(CHAT);
  const second = await rig.ask(CHAT);
  assert.equal(first.cache, 'miss');
  assert.match(second.cache ?? '', /^exact; age=\d+s; id=[\w-]{32}$/);
  assert.equal(second.text, first.text);
  assert.deepEqual([second.status, second.breakwater, second.target], [200, 'ok', 'a/gpt']);
  assert.equal(rig.calls, 1);
  assert.equal(rig.records.at(-1)?.tries, 0);
});

describe('streamed and whole', () => {
  const kinds = [
    ['/v1/chat/completions', CHAT, 'chat.completion', 'chat.completion.chunk'],
    ['/v1/messages', MESSAGES, 'message', 'message.event'],
    ['/v1/responses', RESPONSES, 'response', 'response.event'],
  ] as const;
  for (const [path, body, whole, event] of kinds)
    for (const streamedFirst of [true, false])
      test(`${path}: ${streamedFirst ? 'a stream is kept and given whole' : 'a whole answer is kept and given as a stream'}`, async (t) => {
        const rig = await cacheRig(t, { models: MODELS });
        const usage = path.endsWith('completions') ? { stream_options: { include_usage: true } } : {};
        await rig.ask(streamedFirst ? { ...body, stream: true } : body, { path });
        const asWhole = await rig.ask(body, { path });
        const asStream = await rig.ask({ ...body, stream: true, ...usage }, { path });
        assert.equal(rig.calls, 1);
        assert.deepEqual(conforms(whole, JSON.parse(asWhole.text)), []);
        assert.match(asWhole.text, /"(completion|output)_tokens":32/);
        assert.match(asStream.type ?? '', /^text\/event-stream/);
        const data = [...asStream.text.matchAll(/^data: (\{.*)$/gm)].map(([, json]) => JSON.parse(json ?? ''));
        assert.ok(data.length >= 3);
        for (const one of data) assert.deepEqual(conforms(event, one), []);
        assert.match(asStream.text, /"(completion|output)_tokens":32/);
      });

  test('the official client reads a replayed stream', async (t) => {
    const rig = await cacheRig(t, { models: MODELS });
    const texts: string[] = [];
    for (let time = 0; time < 2; time++) {
      const stream = await rig.openai.chat.completions.create({
        model: 'm',
        messages: [{ role: 'user', content: 'hi' }],
        stream: true,
      });
      let text = '';
      for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
      texts.push(text);
    }
    assert.equal(rig.calls, 1);
    assert.equal(texts[0], texts[1]);
  });
});

test('calls, text completions and vectors are kept as well', async (t) => {
  const rig = await cacheRig(t, { models: '{m: {targets: [a/sim-tools]}, e: {targets: [a/gpt]}}' });
  const tools = [
    {
      type: 'function',
      function: { name: 'f', parameters: { type: 'object', properties: { a: { type: 'string' } } } },
    },
  ];
  for (const stream of [true, true, false])
    assert.match((await rig.ask({ ...CHAT, tools, stream })).text, /"name":"f"/);
  for (let time = 0; time < 2; time++) {
    await rig.ask({ model: 'e', prompt: 'x' }, { path: '/v1/completions' });
    await rig.ask({ model: 'e', input: 'x' }, { path: '/v1/embeddings' });
  }
  assert.equal(rig.calls, 3);
});

describe('is not kept', () => {
  const behaviours = ['sim-length', 'sim-filtered', 'sim-refusal', 'sim-400', 'sim-cut-at-8', 'sim-empty-choices'];
  for (const behaviour of behaviours)
    for (const stream of [false, true])
      test(`what ${behaviour} answers, ${stream ? 'streamed' : 'whole'}`, async (t) => {
        const rig = await cacheRig(t, { models: `{m: {targets: [a/${behaviour}], retries: {max: 0}}}` });
        for (let time = 0; time < 2; time++) {
          const { cache } = await rig.ask({ ...CHAT, stream }).catch(() => ({ cache: 'miss' }));
          assert.equal(cache, 'miss');
        }
        assert.equal(rig.proxy.runtime.cache?.localStats()?.entries, 0);
        assert.ok(rig.calls >= 2);
      });

  for (const stream of [false, true])
    test(`an answer of a fallback, ${stream ? 'streamed' : 'whole'}`, async (t) => {
      const models = '{m: {targets: [a/sim-500, a/gpt], retries: {max: 0}}}';
      const rig = await cacheRig(t, { models });
      for (let time = 0; time < 2; time++) {
        const { cache, breakwater, target } = await rig.ask({ ...CHAT, stream });
        assert.deepEqual([cache, breakwater, target], ['miss', 'degraded', 'a/gpt']);
      }
      assert.equal(rig.proxy.runtime.cache?.localStats()?.entries, 0);
    });

  for (const kind of [CHAT, MESSAGES, RESPONSES])
    test(`a stream of which an event could not be read (${Object.keys(kind)[1]})`, async (t) => {
      const rig = await cacheRig(t, { models: '{m: {targets: [a/sim-bad-json-event-at-3]}}' });
      const path = kind === CHAT ? '/v1/chat/completions' : kind === MESSAGES ? '/v1/messages' : '/v1/responses';
      for (let time = 0; time < 2; time++)
        assert.equal((await rig.ask({ ...kind, stream: true }, { path })).cache, 'miss');
      assert.equal(rig.proxy.runtime.cache?.localStats()?.entries, 0);
    });

  test('an answer to a request of which a field was dropped', async (t) => {
    const upstreams = [{}];
    const rig = await cacheRig(t, { models: MODELS, upstreams, speaks: 'speaks: [messages]' });
    const body = { ...CHAT, seed: 1, user: 'x', presence_penalty: 0.1, service_tier: 'flex' };
    for (let time = 0; time < 2; time++) assert.equal((await rig.ask(body)).cache, 'miss');
    assert.equal(rig.calls, 2);
    for (const cache of ['miss', 'exact']) assert.equal((await rig.ask(CHAT)).cache?.split(';')[0], cache);
  });

  test('a configured text', async (t) => {
    const rig = await cacheRig(t, {
      models: '{m: {targets: [a/sim-500], retries: {max: 0}, fallback: {static: sorry}}}',
    });
    for (let time = 0; time < 2; time++) assert.equal((await rig.ask(CHAT)).cache, 'miss');
    assert.equal(rig.proxy.runtime.cache?.localStats()?.entries, 0);
  });
});

describe('what the client’s cache-control says', () => {
  const asked = async (t: TestContext, ...controls: (string | undefined)[]) => {
    const rig = await cacheRig(t, { models: MODELS });
    const told: (string | null)[] = [];
    for (const control of controls) {
      const { cache } = await rig.ask(CHAT, control === undefined ? {} : { headers: { 'cache-control': control } });
      told.push(cache?.split('; age')[0] ?? null);
    }
    return { told, calls: rig.calls };
  };

  test('no-store: nothing is looked for, nothing kept', async (t) => {
    const { told, calls } = await asked(t, 'no-store', undefined, 'no-store');
    assert.deepEqual([told, calls], [['bypass; reason=no-store', 'miss', 'bypass; reason=no-store'], 3]);
  });

  test('no-cache: a new answer is fetched, and kept', async (t) => {
    const { told, calls } = await asked(t, undefined, 'no-cache', undefined);
    assert.deepEqual([told, calls], [['miss', 'bypass; reason=no-cache', 'exact'], 2]);
  });

  test('max-age: an older one will not do', async (t) => {
    const { told, calls } = await asked(t, undefined, 'max-age=86400', 'max-age=0');
    assert.deepEqual([told, calls], [['miss', 'exact', 'miss'], 2]);
  });
});

test('an answer is given for its time, and a hit does not prolong it', async (t) => {
  // At twenty times its speed a minute takes three seconds: this one takes no more than it must.
  const rig = await cacheRig(t, { models: MODELS, cache: '{exact: {ttl: 4s}}' });
  const begun = rig.clock.now();
  await rig.ask(CHAT);
  const kept = rig.clock.now();
  // Asked all the time: on the slowest of machines the first look behind its time must miss.
  let asked = rig.clock.now();
  while ((await rig.ask(CHAT)).cache !== 'miss') {
    assert.ok(asked - kept <= 4_000, 'a hit behind its time');
    asked = rig.clock.now();
  }
  assert.equal(rig.calls, 2);
  assert.ok(rig.clock.now() - begun >= 3_600, 'not before nine tenths of its time');
});

test('a route may be left out, and an agent kept off', async (t) => {
  const key = 'a-key-of-twenty-characters';
  const rig = await cacheRig(t, {
    models: '{m: {targets: [a/gpt]}, n: {targets: [a/gpt], cache: {exact: off}}}',
    more: `tenants: {acme: {keys: [${key}], agents: {live: {cache: {exact: off}}}}}`,
  });
  const headers = { authorization: `Bearer ${key}` };
  await rig.ask(CHAT, { headers });
  assert.match((await rig.ask(CHAT, { headers })).cache ?? '', /^exact/);
  assert.equal(
    (await rig.ask(CHAT, { headers: { ...headers, 'x-breakwater-agent': 'live' } })).cache,
    'bypass; reason=policy',
  );
  assert.equal((await rig.ask({ ...CHAT, model: 'n' }, { headers })).cache, null);
});

describe('who asks', () => {
  const keys = ['acme-key-of-twenty-chars', 'umbrella-key-of-twenty-c'];
  const tenants = `tenants: {acme: {keys: [${keys[0]}]}, umbrella: {keys: [${keys[1]}]}}`;
  const as = (key: string | undefined, user?: string) => ({
    headers: { authorization: `Bearer ${key}`, ...(user === undefined ? {} : { 'x-breakwater-user': user }) },
  });

  test('tenants do not share', async (t) => {
    const rig = await cacheRig(t, { models: MODELS, more: tenants });
    for (const key of keys) assert.equal((await rig.ask(CHAT, as(key))).cache, 'miss');
    for (const key of keys) assert.match((await rig.ask(CHAT, as(key))).cache ?? '', /^exact/);
    assert.equal(rig.calls, 2);
  });

  test('users share, unless they are told apart; then who names none gets none', async (t) => {
    const models = '{m: {targets: [a/gpt]}, own: {targets: [a/gpt], cache: {perUser: true}}}';
    const rig = await cacheRig(t, { models, more: tenants });
    const own = { ...CHAT, model: 'own' };
    const told: (string | undefined)[] = [];
    for (const [body, user] of [
      [CHAT, 'ann'],
      [CHAT, 'bob'],
      [own, 'ann'],
      [own, 'bob'],
      [own, 'ann'],
      [own, undefined],
    ] as const)
      told.push((await rig.ask(body, as(keys[0], user))).cache?.split('; age')[0]);
    assert.deepEqual(told, ['miss', 'exact', 'miss', 'miss', 'exact', 'bypass; reason=no-user']);
  });
});

test('a Responses call that changes what the provider keeps goes through', async (t) => {
  const rig = await cacheRig(t, { models: MODELS });
  const { cache } = await rig.ask({ ...RESPONSES, conversation: 'conv_1' }, { path: '/v1/responses' });
  assert.equal(cache, 'bypass; reason=stateful');
});

describe('when every target failed', () => {
  const models =
    '{m: {targets: [a/gpt], retries: {max: 0}, fallback: {cache: 24h, static: sorry}, cache: {exact: {ttl: 1ms}}}}';

  test('an answer that is no longer fresh stands in, and says so', async (t) => {
    const rig = await cacheRig(t, { models, cache: '{}' });
    const first = await rig.ask(CHAT);
    rig.upstreams[0]?.outage('500');
    for (const stream of [false, true]) {
      const told = await rig.ask({ ...CHAT, stream });
      assert.match(told.cache ?? '', /^exact; stale; age=\d+s; id=/);
      assert.deepEqual([told.status, told.breakwater, told.target], [200, 'degraded', 'a/gpt']);
      if (!stream) assert.equal(told.text, first.text);
    }
    assert.match((await rig.ask({ ...CHAT, seed: 1 })).text, /sorry/);
    assert.match((await rig.ask(CHAT, { headers: { 'cache-control': 'no-cache' } })).text, /sorry/);
  });

  test('it does not for a request that is wrong', async (t) => {
    const rig = await cacheRig(t, { models, cache: '{}' });
    await rig.ask(CHAT);
    rig.upstreams[0]?.outage('400');
    assert.equal((await rig.ask(CHAT)).status, 400);
  });
});

describe('identical requests under way', () => {
  const many = (rig: CacheRig, count: number, body: object = CHAT) =>
    Array.from({ length: count }, () => rig.ask(body));

  /** A provider that answers when it is let, however long the requests take to arrive. */
  async function held(t: TestContext, coalesce: boolean, behaviour = 'sim-slow-headers-1s') {
    const clock = new FakeClock();
    const models = `{m: {targets: [a/${behaviour}], retries: {max: 0}, cache: {coalesce: ${coalesce}}}}`;
    const rig = await cacheRig(t, { models, upstreams: [{ clock }] });
    const [upstream] = rig.upstreams;
    assert.ok(upstream !== undefined);
    return {
      rig,
      upstream,
      /** Answers what is asked, when so many ask and so many wait for one that does. */
      answer: async (open: number, waiting: number) => {
        const there = () => upstream.openRequests === open && rig.proxy.runtime.cache?.flights.followers === waiting;
        await until(`${open} ask and ${waiting} wait`, there);
        clock.advance(1_000);
      },
    };
  }

  test('share one call where that is asked for', async (t) => {
    const { rig, answer } = await held(t, true);
    const asked = [...many(rig, 8), ...many(rig, 4, { ...CHAT, stream: true })];
    await answer(1, 11);
    const told = await Promise.all(asked);
    assert.equal(rig.calls, 1);
    const coalesced = told.filter(({ cache }) => /^exact; coalesced; age=\d+s/.test(cache ?? ''));
    assert.equal(coalesced.length, 11);
    assert.ok(told.every(({ status }) => status === 200));
  });

  test('do not share one otherwise', async (t) => {
    const { rig, answer } = await held(t, false);
    const asked = many(rig, 3);
    await answer(3, 0);
    await Promise.all(asked);
    assert.equal(rig.calls, 3);
  });

  test('go on by themselves when the one they wait for fails', async (t) => {
    const { rig, upstream, answer } = await held(t, true);
    upstream.script('sim-slow-headers-1s', 'slow-headers-1s-500');
    const asked = many(rig, 4);
    await answer(1, 3);
    await answer(1, 2);
    const told = await Promise.all(asked);
    assert.equal(told.filter(({ status }) => status === 200).length, 3);
    assert.equal(rig.calls, 2);
  });

  test('go on by themselves when its client leaves', async (t) => {
    const { rig, answer } = await held(t, true);
    const controller = new AbortController();
    const leader = rig.ask(CHAT, { signal: controller.signal }).catch((error: Error) => error.name);
    await until('it asks', () => rig.calls === 1);
    const followers = many(rig, 3);
    await until('they wait', () => rig.proxy.runtime.cache?.flights.followers === 3);
    controller.abort();
    assert.equal(await leader, 'AbortError');
    await until('one of them asks', () => rig.calls === 2);
    await answer(1, 2);
    for (const { status } of await Promise.all(followers)) assert.equal(status, 200);
    assert.equal(rig.calls, 2);
  });

  test('of which some came before a purge and some after it do not share one, and what was asked before it is not kept', async (t) => {
    const { rig, answer } = await held(t, true);
    const before = many(rig, 2);
    await until('one asks and one waits', () => rig.proxy.runtime.cache?.flights.followers === 1 && rig.calls === 1);
    assert.equal(await rig.proxy.runtime.cache?.purge({ model: 'm' }), 0);
    const controller = new AbortController();
    const after = rig.ask(CHAT, { signal: controller.signal }).catch(() => undefined);
    await until('the next asks anew', () => rig.calls === 2);
    controller.abort();
    await after;
    await answer(1, 0);
    await Promise.all(before);
    assert.equal(rig.proxy.runtime.cache?.localStats()?.entries, 0);
  });

  test('ask each for itself when the answer is not for sharing', async (t) => {
    const { rig, answer } = await held(t, true, 'sim-slow-headers-1s-length');
    const asked = many(rig, 3);
    await answer(1, 2);
    await answer(2, 0);
    const told = await Promise.all(asked);
    assert.ok(told.every(({ status, cache }) => status === 200 && cache === 'miss'));
    assert.equal(rig.calls, 3);
  });
});

test('a restart keeps the answers, encrypted or not', async (t) => {
  for (const key of ['', `, encryptionKey: ${'ab'.repeat(32)}`]) {
    const state = ownDirectory();
    const cache = `{exact: on${key}}`;
    const first = await cacheRig(t, { models: MODELS, state, cache });
    const { text } = await first.ask(CHAT);
    await first.proxy.close();
    const second = await cacheRig(t, { models: MODELS, state, cache, upstreams: [{}] });
    // Another port is another provider, of whom nothing is kept.
    assert.equal((await second.ask(CHAT)).cache, 'miss');
    assert.equal(second.proxy.runtime.cache?.localStats()?.entries, 2);
    assert.ok(text.length > 0);
  }
});

describe('a cache in trouble', () => {
  test('fails no request', async (t) => {
    const rig = await cacheRig(t, { models: MODELS });
    const { cache } = rig.proxy.runtime;
    assert.ok(cache !== undefined);
    t.mock.method(cache, 'find', () => {
      throw new Error('a defect');
    });
    const { status } = await rig.ask(CHAT);
    assert.equal(status, 200);
  });
});
