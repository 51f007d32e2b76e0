import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { createServer } from '../../src/proxy/server.ts';
import { type Rig, rig } from '../chaos/rig.ts';
import { until } from '../chaos/until.ts';
import { postBytes, RawHttp, type RawResponse } from './raw-http.ts';

const KIB = 1024;
const GOOD = '{"model":"smart","messages":[{"role":"user","content":"hello"}]}';

async function start(t: TestContext): Promise<Rig> {
  const proxy = await rig(t, {
    // Two providers: with one, any unknown name would be taken for a name of its own.
    upstreams: [{}, {}],
    config: `limits: {body: 64KiB, headers: 8KiB}
models: {smart: {targets: [a/sim-ok]}, small: {targets: [a/sim-ok]}}`,
  });
  return proxy;
}

/** The error body, in OpenAI's shape and whole. */
function errorIn(response: RawResponse): { message: string; type: string; param: string | null; code: string } {
  assert.match(response.headers['content-type'] ?? '', /^application\/json/);
  const { error, ...rest } = JSON.parse(response.body);
  assert.deepEqual(rest, {});
  assert.deepEqual(Object.keys(error).toSorted(), ['breakwater', 'code', 'message', 'param', 'type']);
  assert.ok(error.message.length > 10);
  assert.match(response.headers['x-breakwater-request-id'] ?? '', /^bw_/);
  return error;
}

/** After whatever was sent: nothing went upstream because of it, nothing is held, and a good request is answered. */
async function assertHealthy(t: TestContext, proxy: Rig): Promise<void> {
  const { runtime } = proxy.proxy;
  await until(
    'nothing is held',
    () => runtime.inFlight === 0 && runtime.bodyBytes === 0 && runtime.exchanges.size === 0,
  );
  const before = proxy.upstreams[0]?.requestCount;
  assert.equal(before, 0, 'nothing went upstream');
  const good = await new RawHttp(t, proxy.proxy.url).send(postBytes(GOOD)).response();
  assert.equal(good.status, 200);
  assert.equal(runtime.inFlight, 0);
}

interface Case {
  readonly what: string;
  readonly body: string | Buffer;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly status?: number;
  readonly code: string;
  readonly param?: string;
  readonly message?: RegExp;
}

const deep = (open: string, close: string) => open.repeat(10_000) + close.repeat(10_000);

const CASES: readonly Case[] = [
  { what: 'no body', body: '', code: 'invalid_json', message: /empty/ },
  {
    what: 'broken JSON',
    body: '{"model": "smart", "messages": [}',
    code: 'invalid_json',
    message: /line 1, column 33/,
  },
  { what: 'JSON cut off', body: '{"model": "smart", "mess', code: 'invalid_json', message: /ends too early/ },
  { what: 'a byte order mark', body: `\ufeff${GOOD}`, code: 'invalid_json', message: /byte order mark/ },
  {
    what: 'bytes that are no UTF-8',
    body: Buffer.from(GOOD.replace('hello', 'h\xff'), 'latin1'),
    code: 'invalid_json',
    message: /UTF-8/,
  },
  { what: 'an array', body: '[]', code: 'invalid_type', message: /object/ },
  { what: 'null', body: 'null', code: 'invalid_type' },
  { what: 'a string', body: '"hello"', code: 'invalid_type' },
  { what: 'no model', body: '{"messages":[]}', code: 'missing_required_parameter', param: 'model' },
  { what: 'an empty model', body: '{"model":"","messages":[]}', code: 'missing_required_parameter', param: 'model' },
  { what: 'a model that is a number', body: '{"model":7,"messages":[]}', code: 'invalid_type', param: 'model' },
  { what: 'no messages', body: '{"model":"smart"}', code: 'missing_required_parameter', param: 'messages' },
  {
    what: 'messages that are text',
    body: '{"model":"smart","messages":"hi"}',
    code: 'invalid_type',
    param: 'messages',
  },
  {
    what: 'stream as text',
    body: '{"model":"smart","messages":[],"stream":"yes"}',
    code: 'invalid_type',
    param: 'stream',
  },
  { what: 'n of 0', body: '{"model":"smart","messages":[],"n":0}', code: 'invalid_type', param: 'n' },
  { what: 'n of 1.5', body: '{"model":"smart","messages":[],"n":1.5}', code: 'invalid_type', param: 'n' },
  {
    what: 'max_tokens as text',
    body: '{"model":"smart","messages":[],"max_tokens":"9"}',
    code: 'invalid_type',
    param: 'max_tokens',
  },
  {
    what: 'stream_options as a list',
    body: '{"model":"smart","messages":[],"stream":true,"stream_options":[]}',
    code: 'invalid_type',
    param: 'stream_options',
  },
  {
    what: 'embeddings without input',
    path: '/v1/embeddings',
    body: '{"model":"smart"}',
    code: 'missing_required_parameter',
    param: 'input',
  },
  {
    what: 'a prompt that is a number',
    path: '/v1/completions',
    body: '{"model":"smart","prompt":3}',
    code: 'invalid_type',
    param: 'prompt',
  },
  { what: 'two models', body: '{"model":"small","messages":[],"model":"smart"}', code: 'ambiguous_parameter' },
  {
    what: 'two models, one escaped',
    body: '{"model":"small","messages":[],"mod\\u0065l":"smart"}',
    code: 'ambiguous_parameter',
  },
  { what: 'model and Model', body: '{"model":"small","messages":[],"Model":"smart"}', code: 'ambiguous_parameter' },
  { what: 'two ns', body: '{"model":"small","messages":[],"n":1,"n":100}', code: 'ambiguous_parameter' },
  {
    what: 'an unknown model',
    body: '{"model":"smrt","messages":[]}',
    status: 404,
    code: 'model_not_found',
    param: 'model',
    message: /Did you mean "smart"/,
  },
  {
    what: 'a model of an unknown provider',
    body: '{"model":"c/gpt","messages":[]}',
    status: 404,
    code: 'model_not_found',
    param: 'model',
  },
  {
    what: 'a very long model',
    body: `{"model":"${'x'.repeat(30_000)}","messages":[]}`,
    status: 404,
    code: 'model_not_found',
    param: 'model',
  },
  {
    what: 'a model that is a prototype key',
    body: '{"model":"__proto__","messages":[]}',
    status: 404,
    code: 'model_not_found',
    param: 'model',
  },
  { what: 'ten thousand open brackets', body: '['.repeat(10_000), code: 'invalid_json', message: /nested deeper/ },
  { what: 'ten thousand brackets', body: deep('[', ']'), code: 'invalid_json', message: /nested deeper/ },
  {
    what: 'a field nested ten thousand deep',
    body: GOOD.replace('{', `{"x":${deep('{"a":', '}')},`),
    code: 'invalid_json',
  },
  {
    what: 'a body that announces ten gigabytes',
    body: '',
    headers: { 'content-length': '10000000000' },
    status: 413,
    code: 'request_too_large',
  },
  {
    what: 'a gzip-encoded body',
    body: gzipSync(GOOD),
    headers: { 'content-encoding': 'gzip' },
    status: 415,
    code: 'unsupported_media_type',
    message: /gzip/,
  },
  {
    what: 'a malformed content type',
    body: GOOD,
    headers: { 'content-type': 'nonsense' },
    status: 415,
    code: 'unsupported_media_type',
    param: 'content-type',
  },
  {
    what: 'an unknown route',
    path: '/v1/chat/completion',
    body: GOOD,
    status: 404,
    code: 'unknown_url',
    message: /POST \/v1\/chat\/completion/,
  },
  {
    what: 'a route with a slash too many',
    path: '/v1//chat/completions',
    body: GOOD,
    status: 404,
    code: 'unknown_url',
  },
  { what: 'a malformed URL', path: '/v1/%zz', body: GOOD, status: 400, code: 'bad_request' },
];

for (const { what, body, path, headers, status = 400, code, param, message } of CASES) {
  test(`${what}: a ${status} that says so, and the proxy serves on`, async (t) => {
    const proxy = await start(t);
    const connection = new RawHttp(t, proxy.proxy.url);

    const response = await connection.send(postBytes(body, headers, path)).response();

    const error = errorIn(response);
    assert.equal(response.status, status);
    assert.equal(error.type, 'invalid_request_error');
    assert.equal(error.code, code);
    assert.equal(error.param, param ?? error.param);
    if (message !== undefined) assert.match(error.message, message);
    assert.equal(response.headers['x-should-retry'], 'false');
    assert.ok(response.body.length < 2 * KIB, 'a bad request is not quoted back at length');
    await assertHealthy(t, proxy);
    if (response.headers.connection === 'close') await connection.closed();
    else assert.equal((await connection.send(postBytes(GOOD)).response()).status, 200);
  });
}

test('a request nested a few hundred deep in a field nobody looks at passes', async (t) => {
  const proxy = await start(t);
  const body = GOOD.replace('{', `{"x_deep":${'['.repeat(500)}${']'.repeat(500)},`);

  const response = await new RawHttp(t, proxy.proxy.url).send(postBytes(body)).response();

  assert.equal(response.status, 200);
});

const METHODS = ['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'];

for (const method of METHODS) {
  test(`${method} where a POST belongs: a 405 that says what is allowed`, async (t) => {
    const proxy = await start(t);

    const response = await fetch(`${proxy.proxy.url}/v1/chat/completions`, { method });

    assert.equal(response.status, 405);
    assert.equal(response.headers.get('allow'), 'POST');
    assert.equal(((await response.json()) as { error: { code: string } }).error.code, 'method_not_allowed');
    await assertHealthy(t, proxy);
  });
}

test('POST where a GET belongs: a 405 that says what is allowed', async (t) => {
  const proxy = await start(t);

  for (const path of ['/v1/models', '/v1/models/smart', '/healthz']) {
    const response = await fetch(proxy.proxy.url + path, { method: 'POST' });
    assert.equal(response.status, 405, path);
    assert.equal(response.headers.get('allow'), 'GET, HEAD');
  }
  await assertHealthy(t, proxy);
});

test('a body over the limit by its announced length: 413 before it is read', async (t) => {
  const proxy = await start(t);
  const connection = new RawHttp(t, proxy.proxy.url);

  const response = await connection.send(postBytes('', { 'content-length': String(65 * KIB) })).response();

  assert.equal(response.status, 413);
  const error = errorIn(response);
  assert.equal(error.code, 'request_too_large');
  assert.match(error.message, /limits\.body/);
  await connection.closed();
  await assertHealthy(t, proxy);
});

test('a body over the limit that is sent all the same: 413', async (t) => {
  const proxy = await start(t);

  const response = await fetch(`${proxy.proxy.url}/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model: 'smart', messages: [{ role: 'user', content: 'x'.repeat(200 * KIB) }] }),
  });

  assert.equal(response.status, 413);
  await assertHealthy(t, proxy);
});

test('a chunked body over the limit: 413 when it is passed, without reading it all', async (t) => {
  const proxy = await start(t);
  const connection = new RawHttp(t, proxy.proxy.url);
  connection.send(postBytes('', { 'content-length': undefined, 'transfer-encoding': 'chunked' }));
  const chunk = `4000\r\n${'x'.repeat(0x4000)}\r\n`;

  for (let i = 0; i < 6; i++) connection.send(chunk);
  const response = await connection.response();

  assert.equal(response.status, 413);
  assert.equal(errorIn(response).code, 'request_too_large');
  await connection.closed();
  await assertHealthy(t, proxy);
});

test('a chunked body within the limit is served', async (t) => {
  const proxy = await start(t);
  const connection = new RawHttp(t, proxy.proxy.url);
  connection.send(postBytes('', { 'content-length': undefined, 'transfer-encoding': 'chunked' }));
  for (const letter of GOOD) connection.send(`1\r\n${letter}\r\n`);

  const response = await connection.send('0\r\n\r\n').response();

  assert.equal(response.status, 200);
});

test('a bomb of headers: 431', async (t) => {
  const proxy = await start(t);

  const response = await new RawHttp(t, proxy.proxy.url)
    .send(postBytes(GOOD, { 'x-bomb': 'x'.repeat(64 * KIB) }))
    .response();

  assert.equal(response.status, 431);
  assert.equal(errorIn(response).code, 'request_header_fields_too_large');
  await assertHealthy(t, proxy);
});

const GARBAGE = {
  'a TLS handshake': Buffer.from('16030100f1010000ed0303', 'hex'),
  'random bytes': Buffer.from(Array.from({ length: 200 }, (_, i) => (i * 197 + 31) % 256)),
  'an unknown protocol': 'SSH-2.0-OpenSSH_9.6\r\n\r\n',
  'a header without a colon': 'POST /v1/chat/completions HTTP/1.1\r\nhost proxy\r\n\r\n',
  'two lengths': 'POST /v1/chat/completions HTTP/1.1\r\nhost: p\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello',
  'a length and chunks':
    'POST /v1/chat/completions HTTP/1.1\r\nhost: p\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
  'a negative length': 'POST /v1/chat/completions HTTP/1.1\r\nhost: p\r\ncontent-length: -5\r\n\r\n',
  'a broken chunk': 'POST /v1/chat/completions HTTP/1.1\r\nhost: p\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
};

for (const [what, bytes] of Object.entries(GARBAGE)) {
  test(`${what}: a 400 and a closed connection`, async (t) => {
    const proxy = await start(t);
    const connection = new RawHttp(t, proxy.proxy.url).send(bytes);

    const response = await connection.response();

    assert.equal(response.status, 400);
    assert.equal(errorIn(response).type, 'invalid_request_error');
    assert.equal(response.headers.connection, 'close');
    await connection.closed();
    await assertHealthy(t, proxy);
  });
}

test('a client that leaves in the middle of its body holds nothing', async (t) => {
  const proxy = await start(t);
  const connection = new RawHttp(t, proxy.proxy.url);
  connection.send(postBytes(GOOD).subarray(0, -10));
  await until('its request was taken in', () => proxy.proxy.runtime.inFlight === 1);

  connection.socket.destroy();

  await assertHealthy(t, proxy);
});

test('a body that comes byte by byte is served', async (t) => {
  const proxy = await start(t);
  const connection = new RawHttp(t, proxy.proxy.url);
  for (const byte of postBytes(GOOD)) {
    connection.send(Buffer.from([byte]));
    await new Promise((resolve) => setImmediate(resolve));
  }

  assert.equal((await connection.response()).status, 200);
});

test('a request that never arrives whole is given up with a 408, and its place with it', async (t) => {
  const proxy = await start(t);
  const app = createServer(proxy.proxy.runtime);
  assert.ok(app.server.requestTimeout > 0 && app.server.headersTimeout > 0, 'neither is without an end');
  app.server.requestTimeout = 400;
  app.server.headersTimeout = 200;
  // Node reads it when it begins to listen; its types do not know the field.
  Object.assign(app.server, { connectionsCheckingInterval: 50 });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  t.after(() => app.close());
  const beginnings = [
    Buffer.from('POST /v1/chat/completions HTTP/1.1\r\nhost: p\r\nx-slow: '),
    postBytes(GOOD).subarray(0, -10),
  ];

  for (const beginning of beginnings) {
    // It keeps its own side open for ever.
    const connection = new RawHttp(t, url, { allowHalfOpen: true }).send(beginning);
    const response = await connection.response();
    assert.equal(response.status, 408);
    assert.equal(errorIn(response).code, 'request_timeout');
    await until('its place is free', () => proxy.proxy.runtime.inFlight === 0);
  }

  await assertHealthy(t, proxy);
});

test('a connection that was refused and is never closed by the client is closed by the proxy', async (t) => {
  const proxy = await start(t);
  const connection = new RawHttp(t, proxy.proxy.url, { allowHalfOpen: true }).send('garbage\r\n\r\n');
  assert.equal((await connection.response()).status, 400);

  const poke = setInterval(() => connection.send('x'), 20);
  t.after(() => clearInterval(poke));

  await connection.closed();
});

test('the model list takes any name, decoded once', async (t) => {
  const proxy = await rig(t, { upstreams: [{}, {}], config: 'models: {"we/ird%": {targets: [a/sim-ok]}}' });
  const statuses = await Promise.all(
    ['we%2Fird%25', 'a%2Fsim-ok', 'a/sim-ok', '%25', 'a/b%25', '%2525'].map(async (name) => {
      const response = await fetch(`${proxy.proxy.url}/v1/models/${name}`);
      return response.status;
    }),
  );

  assert.deepEqual(statuses, [200, 200, 200, 404, 200, 404]);
});

test('expect: 100-continue is answered before the body is sent', async (t) => {
  const proxy = await start(t);
  const connection = new RawHttp(t, proxy.proxy.url);
  const bytes = postBytes(GOOD, { expect: '100-continue' });

  connection.send(bytes.subarray(0, -GOOD.length));
  assert.equal((await connection.response()).status, 100);
  connection.send(GOOD);

  assert.equal((await connection.response()).status, 200);
});

test('pipelined requests are answered in their order, bad ones among them', async (t) => {
  const proxy = await start(t);
  const connection = new RawHttp(t, proxy.proxy.url);
  connection.send(
    Buffer.concat([postBytes(GOOD), postBytes('{'), postBytes(GOOD), postBytes(GOOD, {}, '/nowhere'), postBytes(GOOD)]),
  );

  const statuses: number[] = [];
  for (let i = 0; i < 5; i++) statuses.push((await connection.response()).status);

  assert.deepEqual(statuses, [200, 400, 200, 404, 200]);
});

test('without a content type, or with another one, JSON is JSON', async (t) => {
  const proxy = await start(t);

  for (const type of [undefined, 'text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
    const response = await new RawHttp(t, proxy.proxy.url).send(postBytes(GOOD, { 'content-type': type })).response();
    assert.equal(response.status, 200, type);
  }
});
