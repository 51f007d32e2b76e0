import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FAILURE_CLASSES, type Failure, type FailureClass } from '../../src/failures/failure.ts';
import { mostUseful } from '../../src/failures/most-useful.ts';

function failure(failureClass: FailureClass, retryAfterMs?: number, message = failureClass as string): Failure {
  return {
    class: failureClass,
    origin: 'upstream',
    message,
    maybeBilled: false,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

describe('the most useful failure of an exhausted chain', () => {
  const rows: readonly (readonly [string, readonly FailureClass[], FailureClass])[] = [
    ['what all agree on', ['context_length', 'context_length'], 'context_length'],
    ['a busy target that could have taken it beats a full window', ['context_length', 'overloaded'], 'overloaded'],
    ['a full window beats a target that stays broken', ['context_length', 'upstream_auth'], 'context_length'],
    ['what ended the chain', ['server_error', 'invalid_request'], 'invalid_request'],
    ['a blocked text', ['overloaded', 'content_blocked'], 'content_blocked'],
    ['429 stays 429', ['rate_limited', 'server_error', 'connect'], 'rate_limited'],
    ['what passes beats money', ['quota_exhausted', 'server_error'], 'server_error'],
    ['what passes beats a wrong key', ['upstream_auth', 'timeout'], 'timeout'],
    ['money beats a wrong model', ['model_not_found', 'quota_exhausted'], 'quota_exhausted'],
    [
      'a missing capability beats a missing model',
      ['capability_unsupported', 'model_not_found'],
      'capability_unsupported',
    ],
    ['the client left', ['server_error', 'client_cancelled'], 'client_cancelled'],
  ];
  for (const [what, classes, expected] of rows) {
    test(`${what}: ${classes.join(', ')}`, () => {
      assert.equal(mostUseful(classes.map((one) => failure(one))).class, expected);
      assert.equal(mostUseful(classes.toReversed().map((one) => failure(one))).class, expected);
    });
  }

  test('of several of one class is the last', () => {
    assert.equal(
      mostUseful([failure('timeout', undefined, 'first'), failure('timeout', undefined, 'second')]).message,
      'second',
    );
  });

  test('carries the least wait over all targets that may come back', () => {
    assert.equal(
      mostUseful([failure('rate_limited', 30_000), failure('rate_limited', 4_000), failure('overloaded', 9_000)])
        .retryAfterMs,
      4_000,
    );
    assert.equal(mostUseful([failure('rate_limited', 30_000), failure('overloaded', 9_000)]).retryAfterMs, 9_000);
    assert.equal(mostUseful([failure('rate_limited'), failure('quota_exhausted', 1_000)]).retryAfterMs, undefined);
  });

  test('of nothing is that nothing could be asked', () => {
    assert.equal(mostUseful([]).class, 'no_target_open');
  });

  test('knows every class: alone each is itself', () => {
    for (const failureClass of FAILURE_CLASSES) assert.equal(mostUseful([failure(failureClass)]).class, failureClass);
    const worst = FAILURE_CLASSES.map((one) => mostUseful([failure(one), failure('model_not_found')]).class);
    assert.deepEqual(worst, FAILURE_CLASSES);
  });
});
