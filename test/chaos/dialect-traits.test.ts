import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import { CLIENTS, DIALECTS, postTo, readRaw, WHOLE_TEXT } from './dialect-clients.ts';
import { callsOf, dialectRig } from './dialect-rig.ts';
import { rig } from './rig.ts';

for (const client of DIALECTS) {
  const { whole, streamed, path, fields } = CLIENTS[client];
  describe(`a ${client} client`, () => {
    for (const target of ['a', 'b', 'd']) {
      for (const [how, ask] of Object.entries({ whole, streamed })) {
        it(`gets the answer of ${target} behind its thoughts, ${how}`, async (t) => {
          const proxy = await dialectRig(t, `models: {m: {targets: [${target}/sim-thinking]}}`);
          const told = await ask(proxy);
          assert.equal(told.text, WHOLE_TEXT);
          assert.equal(told.usage[1], 40, 'thoughts are counted');
        });

        it(`gets what ${target} read from its cache counted once, ${how}`, async (t) => {
          const proxy = await dialectRig(t, `models: {m: {targets: [${target}/sim-usage-30-7-cached-10]}}`);
          const told = await ask(proxy);
          assert.deepEqual(told.usage, client === 'messages' ? [20, 7] : [30, 7]);
          assert.equal(proxy.records[0]?.usage?.promptTokens, 30);
        });

        it(`gets a refusal of ${target} as what it is, ${how}`, async (t) => {
          const proxy = await dialectRig(t, `models: {m: {targets: [${target}/sim-refusal, c/sim-ok]}}`);
          const told = await ask(proxy);
          assert.notEqual(told.text, WHOLE_TEXT);
          assert.deepEqual(callsOf(proxy)[2], 0);
        });

        it(`gets another target's answer where ${target} filters its own, if asked for, ${how}`, async (t) => {
          const proxy = await dialectRig(
            t,
            `models: {m: {targets: [${target}/sim-filtered, c/sim-ok], fallbackOn: [content_blocked], stream: {commit: complete}}}`,
          );
          assert.equal((await ask(proxy)).text, WHOLE_TEXT);
        });

        it(`goes from ${target} to a larger window when the prompt is too long, ${how}`, async (t) => {
          const proxy = await dialectRig(
            t,
            `models: {m: {targets: [{target: ${target}/sim-window-1, contextWindow: 1000}, {target: b/sim-ok, contextWindow: 500}, {target: c/sim-ok, contextWindow: 9000}]}}`,
          );
          assert.equal((await ask(proxy)).headers.get('x-breakwater-target'), 'c/sim-ok');
        });
      }

      it(`is not hurt by a target (${target}) that tells no usage`, async (t) => {
        const proxy = await dialectRig(t, `models: {m: {targets: [${target}/sim-no-usage]}}`);
        assert.equal((await whole(proxy)).text, WHOLE_TEXT);
        const answer = await readRaw(proxy, client);
        assert.deepEqual([answer.text, answer.errors, answer.finished], [WHOLE_TEXT, [], true]);
      });
    }

    it('is answered by the faster of two targets in other dialects, where the first is late', async (t) => {
      const proxy = await dialectRig(
        t,
        'models: {m: {targets: [a/primary, d/sim-ok], hedge: true, timeouts: {firstToken: 2m}}, warm: {targets: [a/warm]}}',
      );
      await whole(proxy, { model: 'warm' });
      // Enough calls, all at once, for the proxy to know what is late and to pay for a hedge.
      proxy.upstreams[0]?.behave('primary', 'slow-headers-10s');
      await Promise.all(Array.from({ length: 60 }, () => whole(proxy)));
      proxy.upstreams[0]?.behave('primary', 'silent');

      const told = await streamed(proxy);

      assert.equal(told.text, WHOLE_TEXT);
      assert.equal(told.headers.get('x-breakwater-target'), 'd/sim-ok');
    });

    it('uses the next key of a provider that takes it in a header of its own', async (t) => {
      const proxy = await rig(t, {
        upstreams: [{}],
        providers:
          'providers: {a: {baseUrl: up(a), apiKeys: [sim-429-after-60s, sim-401, sim-ok], dialect: anthropic}}',
        config: 'models: {m: {targets: [a/sim-ok]}}',
      });
      assert.equal((await whole(proxy)).text, WHOLE_TEXT);
      const keys = proxy.upstreams[0]?.requests.map(({ headers }) => headers['x-api-key']);
      assert.deepEqual(keys?.at(-1), 'sim-ok');
    });

    for (const [sent, headers] of Object.entries({
      'x-api-key': { 'x-api-key': 'sk-client-own', authorization: '' },
      authorization: { authorization: 'Bearer sk-client-own' },
    })) {
      it(`sends its own key (${sent}) to a provider that has none, in the provider's header`, async (t) => {
        const proxy = await rig(t, {
          upstreams: [{}, {}],
          providers: `providers:
  a: {baseUrl: up(a), preset: anthropic}
  b: {baseUrl: up(b), preset: groq}
`,
          config: 'models: {one: {targets: [a/sim-ok]}, two: {targets: [b/sim-ok]}}',
        });
        const own = Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== ''));
        for (const model of ['one', 'two']) {
          const response = await fetch(proxy.proxy.url + path, {
            method: 'POST',
            headers: { 'content-type': 'application/json', ...own },
            body: JSON.stringify({ model, ...fields }),
          });
          assert.equal(response.status, 200, await response.clone().text());
          await response.text();
        }
        assert.equal(proxy.upstreams[0]?.requests[0]?.headers['x-api-key'], 'sk-client-own');
        assert.equal(proxy.upstreams[0]?.requests[0]?.headers.authorization, undefined);
        assert.equal(proxy.upstreams[1]?.requests[0]?.headers.authorization, 'Bearer sk-client-own');
        assert.equal(proxy.upstreams[1]?.requests[0]?.headers['x-api-key'], undefined);
      });
    }
  });
}

it('thoughts of a target in another dialect can be sent back to it, and to others, in the next turn', async (t) => {
  const proxy = await dialectRig(t, 'models: {m: {targets: [d/agent, a/agent, b/agent]}}');
  const [a, b, , d] = proxy.upstreams;
  for (const upstream of [a, b, d]) upstream?.behave('agent', 'thinking');
  const anthropic = new Anthropic({ baseURL: proxy.proxy.url, apiKey: 'client', maxRetries: 0 });
  const messages: Anthropic.MessageParam[] = [{ role: 'user', content: 'hello' }];
  for (const down of [undefined, d, a]) {
    down?.behave('agent', '500');
    const answer = await anthropic.messages
      .stream({ model: 'm', max_tokens: 4000, messages, thinking: { type: 'enabled', budget_tokens: 2000 } })
      .finalMessage();
    assert.equal(answer.content[0]?.type, 'thinking');
    messages.push({ role: 'assistant', content: answer.content }, { role: 'user', content: 'hello' });
  }
  const toD = d?.requests[0]?.body as { input: unknown[] } | undefined;
  assert.ok(toD);
  const toA = JSON.stringify(a?.requests[0]?.body);
  assert.doesNotMatch(toA, /c2ltdWxhdGVkLXRob3VnaHRz/, "what one provider sealed is not another's signature");
});

it('a request that is answered on its second target in its own dialect reaches it byte for byte', async (t) => {
  const proxy = await dialectRig(t, 'models: {m: {targets: [b/sim-500, a/sim-ok], retries: {max: 0}}}');
  const body = { ...CLIENTS.messages.fields, model: 'm', metadata: { user_id: 'u' }, not_yet_known: 1 };
  const response = await postTo(proxy, '/v1/messages', body);
  assert.equal(response.headers.get('x-breakwater-target'), 'a/sim-ok');
  assert.deepEqual(proxy.upstreams[0]?.requests[0]?.body, { ...body, model: 'sim-ok' });
});
