import assert from 'node:assert/strict';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { createServer as createTlsServer } from 'node:tls';
import { type Dispatcher, Pool } from 'undici';
import { classifyNetworkError, type NetworkPhase } from '../../src/failures/classify.ts';
import type { Failure } from '../../src/failures/failure.ts';
import { selfSigned } from './certificate.ts';

/** Sends one POST and says what became of it, in the proxy's way: by undici's dispatch interface, the phase kept beside it. */
async function call(origin: string, options: Pool.Options = {}): Promise<Failure | 'answered'> {
  const pool = new Pool(origin, { connections: 1, headersTimeout: 0, bodyTimeout: 0, ...options });
  try {
    return await new Promise((resolve) => {
      let phase: NetworkPhase = 'connect';
      const handler: Dispatcher.DispatchHandler = {
        onRequestStart: () => {
          phase = 'headers';
        },
        onResponseStart: () => {
          phase = 'body';
        },
        onResponseData: () => undefined,
        onResponseEnd: () => resolve('answered'),
        onResponseError: (_controller, error) => resolve(classifyNetworkError(error, phase)),
      };
      pool.dispatch({ path: '/v1/chat/completions', method: 'POST', body: '{}' }, handler);
    });
  } finally {
    await pool.destroy();
  }
}

/** Runs a raw TCP server for the length of `run`. */
async function withServer<Result>(server: Server, run: (port: number) => Promise<Result>): Promise<Result> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', (error) => assert.ok(error));
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    return await run((server.address() as AddressInfo).port);
  } finally {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  }
}

function failed(result: Failure | 'answered'): Failure {
  assert.notEqual(result, 'answered');
  return result as Failure;
}

function noAddress(failure: Failure): void {
  assert.doesNotMatch(failure.message, /127\.0\.0\.1|localhost|:\d{4,5}/);
}

describe('a real socket that', () => {
  test('nobody listens at: connect, never sent', async () => {
    const port = await withServer(createServer(), async (open) => open);
    const failure = failed(await call(`http://127.0.0.1:${port}`));
    assert.equal(failure.class, 'connect');
    assert.equal(failure.code, 'ECONNREFUSED');
    assert.equal(failure.maybeBilled, false);
    noAddress(failure);
  });

  test('nobody listens at under any address of its name: connect', async () => {
    const port = await withServer(createServer(), async (open) => open);
    const failure = failed(await call(`http://localhost:${port}`));
    assert.equal(failure.class, 'connect');
    noAddress(failure);
  });

  test('has no name anybody knows: dns', async () => {
    const failure = failed(await call('http://breakwater-test.invalid'));
    assert.equal(failure.class, 'dns');
    assert.equal(failure.maybeBilled, false);
    assert.doesNotMatch(failure.message, /breakwater-test/);
  });

  test('resets when it has the request: reset, perhaps billed', async () => {
    const server = createServer((socket) => socket.once('data', () => socket.resetAndDestroy()));
    const failure = failed(await withServer(server, (port) => call(`http://127.0.0.1:${port}`)));
    assert.equal(failure.class, 'reset');
    assert.equal(failure.maybeBilled, true);
    noAddress(failure);
  });

  test('hangs up when it has the request: reset', async () => {
    const server = createServer((socket) => socket.once('data', () => socket.end()));
    const failure = failed(await withServer(server, (port) => call(`http://127.0.0.1:${port}`)));
    assert.equal(failure.class, 'reset');
  });

  test('hangs up in the middle of the body: reset', async () => {
    const server = createServer((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"choices":[')),
    );
    const failure = failed(await withServer(server, (port) => call(`http://127.0.0.1:${port}`)));
    assert.equal(failure.class, 'reset');
    assert.match(failure.message, /before the answer was complete/);
  });

  test('breaks off a chunked body: reset', async () => {
    const server = createServer((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n')),
    );
    const failure = failed(await withServer(server, (port) => call(`http://127.0.0.1:${port}`)));
    assert.equal(failure.class, 'reset');
  });

  test('speaks something else than HTTP: server_error', async () => {
    const server = createServer((socket) => socket.once('data', () => socket.end('SSH-2.0-OpenSSH_9.7\r\n')));
    const failure = failed(await withServer(server, (port) => call(`http://127.0.0.1:${port}`)));
    assert.equal(failure.class, 'server_error');
    assert.match(failure.message, /not HTTP/);
  });

  test('sends no headers in time: timeout', async () => {
    const server = createServer((socket) => socket.resume());
    const failure = failed(
      await withServer(server, (port) => call(`http://127.0.0.1:${port}`, { headersTimeout: 50 })),
    );
    assert.equal(failure.class, 'timeout');
    assert.equal(failure.maybeBilled, true);
  });

  test('speaks plain text where TLS was expected: tls', async () => {
    const server = createServer((socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')));
    const failure = failed(await withServer(server, (port) => call(`https://127.0.0.1:${port}`)));
    assert.equal(failure.class, 'tls');
    assert.equal(failure.maybeBilled, false);
  });

  test('hangs up in the TLS handshake: connect, never sent', async () => {
    const server = createServer((socket) => socket.once('data', () => socket.destroy()));
    const failure = failed(await withServer(server, (port) => call(`https://127.0.0.1:${port}`)));
    assert.equal(failure.class, 'connect');
    assert.equal(failure.maybeBilled, false);
  });
});

describe('a real certificate that', () => {
  const DAY = 86_400_000;
  const now = Date.now();

  async function callWith(pair: { key: string; cert: string }, connect: object, host = 'localhost'): Promise<Failure> {
    return failed(await withServer(createTlsServer(pair), (port) => call(`https://${host}:${port}`, { connect })));
  }

  test('nobody vouches for: tls, never sent', async () => {
    const failure = await callWith(selfSigned('localhost', now - DAY, now + DAY), {});
    assert.equal(failure.class, 'tls');
    assert.equal(failure.code, 'DEPTH_ZERO_SELF_SIGNED_CERT');
    assert.equal(failure.maybeBilled, false);
    noAddress(failure);
  });

  test('has expired: tls', async () => {
    const pair = selfSigned('localhost', now - 2 * DAY, now - DAY);
    const failure = await callWith(pair, { ca: pair.cert });
    assert.equal(failure.class, 'tls');
    assert.equal(failure.code, 'CERT_HAS_EXPIRED');
  });

  test('is made out to another name: tls', async () => {
    const pair = selfSigned('localhost', now - DAY, now + DAY);
    const failure = await callWith(pair, { ca: pair.cert }, '127.0.0.1');
    assert.equal(failure.class, 'tls');
    assert.equal(failure.code, 'ERR_TLS_CERT_ALTNAME_INVALID');
  });
});
