import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { classifyResponse } from '../../src/failures/classify.ts';
import type { ErrorContext } from '../../src/failures/client-error.ts';
import { FAILURE_CLASSES, type Failure, type FailureClass } from '../../src/failures/failure.ts';
import { OWN_ERRORS, type OwnErrorCode, ownFailure } from '../../src/failures/own-errors.ts';
import { renderOpenAiError, renderOpenAiStreamError } from '../../src/failures/render-openai.ts';

const attempts = [{ target: 'openai/gpt-4o', outcome: 'server_error', status: 500, ms: 12 }] as const;
const context: ErrorContext = { requestId: 'req-1', attempts, spent: true };

function failure(failureClass: FailureClass, more: Partial<Failure> = {}): Failure {
  return { class: failureClass, origin: 'upstream', message: 'It failed.', maybeBilled: false, ...more };
}

describe('what the client is told', () => {
  const table: readonly (readonly [FailureClass, number, string])[] = [
    ['invalid_request', 400, 'invalid_request'],
    ['capability_unsupported', 400, 'capability_unsupported'],
    ['context_length', 400, 'context_length_exceeded'],
    ['payload_too_large', 413, 'request_too_large'],
    ['request_over_tpm', 429, 'request_over_tpm'],
    ['content_blocked', 400, 'content_filter'],
    ['upstream_auth', 502, 'upstream_auth_error'],
    ['model_not_found', 404, 'model_not_found'],
    ['quota_exhausted', 429, 'insufficient_quota'],
    ['rate_limited', 429, 'rate_limit_exceeded'],
    ['overloaded', 503, 'server_is_overloaded'],
    ['server_error', 502, 'upstream_error'],
    ['model_not_ready', 503, 'model_not_ready'],
    ['connect', 502, 'upstream_unreachable'],
    ['dns', 502, 'upstream_unreachable'],
    ['tls', 502, 'upstream_tls_error'],
    ['reset', 502, 'upstream_connection_lost'],
    ['timeout', 504, 'upstream_timeout'],
    ['invalid_answer', 502, 'upstream_invalid_answer'],
    ['stream_broken', 502, 'upstream_stream_interrupted'],
    ['client_cancelled', 499, 'client_cancelled'],
    ['no_target_open', 503, 'no_target_open'],
    ['own_limit', 429, 'own_limit'],
  ];
  for (const [failureClass, status, code] of table) {
    test(`${failureClass}: ${status} ${code}`, () => {
      const rendered = renderOpenAiError(failure(failureClass), context);
      assert.equal(rendered.status, status);
      assert.equal(rendered.body.error.code, code);
      assert.equal(rendered.body.error.breakwater.class, failureClass);
      assert.deepEqual(rendered.body.error.breakwater.attempts, attempts);
    });
  }

  test('every class is in the table above', () => {
    assert.deepEqual(
      FAILURE_CLASSES.filter((one) => !table.some(([failureClass]) => failureClass === one)),
      [],
    );
  });

  test('has the shape the SDKs read, and all of it', () => {
    const { headers, body } = renderOpenAiError(failure('server_error', { status: 500 }), context);
    assert.deepEqual(body, {
      error: {
        message: 'It failed.',
        type: 'server_error',
        param: null,
        code: 'upstream_error',
        breakwater: { class: 'server_error', origin: 'upstream', retryable: true, attempts },
      },
    });
    assert.equal(headers['x-breakwater-request-id'], 'req-1');
  });

  test("a wrong request keeps the upstream's status, code and field", () => {
    const wrong = failure('invalid_request', { status: 422, code: 'invalid_value', param: 'messages[0].role' });
    const { status, body } = renderOpenAiError(wrong, context);
    assert.deepEqual([status, body.error.code, body.error.param], [422, 'invalid_value', 'messages[0].role']);
  });

  test('a wrong request never has a status that SDKs repeat', () => {
    for (const status of [200, 302, 408, 409, 429, 499, 500]) {
      assert.equal(renderOpenAiError(failure('invalid_request', { status }), context).status, 400);
    }
  });

  test("a refused key of the proxy is not blamed on the client's", () => {
    const body = Buffer.from(
      '{"error":{"message":"Incorrect API key provided: sk-abcdefgh.","code":"invalid_api_key"}}',
    );
    const refused = classifyResponse('openai', { status: 401, headers: {}, body }, 0);
    const rendered = renderOpenAiError(refused, context);
    assert.equal(rendered.status, 502);
    assert.doesNotMatch(rendered.body.error.message, /incorrect|sk-|your/i);
    assert.match(rendered.body.error.message, /The key sent with this request is not the reason/);
  });
});

describe('a context overflow', () => {
  const words: readonly (readonly [string, string])[] = [
    ['prompt is too long: 214356 tokens > 200000 maximum', '200000'],
    ['The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).', '1048576'],
    ['request (9211 tokens) exceeds the available context size (8192 tokens), try increasing it', '8192'],
    ['The prompt (total length 25938) is too long to fit into the model (context length 4096).', '4096'],
    ['The decoder prompt (length 10000) is longer than the maximum model length of 8192.', '8192'],
    ['`inputs` tokens + `max_new_tokens` must be <= 8193. Given: 9000 `inputs` tokens', '8193'],
  ];
  for (const [message, window] of words) {
    test(`says in the words clients look for: ${message.slice(0, 30)}...`, () => {
      const { body } = renderOpenAiError(failure('context_length', { message }), context);
      assert.equal(body.error.code, 'context_length_exceeded');
      assert.equal(body.error.message, `This model's maximum context length is ${window} tokens. ${message}`);
    });
  }

  test('says so too where no number is known', () => {
    const { body } = renderOpenAiError(
      failure('context_length', { message: 'Input is too long for requested model.' }),
      context,
    );
    assert.match(body.error.message, /^The request exceeds this model's maximum context length\. Input is/);
  });

  test('is left alone where the words are there', () => {
    const message = "This model's maximum context length is 8192 tokens. However, you requested 9000.";
    assert.equal(renderOpenAiError(failure('context_length', { message }), context).body.error.message, message);
  });
});

describe('whether to come back', () => {
  const headersFor = (one: Failure, more: Partial<ErrorContext> = {}) => {
    const { headers } = renderOpenAiError(one, { ...context, ...more });
    return { retryAfter: headers['retry-after'], shouldRetry: headers['x-should-retry'] };
  };
  const rows: readonly (readonly [string, Failure, Partial<ErrorContext>, string | undefined, string | undefined])[] = [
    ['attempts spent', failure('server_error'), {}, undefined, 'false'],
    ['attempts not spent', failure('server_error'), { spent: false }, undefined, undefined],
    ['a known wait', failure('rate_limited', { retryAfterMs: 7_000 }), {}, '7', undefined],
    ['a wait is rounded up', failure('rate_limited', { retryAfterMs: 1_001 }), {}, '2', undefined],
    [
      "the context's wait wins",
      failure('rate_limited', { retryAfterMs: 7_000 }),
      { retryAfterMs: 2_000 },
      '2',
      undefined,
    ],
    ['a minute', failure('rate_limited', { retryAfterMs: 60_000 }), {}, '60', undefined],
    ['more than a minute', failure('rate_limited', { retryAfterMs: 60_001 }), {}, undefined, 'false'],
    [
      'more than a minute, not spent',
      failure('overloaded', { retryAfterMs: 3_600_000 }),
      { spent: false },
      undefined,
      'false',
    ],
    ['a wait of nothing, spent', failure('overloaded', { retryAfterMs: 0 }), {}, undefined, 'false'],
    [
      'what waiting does not mend',
      failure('invalid_request', { retryAfterMs: 5_000 }),
      { spent: false },
      undefined,
      'false',
    ],
    ['money', failure('quota_exhausted', { retryAfterMs: 5_000 }), {}, undefined, 'false'],
    ['the next probe', failure('no_target_open', { retryAfterMs: 12_300, origin: 'proxy' }), {}, '13', undefined],
    [
      'shed by the proxy',
      ownFailure('proxy_overloaded', 'Too much.'),
      { spent: false, retryAfterMs: 1_000 },
      '1',
      undefined,
    ],
  ];
  for (const [what, one, more, retryAfter, shouldRetry] of rows) {
    test(what, () => assert.deepEqual(headersFor(one, more), { retryAfter, shouldRetry }));
  }
});

describe('an error in the stream', () => {
  const parse = (text: string) => {
    assert.match(text, /^data: .*\n\n$/);
    assert.equal(text.split('\n').length, 3);
    return JSON.parse(text.slice('data: '.length)).error;
  };

  test('after part of the answer is upstream_stream_interrupted', () => {
    const error = parse(
      renderOpenAiStreamError(failure('stream_broken', { code: 'ECONNRESET', origin: 'network' }), context),
    );
    assert.equal(error.code, 'upstream_stream_interrupted');
    assert.equal(error.breakwater.class, 'stream_broken');
  });

  test('before any of the answer is what it is', () => {
    assert.equal(parse(renderOpenAiStreamError(failure('context_length'), context)).code, 'context_length_exceeded');
  });

  test('holds no line break of its own', () => {
    parse(renderOpenAiStreamError(failure('stream_broken', { message: 'a\nb\r\n\r\ndata: x' }), context));
  });
});

describe("the proxy's own errors", () => {
  for (const code of Object.keys(OWN_ERRORS) as OwnErrorCode[]) {
    test(`${code} is rendered as its table says`, () => {
      const { status, body } = renderOpenAiError(ownFailure(code, 'Because.'), context);
      const entry = OWN_ERRORS[code];
      assert.deepEqual([status, body.error.code, body.error.type], [entry.status, entry.code, entry.type]);
      assert.equal(body.error.message, 'Because.');
      assert.notEqual(body.error.breakwater.origin, 'upstream');
    });
  }

  test('name the field', () => {
    assert.equal(renderOpenAiError(ownFailure('unknown_model', 'No.'), context).body.error.param, 'model');
    assert.equal(renderOpenAiError(ownFailure('missing', 'No.', 'messages'), context).body.error.param, 'messages');
  });

  test('are not taken for an upstream that uses the same word', () => {
    const theirs = failure('server_error', { code: 'internal_error', status: 500 });
    assert.equal(renderOpenAiError(theirs, context).body.error.code, 'upstream_error');
  });
});
