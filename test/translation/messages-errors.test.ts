import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { APIError } from '@anthropic-ai/sdk';
import { FAILURE_CLASSES, type Failure, type FailureClass } from '../../src/failures/failure.ts';
import { ownFailure } from '../../src/failures/own-errors.ts';
import { renderAnthropicError, renderAnthropicStreamError } from '../../src/failures/render-anthropic.ts';
import { dataOf } from './translate.ts';

const CONTEXT = { requestId: 'req_1', attempts: [], spent: true };

function failure(failureClass: FailureClass, more: Partial<Failure> = {}): Failure {
  return { class: failureClass, origin: 'upstream', message: 'What went wrong.', maybeBilled: false, ...more };
}

const EXPECTED: Readonly<Record<FailureClass, readonly [number, string]>> = {
  invalid_request: [400, 'invalid_request_error'],
  capability_unsupported: [400, 'invalid_request_error'],
  context_length: [400, 'invalid_request_error'],
  payload_too_large: [413, 'request_too_large'],
  request_over_tpm: [429, 'rate_limit_error'],
  content_blocked: [400, 'invalid_request_error'],
  upstream_auth: [502, 'api_error'],
  model_not_found: [404, 'not_found_error'],
  quota_exhausted: [402, 'billing_error'],
  rate_limited: [429, 'rate_limit_error'],
  overloaded: [529, 'overloaded_error'],
  server_error: [502, 'api_error'],
  model_not_ready: [503, 'overloaded_error'],
  connect: [502, 'api_error'],
  dns: [502, 'api_error'],
  tls: [502, 'api_error'],
  reset: [502, 'api_error'],
  timeout: [504, 'timeout_error'],
  invalid_answer: [502, 'api_error'],
  stream_broken: [502, 'api_error'],
  client_cancelled: [499, 'api_error'],
  no_target_open: [503, 'overloaded_error'],
  own_limit: [429, 'rate_limit_error'],
};

describe("an error in Anthropic's shape", () => {
  for (const failureClass of FAILURE_CLASSES) {
    it(`${failureClass}: ${EXPECTED[failureClass].join(' ')}`, () => {
      const { status, headers, body } = renderAnthropicError(failure(failureClass), CONTEXT);
      assert.deepEqual([status, body.error.type], EXPECTED[failureClass]);
      assert.equal(body.type, 'error');
      assert.equal(body.request_id, 'req_1');
      assert.equal(headers['request-id'], 'req_1');
      assert.equal(body.error.breakwater.class, failureClass);
    });
  }

  for (const [status, type] of [
    [401, 'authentication_error'],
    [403, 'permission_error'],
    [422, 'invalid_request_error'],
  ] as const) {
    it(`passes an upstream's own ${status} on as ${type}`, () => {
      const rendered = renderAnthropicError(failure('invalid_request', { status }), CONTEXT);
      assert.deepEqual([rendered.status, rendered.body.error.type], [status, type]);
    });
  }

  it('has the words that clients of both kinds look for when the prompt is too long', () => {
    for (const message of [
      'prompt is too long: 208310 tokens > 200000 maximum',
      "This model's maximum context length is 128000 tokens. However, you requested 130000.",
      'input too big',
    ]) {
      const { body } = renderAnthropicError(failure('context_length', { message }), CONTEXT);
      assert.match(body.error.message, /prompt is too long/i);
      assert.match(body.error.message, /maximum context length/);
      assert.ok(body.error.message.includes(message));
    }
  });

  it("names the field of the proxy's own refusal", () => {
    const { status, body } = renderAnthropicError(ownFailure('wrong_type', 'Wrong.', 'messages[0]'), CONTEXT);
    assert.deepEqual([status, body.error.type, body.error.param], [400, 'invalid_request_error', 'messages[0]']);
  });

  it('is an event in a stream, as the SDK reads it', () => {
    const stream = renderAnthropicStreamError(failure('stream_broken'), CONTEXT);
    assert.ok(stream.startsWith('event: error\ndata: {') && stream.endsWith('}\n\n'));
    const [body] = dataOf(stream) as [object];
    const error = new APIError(undefined, body, undefined, new Headers(), 'api_error');
    assert.equal(error.type, 'api_error');
  });
});
