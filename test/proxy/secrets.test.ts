import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { HELLO, type Rig, rig } from '../chaos/rig.ts';

/** Keys as providers give them out, and as an operator may have made one up: nothing about the last looks like a secret. */
const KEYS = ['sk-proj-Zx81kQvB27aLmN0pTeRw', 'gsk_9fKd82JsLq01ZmXwPo44', 'quietharbour2211'];
const CLIENT_KEY = 'client-own-key-77120';
const EXTRA = 'team-header-secret-9';

/** How a provider may give a key back: each answers with what it was sent. */
const ECHOES: Readonly<Record<string, (key: string) => { status: number; type: string; body: string }>> = {
  'a 401 in words': (key) => ({
    status: 401,
    type: 'application/json',
    body: JSON.stringify({
      error: { message: `Incorrect API key provided: ${key}.`, type: 'invalid_request_error', code: 'invalid_api_key' },
    }),
  }),
  'a 400 that quotes the request': (key) => ({
    status: 400,
    type: 'application/json',
    body: JSON.stringify({
      error: { message: `bad header authorization: Bearer ${key} (${key})`, type: key, code: key, param: key },
    }),
  }),
  'a 500 in plain text': (key) => ({ status: 500, type: 'text/plain', body: `panic: could not use ${key} at line 7` }),
  'a 200 that is none': (key) => ({ status: 200, type: `text/${key}`, body: key }),
  'an error in a stream': (key) => ({
    status: 200,
    type: 'text/event-stream',
    body: `data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\ndata: {"error":{"message":"token ${key} expired","code":"${key}"}}\n\n`,
  }),
};

async function echo(
  t: TestContext,
  answer: (key: string) => { status: number; type: string; body: string },
): Promise<string> {
  const server = createServer((request, response) => {
    const key = (request.headers.authorization ?? request.headers['x-api-key']?.toString() ?? '').replace(
      'Bearer ',
      '',
    );
    const { status, type, body } = answer(key);
    request.resume().on('end', () => response.writeHead(status, { 'content-type': type }).end(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

/** Everything that left the proxy: what the client saw, what was logged, what the endpoints for machines show. */
async function everythingSaid(proxy: Rig, stream: boolean): Promise<string> {
  const response = await fetch(`${proxy.proxy.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${CLIENT_KEY}`, 'x-api-key': CLIENT_KEY, cookie: CLIENT_KEY },
    body: JSON.stringify({ model: 'm', messages: HELLO, stream }),
  });
  const said = [await response.text(), JSON.stringify([...response.headers])];
  for (const path of ['/metrics', '/readyz', '/v1/models'])
    said.push(await (await fetch(proxy.proxy.url + path)).text());
  return [...said, JSON.stringify(proxy.events), JSON.stringify(proxy.records)].join('\n');
}

function assertSilent(said: string, secrets: readonly string[]): void {
  for (const secret of secrets) {
    const at = said.indexOf(secret);
    assert.equal(at, -1, `${secret} in: ${said.slice(Math.max(0, at - 120), at + 120)}`);
  }
}

for (const [what, answer] of Object.entries(ECHOES)) {
  for (const stream of [false, true]) {
    test(`${what} (${stream ? 'streamed' : 'whole'}) shows no provider's key to anybody`, async (t) => {
      const url = await echo(t, answer);
      const proxy = await rig(t, {
        upstreams: [],
        providers: `providers: {a: {baseUrl: "${url}", apiKeys: ${JSON.stringify(KEYS)}, headers: {x-team: ${EXTRA}}}}`,
        config: 'models: {m: {targets: [a/gpt]}}',
      });

      const said = await everythingSaid(proxy, stream);

      assertSilent(said, [...KEYS, CLIENT_KEY, EXTRA]);
    });

    test(`${what} (${stream ? 'streamed' : 'whole'}) shows no client's own key to anybody`, async (t) => {
      const url = await echo(t, answer);
      const proxy = await rig(t, {
        upstreams: [],
        providers: `providers: {a: {baseUrl: "${url}", passthrough: true}}`,
        config: 'models: {m: {targets: [a/gpt]}}',
      });

      const said = await everythingSaid(proxy, stream);

      assertSilent(said, [CLIENT_KEY]);
    });
  }
}

test("a client's key goes to no provider that has its own, and a provider's key to no other provider", async (t) => {
  const proxy = await rig(t, {
    upstreams: [{}, {}],
    providers:
      'providers: {a: {baseUrl: "up(a)", apiKey: key-of-a}, b: {baseUrl: "up(b)", apiKey: key-of-b, auth: {header: x-api-key}}}',
    config: 'models: {m: {targets: [a/sim-500, b/sim-ok]}}',
  });

  await everythingSaid(proxy, false);

  for (const request of proxy.upstreams[0]?.requests ?? []) assert.equal(request.key, 'key-of-a');
  const [atB] = proxy.upstreams[1]?.requests ?? [];
  assert.equal(atB?.key, 'key-of-b');
  assert.equal(atB?.headers.authorization, undefined);
  const sent = JSON.stringify(proxy.upstreams.flatMap((up) => up.requests.map((request) => request.headers)));
  assertSilent(sent, [CLIENT_KEY]);
});

test('an error about the network names neither host nor address', async (t) => {
  const proxy = await rig(t, {
    upstreams: [],
    providers:
      'providers: {a: {baseUrl: "http://127.0.0.1:1/v1", apiKey: key-of-a}, b: {baseUrl: "http://models.internal.invalid/v1", apiKey: key-of-b}}',
    config: 'models: {m: {targets: [a/gpt, b/gpt]}}',
  });

  const response = await fetch(`${proxy.proxy.url}/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model: 'm', messages: HELLO }),
  });

  assert.equal(response.status, 502);
  assertSilent(await response.text(), ['127.0.0.1', 'internal.invalid', 'key-of']);
});
