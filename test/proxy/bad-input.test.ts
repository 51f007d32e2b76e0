import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { rig } from '../chaos/rig.ts';
import { assertHealthy, errorIn, GOOD, startTight } from './bad-input-rig.ts';
import { postBytes, RawHttp } from './raw-http.ts';

const KIB = 1024;

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
    const proxy = await startTight(t);
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
  const proxy = await startTight(t);
  const body = GOOD.replace('{', `{"x_deep":${'['.repeat(500)}${']'.repeat(500)},`);

  const response = await new RawHttp(t, proxy.proxy.url).send(postBytes(body)).response();

  assert.equal(response.status, 200);
});

const METHODS = ['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'];

for (const method of METHODS) {
  test(`${method} where a POST belongs: a 405 that says what is allowed`, async (t) => {
    const proxy = await startTight(t);

    const response = await fetch(`${proxy.proxy.url}/v1/chat/completions`, { method });

    assert.equal(response.status, 405);
    assert.equal(response.headers.get('allow'), 'POST');
    assert.equal(((await response.json()) as { error: { code: string } }).error.code, 'method_not_allowed');
    await assertHealthy(t, proxy);
  });
}

test('POST where a GET belongs: a 405 that says what is allowed', async (t) => {
  const proxy = await startTight(t);

  for (const path of ['/v1/models', '/v1/models/smart', '/healthz']) {
    const response = await fetch(proxy.proxy.url + path, { method: 'POST' });
    assert.equal(response.status, 405, path);
    assert.equal(response.headers.get('allow'), 'GET, HEAD');
  }
  await assertHealthy(t, proxy);
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

test('without a content type, or with another one, JSON is JSON', async (t) => {
  const proxy = await startTight(t);

  for (const type of [undefined, 'text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data']) {
    const response = await new RawHttp(t, proxy.proxy.url).send(postBytes(GOOD, { 'content-type': type })).response();
    assert.equal(response.status, 200, type);
  }
});
