import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type HttpRequest, HttpRequestError, HttpRequestReader } from '../../src/simulator/http-request.ts';

const LENGTH = 'POST /a?b=c HTTP/1.1\r\nHost: x\r\nX-Two: 1\r\nx-two: 2\r\ncontent-length: 5\r\n\r\nhello';
const CHUNKED =
  'POST /b HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\nA;ext=1\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n';
const BARE = 'GET /c HTTP/1.1\r\nhost: x\r\n\r\n';

function readAll(pieces: readonly Buffer[]): HttpRequest[] {
  const reader = new HttpRequestReader();
  const requests: HttpRequest[] = [];
  for (const piece of pieces) {
    reader.push(piece);
    for (let request = reader.next(); request !== undefined; request = reader.next()) requests.push(request);
  }
  return requests;
}

describe('reading requests', () => {
  it('reads a body by its length and joins repeated headers', () => {
    const [request] = readAll([Buffer.from(LENGTH)]);
    assert.equal(request?.head.method, 'POST');
    assert.equal(request?.head.target, '/a?b=c');
    assert.deepEqual({ ...request?.head.headers }, { host: 'x', 'x-two': '1, 2', 'content-length': '5' });
    assert.equal(request?.body.toString(), 'hello');
  });

  it('reads a chunked body, its extensions and trailers aside', () => {
    assert.equal(readAll([Buffer.from(CHUNKED)])[0]?.body.toString(), 'abc0123456789');
  });

  it('reads pipelined requests however the bytes are split', () => {
    const bytes = Buffer.from(`\r\n${LENGTH}${CHUNKED}${BARE}${LENGTH}${BARE}`);
    const cuts = fc.uniqueArray(fc.integer({ min: 1, max: bytes.length - 1 }), { maxLength: 40 });
    fc.assert(
      fc.property(cuts, (places) => {
        const at = [0, ...places.toSorted((a, b) => a - b), bytes.length];
        const requests = readAll(at.slice(1).map((end, i) => bytes.subarray(at[i], end)));
        assert.deepEqual(
          requests.map(({ head, body }) => `${head.target} ${body}`),
          ['/a?b=c hello', '/b abc0123456789', '/c ', '/a?b=c hello', '/c '],
        );
      }),
    );
  });

  for (const [request, keepAlive] of [
    ['GET / HTTP/1.1\r\n\r\n', true],
    ['GET / HTTP/1.1\r\nConnection: Close\r\n\r\n', false],
    ['GET / HTTP/1.0\r\n\r\n', false],
    ['GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n', true],
  ] as const) {
    it(`${keepAlive ? 'keeps' : 'closes'} the connection after ${JSON.stringify(request)}`, () => {
      assert.equal(readAll([Buffer.from(request)])[0]?.head.keepAlive, keepAlive);
    });
  }

  for (const [what, bytes, status] of [
    ['garbage', 'hello world\r\n\r\n', 400],
    ['HTTP/2 without an upgrade', 'PRI * HTTP/2.0\r\n\r\n', 400],
    ['a header without a colon', 'GET / HTTP/1.1\r\nnonsense\r\n\r\n', 400],
    ['a space before the colon', 'GET / HTTP/1.1\r\nhost : x\r\n\r\n', 400],
    ['a folded header', 'GET / HTTP/1.1\r\na: b\r\n c\r\n\r\n', 400],
    ['two lengths', 'POST / HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n', 400],
    ['a negative length', 'POST / HTTP/1.1\r\ncontent-length: -1\r\n\r\n', 400],
    ['length and chunks', 'POST / HTTP/1.1\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n', 400],
    ['an unknown coding', 'POST / HTTP/1.1\r\ntransfer-encoding: gzip, chunked\r\n\r\n', 501],
    ['a chunk size that is none', 'POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n', 400],
    ['a chunk longer than its size', 'POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n2\r\nabc\r\n', 400],
    ['a body too large', 'POST / HTTP/1.1\r\ncontent-length: 999999999\r\n\r\n', 413],
    ['a chunk too large', 'POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nffffffff\r\n', 413],
    ['a head without end', `GET / HTTP/1.1\r\n${'a: b\r\n'.repeat(20_000)}`, 431],
    ['a chunk size line without end', `POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n${'1'.repeat(2000)}`, 400],
  ] as const) {
    it(`refuses ${what} with ${status}`, () => {
      assert.throws(
        () => readAll([Buffer.from(bytes)]),
        (error) => error instanceof HttpRequestError && error.status === status,
      );
    });
  }

  it('bounds the trailers too', () => {
    const endless = `POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n${'x'.repeat(70_000)}`;
    assert.throws(() => readAll([Buffer.from(endless)]), HttpRequestError);
  });
});
