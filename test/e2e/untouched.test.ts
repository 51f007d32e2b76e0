import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { type Rig, rig } from '../chaos/rig.ts';

/** A provider that keeps what it got, byte for byte, and answers what it is told to. */
interface Provider {
  readonly url: string;
  body: Buffer;
  headers: IncomingHttpHeaders;
  path: string;
  answer: { readonly headers: Readonly<Record<string, string>>; readonly body: Buffer };
}

async function provider(t: TestContext): Promise<Provider> {
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      kept.body = Buffer.concat(pieces);
      kept.headers = request.headers;
      kept.path = request.url ?? '';
      response.writeHead(200, kept.answer.headers).end(kept.answer.body);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const kept: Provider = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    body: Buffer.alloc(0),
    headers: {},
    path: '',
    answer: { headers: { 'content-type': 'application/json' }, body: Buffer.from(ANSWER) },
  };
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return kept;
}

/** Valid, and odd in every way a serialiser would smooth: spaces, escapes, large and long numbers, unknown fields, nesting. */
const ANSWER = `{ "id":"chatcmpl-1",\t"object" : "chat.completion","created":1.7e9,
  "seed": 12345678901234567890, "score":1.0, "small": 1E-7, "model":"gpt-\\u0034o",
  "choices":[{"index":0,"message":{"role":"assistant","content":"caf\\u00e9 \\/ café 🌊 \\ud83c\\udf0a","annotations":[],"x_thoughts":{"a":[1,[2,[3]]]}},"finish_reason":"stop","x_choice":null}],
  "usage":{"prompt_tokens":5,"completion_tokens":3,"total_tokens":8,"x_cost":0.10},
  "x_unknown":{"deep":{"er":[{"a":1.50},{"__proto__":{"b":2}}]}} }
`;

const REQUEST = `{
  "x_before": {"__proto__": {"a": 1}, "list": [1.0, 1e2, 12345678901234567890, -0, 0.30000000000000004]},
  "messages" : [ {"role":"user","content":"caf\\u00e9 \\/ café 🌊 \\ud83c\\udf0a \\u0000", "x_part": null} ],
  "model" :  "smart",
  "temperature": 0.70, "logit_bias": {"50256": -100}, "x_routing": {"model": "not this one", "order": ["b","a"]},
  "stream_options": null, "metadata": {"k": "\\"model\\": \\"smart\\""}
}
`;

const EVENTS = [
  '{"id":"c1","object":"chat.completion.chunk","model":"gpt-\\u0034o","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"x_first":1.0}',
  '{"id":"c1", "choices":[{"index":0,"delta":{"content":"caf\\u00e9 🌊"},"logprobs":null}],"x_seed":12345678901234567890}',
  '{"id":"c1","choices":[{"index":0,"delta":{"reasoning_content":"hm","x_delta":{"a":[1]}}}], "obfuscation":"aaaa"}',
  '{"id":"c1","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"x_last":{"y":1e3}}',
  '{"id":"c1","choices":[],"usage":{"prompt_tokens":5,"completion_tokens":3,"total_tokens":8,"x_cost":0.10}}',
  '[DONE]',
];

async function start(t: TestContext, more = ''): Promise<{ proxy: Rig; upstream: Provider }> {
  const upstream = await provider(t);
  const proxy = await rig(t, {
    upstreams: [],
    providers: `providers: {a: {baseUrl: "${upstream.url}", apiKey: key-a${more}}}`,
    config: 'models: {smart: {targets: [a/gpt-4o]}}',
  });
  return { proxy, upstream };
}

function post(proxy: Rig, body: string, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${proxy.proxy.url}/v1/chat/completions`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', authorization: 'Bearer client-secret', ...headers },
  });
}

test('a request goes upstream byte for byte but for the name of the model', async (t) => {
  const { proxy, upstream } = await start(t);

  const response = await post(proxy, REQUEST);

  assert.equal(response.status, 200);
  assert.equal(upstream.body.toString(), REQUEST.replace('"model" :  "smart"', '"model" :  "gpt-4o"'));
});

test('an answer comes back byte for byte', async (t) => {
  const { proxy } = await start(t);

  const response = await post(proxy, REQUEST);

  assert.equal(await response.text(), ANSWER);
});

for (const lineEnd of ['\n', '\r\n']) {
  test(`a stream comes back byte for byte (${JSON.stringify(lineEnd)})`, async (t) => {
    const { proxy, upstream } = await start(t);
    const stream = EVENTS.map((data) => `data: ${data}${lineEnd}${lineEnd}`).join('');
    upstream.answer = { headers: { 'content-type': 'text/event-stream' }, body: Buffer.from(stream) };

    const response = await post(
      proxy,
      '{"model":"smart","stream":true,"messages":[],"stream_options":{"include_usage":true}}',
    );

    assert.equal(await response.text(), stream);
    assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/);
  });
}

test('where the proxy asks for the usage itself, that is all that is added, and all that is taken out', async (t) => {
  const { proxy, upstream } = await start(t, ', streamUsage: true');
  const stream = EVENTS.map((data) => `data: ${data}\n\n`);
  upstream.answer = { headers: { 'content-type': 'text/event-stream' }, body: Buffer.from(stream.join('')) };
  const request = '{ "stream" : true, "x_field": 1.0, "model":"smart", "messages":[] }';

  const response = await post(proxy, request);

  assert.equal(await response.text(), stream.filter((event) => !event.includes('"usage"')).join(''));
  const sent = upstream.body.toString();
  const added = /,?"stream_options":\{"include_usage":true\},?/;
  assert.match(sent, added);
  assert.equal(sent.replace(added, ''), request.replace('smart', 'gpt-4o'));
});

test('unknown headers pass both ways; credentials and hop-by-hop headers pass neither way', async (t) => {
  const { proxy, upstream } = await start(t);
  upstream.answer = {
    headers: {
      'content-type': 'application/json',
      'x-request-id': 'req_1',
      'openai-processing-ms': '42',
      'x-ratelimit-remaining-requests': '7',
      'set-cookie': 'session=secret',
      'x-breakwater-target': 'forged',
      server: 'upstream/1.0',
    },
    body: Buffer.from(ANSWER),
  };

  const response = await post(proxy, REQUEST, {
    'x-custom': 'kept',
    'openai-beta': 'assistants=v2',
    cookie: 'client=secret',
    'x-api-key': 'client-secret',
    'x-breakwater-timeout': '30',
  });

  assert.equal(upstream.headers.authorization, 'Bearer key-a');
  assert.equal(upstream.headers['x-custom'], 'kept');
  assert.equal(upstream.headers['openai-beta'], 'assistants=v2');
  for (const name of ['cookie', 'x-api-key', 'x-breakwater-timeout']) {
    assert.equal(upstream.headers[name], undefined, name);
  }
  assert.equal(upstream.headers['accept-encoding'], 'identity');
  assert.equal(response.headers.get('x-request-id'), 'req_1');
  assert.equal(response.headers.get('openai-processing-ms'), '42');
  assert.equal(response.headers.get('x-ratelimit-remaining-requests'), '7');
  assert.equal(response.headers.get('set-cookie'), null);
  assert.equal(response.headers.get('server'), null);
  assert.equal(response.headers.get('x-breakwater-target'), 'a/gpt-4o');
});

test("a provider's finish reason for an answer that is none fails the try, streamed as well as whole", async (t) => {
  const { proxy, upstream } = await start(t);
  const choice =
    '{"index":0,"delta":{"content":"half"},"message":{"content":"half"},"finish_reason":"insufficient_system_resource"}';
  const whole = `{"id":"c1","choices":[${choice}]}`;
  for (const stream of [false, true]) {
    upstream.answer = stream
      ? { headers: { 'content-type': 'text/event-stream' }, body: Buffer.from(`data: ${whole}\n\ndata: [DONE]\n\n`) }
      : { headers: { 'content-type': 'application/json' }, body: Buffer.from(whole) };

    const response = await post(proxy, `{"model":"smart","messages":[],"stream":${stream}}`);

    assert.equal(response.status, 503, await response.text());
  }
});
