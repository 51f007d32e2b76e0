import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createServer } from '../../src/proxy/server.ts';
import { until } from '../chaos/until.ts';
import { assertHealthy, errorIn, GOOD, startTight } from './bad-input-rig.ts';
import { postBytes, RawHttp } from './raw-http.ts';

const KIB = 1024;

test('a body over the limit by its announced length: 413 before it is read', async (t) => {
  const proxy = await startTight(t);
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
  const proxy = await startTight(t);

  const response = await fetch(`${proxy.proxy.url}/v1/chat/completions`, {
    method: 'POST',
    body: JSON.stringify({ model: 'smart', messages: [{ role: 'user', content: 'x'.repeat(200 * KIB) }] }),
  });

  assert.equal(response.status, 413);
  await assertHealthy(t, proxy);
});

test('a chunked body over the limit: 413 when it is passed, without reading it all', async (t) => {
  const proxy = await startTight(t);
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
  const proxy = await startTight(t);
  const connection = new RawHttp(t, proxy.proxy.url);
  connection.send(postBytes('', { 'content-length': undefined, 'transfer-encoding': 'chunked' }));
  for (const letter of GOOD) connection.send(`1\r\n${letter}\r\n`);

  const response = await connection.send('0\r\n\r\n').response();

  assert.equal(response.status, 200);
});

test('a bomb of headers: 431', async (t) => {
  const proxy = await startTight(t);

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
    const proxy = await startTight(t);
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
  const proxy = await startTight(t);
  const connection = new RawHttp(t, proxy.proxy.url);
  connection.send(postBytes(GOOD).subarray(0, -10));
  await until('its request was taken in', () => proxy.proxy.runtime.inFlight === 1);

  connection.socket.destroy();

  await assertHealthy(t, proxy);
});

test('a body that comes byte by byte is served', async (t) => {
  const proxy = await startTight(t);
  const connection = new RawHttp(t, proxy.proxy.url);
  for (const byte of postBytes(GOOD)) {
    connection.send(Buffer.from([byte]));
    await new Promise((resolve) => setImmediate(resolve));
  }

  assert.equal((await connection.response()).status, 200);
});

test('a request that never arrives whole is given up with a 408, and its place with it', async (t) => {
  const proxy = await startTight(t);
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
  const proxy = await startTight(t);
  const connection = new RawHttp(t, proxy.proxy.url, { allowHalfOpen: true }).send('garbage\r\n\r\n');
  assert.equal((await connection.response()).status, 400);

  const poke = setInterval(() => connection.send('x'), 20);
  t.after(() => clearInterval(poke));

  await connection.closed();
});

test('expect: 100-continue is answered before the body is sent', async (t) => {
  const proxy = await startTight(t);
  const connection = new RawHttp(t, proxy.proxy.url);
  const bytes = postBytes(GOOD, { expect: '100-continue' });

  connection.send(bytes.subarray(0, -GOOD.length));
  assert.equal((await connection.response()).status, 100);
  connection.send(GOOD);

  assert.equal((await connection.response()).status, 200);
});

test('pipelined requests are answered in their order, bad ones among them', async (t) => {
  const proxy = await startTight(t);
  const connection = new RawHttp(t, proxy.proxy.url);
  connection.send(
    Buffer.concat([postBytes(GOOD), postBytes('{'), postBytes(GOOD), postBytes(GOOD, {}, '/nowhere'), postBytes(GOOD)]),
  );

  const statuses: number[] = [];
  for (let i = 0; i < 5; i++) statuses.push((await connection.response()).status);

  assert.deepEqual(statuses, [200, 400, 200, 404, 200]);
});
