import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { errors } from 'undici';
import { classifyNetworkError, type NetworkPhase } from '../../src/failures/classify.ts';
import { type Failure, type FailureClass, UpstreamFailure } from '../../src/failures/failure.ts';

function coded(code: string, message = 'connect ECONNREFUSED 10.1.2.3:8000'): Error {
  return Object.assign(new Error(message), { code });
}

describe('an error of node or undici', () => {
  const table: readonly (readonly [string, unknown, NetworkPhase, FailureClass, boolean])[] = [
    ['refused', coded('ECONNREFUSED'), 'connect', 'connect', false],
    ['no route', coded('EHOSTUNREACH'), 'connect', 'connect', false],
    [
      'all addresses refused',
      Object.assign(new AggregateError([coded('ECONNREFUSED'), coded('ECONNREFUSED')]), { code: 'ECONNREFUSED' }),
      'connect',
      'connect',
      false,
    ],
    [
      'several addresses, no code of its own',
      new AggregateError([coded('ENETUNREACH'), coded('ETIMEDOUT')]),
      'connect',
      'connect',
      false,
    ],
    [
      'connect timeout',
      new errors.ConnectTimeoutError('attempted addresses: 10.1.2.3:443'),
      'connect',
      'connect',
      false,
    ],
    ['the kernel gave up connecting', coded('ETIMEDOUT'), 'connect', 'connect', false],
    ['reset while connecting', coded('ECONNRESET'), 'connect', 'connect', false],
    [
      'hung up in the handshake',
      coded('ECONNRESET', 'Client network socket disconnected before secure TLS connection was established'),
      'headers',
      'connect',
      false,
    ],
    ['unknown host', coded('ENOTFOUND', 'getaddrinfo ENOTFOUND internal.corp'), 'connect', 'dns', false],
    ['resolver down', coded('EAI_AGAIN'), 'connect', 'dns', false],
    ['expired certificate', coded('CERT_HAS_EXPIRED'), 'connect', 'tls', false],
    ['self-signed', coded('DEPTH_ZERO_SELF_SIGNED_CERT'), 'connect', 'tls', false],
    ['wrong name', coded('ERR_TLS_CERT_ALTNAME_INVALID'), 'connect', 'tls', false],
    ['plain HTTP at the other end', coded('ERR_SSL_WRONG_VERSION_NUMBER'), 'connect', 'tls', false],
    ['a broken record in the answer', coded('ERR_SSL_BAD_RECORD_MAC'), 'body', 'reset', true],
    ['a TLS proxy on the way', new errors.SecureProxyConnectionError(coded('X'), 'no'), 'connect', 'tls', false],
    ['reset before headers', coded('ECONNRESET'), 'headers', 'reset', true],
    ['broken pipe', coded('EPIPE'), 'request', 'reset', true],
    ['other side closed', new errors.SocketError('other side closed'), 'headers', 'reset', true],
    ['cut in the body', new errors.SocketError('other side closed'), 'body', 'reset', true],
    ['shorter than announced', new errors.ResponseContentLengthMismatchError(), 'body', 'reset', true],
    ['header timeout', new errors.HeadersTimeoutError(), 'headers', 'timeout', true],
    ['body timeout', new errors.BodyTimeoutError(), 'body', 'timeout', true],
    ['AbortSignal.timeout', new DOMException('timed out', 'TimeoutError'), 'headers', 'timeout', true],
    [
      'not HTTP',
      Object.assign(new errors.HTTPParserError('Expected HTTP/'), { code: 'HPE_INVALID_CONSTANT' }),
      'headers',
      'server_error',
      true,
    ],
    ['not HTTP, no code', new errors.HTTPParserError('bad'), 'headers', 'server_error', true],
    ['a body that ends before its time', new errors.HTTPParserError('bad'), 'body', 'reset', true],
    ['headers without end', new errors.HeadersOverflowError(), 'headers', 'server_error', true],
    ['undecodable', coded('Z_DATA_ERROR'), 'body', 'invalid_answer', true],
    ['aborted', new errors.RequestAbortedError(), 'headers', 'client_cancelled', true],
    ['aborted by signal', new DOMException('aborted', 'AbortError'), 'connect', 'client_cancelled', false],
    ['the pool was closed', new errors.ClientClosedError(), 'connect', 'connect', false],
    [
      "fetch's wrapping",
      Object.assign(new TypeError('fetch failed'), { cause: coded('ECONNREFUSED') }),
      'connect',
      'connect',
      false,
    ],
    [
      'a socket error with a cause',
      Object.assign(new errors.SocketError('x'), { cause: coded('CERT_HAS_EXPIRED') }),
      'connect',
      'tls',
      false,
    ],
  ];
  for (const [what, error, phase, expected, maybeBilled] of table) {
    test(`${what} (${phase}): ${expected}`, () => {
      const failure = classifyNetworkError(error, phase);
      assert.equal(failure.class, expected);
      assert.equal(failure.maybeBilled, maybeBilled);
      assert.doesNotMatch(failure.message, /10\.1\.2\.3|internal\.corp|8000/);
    });
  }

  test("this proxy's own mistakes are its own", () => {
    for (const error of [
      new TypeError('x is not a function'),
      new errors.InvalidArgumentError('bad'),
      coded('ERR_INVALID_CHAR'),
      'text',
      null,
      undefined,
      7,
    ]) {
      const failure = classifyNetworkError(error, 'connect');
      assert.equal(failure.origin, 'proxy');
      assert.equal(failure.code, 'internal_error');
    }
  });

  test('a failure thrown through the socket is that failure', () => {
    const failure: Failure = {
      class: 'timeout',
      origin: 'proxy',
      message: 'late',
      code: 'stall_timeout',
      maybeBilled: true,
    };
    assert.equal(classifyNetworkError(new UpstreamFailure(failure), 'body'), failure);
    assert.equal(
      classifyNetworkError(Object.assign(new Error('x'), { cause: new UpstreamFailure(failure) }), 'body'),
      failure,
    );
  });

  test('a cause that is its own cause ends', () => {
    const error: Error & { cause?: unknown } = new Error('loop');
    error.cause = error;
    assert.equal(classifyNetworkError(error, 'headers').origin, 'proxy');
  });
});
