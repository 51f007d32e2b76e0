import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { classifyErrorBody, classifyResponse } from '../../src/failures/classify.ts';
import { PROVIDER_FAMILIES } from '../../src/failures/family.ts';
import { compileRules } from '../../src/failures/rules/rule.ts';
import { RECORDED_SHAPES } from './recorded-shapes.ts';
import { NOW, type RecordedShape } from './shapes/shape.ts';

function bytes(body: unknown): Uint8Array {
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

function classify(shape: RecordedShape) {
  return classifyResponse(
    shape.family,
    { status: shape.status, headers: shape.headers ?? {}, body: bytes(shape.body) },
    NOW,
  );
}

describe('an error as a provider sends it', () => {
  for (const shape of RECORDED_SHAPES) {
    test(`${shape.family} ${shape.status}, ${shape.what}: ${shape.class}`, () => {
      const failure = classify(shape);
      assert.equal(failure.class, shape.class);
      assert.equal(failure.origin, 'upstream');
      assert.equal(failure.status, shape.status);
      assert.ok(failure.message.length > 0);
      if (shape.code !== undefined) assert.equal(failure.code, shape.code);
      if (shape.retryAfterMs === 'none') assert.equal(failure.retryAfterMs, undefined);
      else if (shape.retryAfterMs !== undefined) assert.equal(failure.retryAfterMs, shape.retryAfterMs);
    });
  }

  for (const event of ['data: ', 'event: error\ndata: ', 'event: error\r\ndata:', '\n\ndata: ']) {
    test(`as an event of the stream it was to be (${JSON.stringify(event)}): it is read all the same`, () => {
      const body = `${event}${JSON.stringify({ error: { message: 'No more.', type: 'insufficient_quota' } })}\n\n`;
      const failure = classifyResponse('openai', { status: 429, headers: {}, body: bytes(body) }, NOW);
      assert.deepEqual([failure.class, failure.message], ['quota_exhausted', 'No more.']);
    });
  }

  test('every family has recorded shapes', () => {
    const seen = new Set(RECORDED_SHAPES.map((shape) => shape.family));
    assert.deepEqual(
      PROVIDER_FAMILIES.filter((family) => !seen.has(family)),
      [],
    );
  });

  test('a gateway that passes on a provider unnamed is understood as far as the names reach', () => {
    const misread = RECORDED_SHAPES.filter((shape) => {
      const { class: asGeneric } = classifyResponse(
        'generic',
        { status: shape.status, headers: shape.headers ?? {}, body: bytes(shape.body) },
        NOW,
      );
      return asGeneric !== shape.class;
    });
    assert.deepEqual(
      misread.map((shape) => `${shape.family}: ${shape.what}`),
      [],
    );
  });
});

describe('what a client may read of it', () => {
  const messageOf = (body: unknown, status = 401) =>
    classifyResponse('openai', { status, headers: {}, body: bytes(body) }, NOW).message;

  const secrets: readonly (readonly [string, string, string])[] = [
    ['a key', 'Incorrect API key provided: sk-proj-abcdEFGH1234wxyz.', 'sk-proj-abcd'],
    ['a key with stars', 'Incorrect API key provided: sk-ab***wxyz.', 'wxyz'],
    ['the last letters of a key', 'Your api key: ****ab12 is invalid', 'ab12'],
    ['a Google key', 'API key AIzaSyD-1234567890abcdefghij is invalid', 'AIzaSyD'],
    ['an AWS key', 'The key AKIAIOSFODNN7EXAMPLE is unknown', 'AKIAIOSFODNN7'],
    ['a bearer token', 'got Authorization: Bearer abcdef0123456789abcdef', 'abcdef0123456789'],
    ['a token in a query', 'GET /v1?key=abc123def456ghi failed', 'abc123def456'],
    ['a password in a URL', 'cannot reach https://user:hunter2secret@gateway.example/v1', 'hunter2'],
    ['an organization', 'Rate limit reached in organization org-abcdefgh1234', 'org-abcdefgh1234'],
    ['a private address', 'dial tcp 10.1.2.3:8000: connect: connection refused', '10.1.2.3'],
    ['a loopback address', 'proxying to 127.0.0.1:9000 failed', '127.0.0.1'],
    ['a cluster name', 'lookup vllm-7.models.svc.cluster.local:8000 failed', 'models.svc'],
  ];
  for (const [what, message, secret] of secrets) {
    test(`${what} is taken out of the message`, () => {
      const shown = messageOf({ error: { message, type: 'x', code: 'y' } });
      assert.ok(!shown.includes(secret), shown);
      assert.ok(shown.includes('['), shown);
    });
  }

  test('ordinary words stay as they are', () => {
    const message =
      "This model's maximum context length is 8192 tokens. However, your messages (risk-adjusted) resulted in 9214 tokens.";
    assert.equal(messageOf({ error: { message } }, 400), message);
  });

  test('a web page is not shown, a line of text is', () => {
    assert.equal(
      messageOf('<html><body>secret page</body></html>', 502),
      'The upstream answered HTTP 502 with a web page.',
    );
    assert.equal(messageOf('no healthy upstream', 502), 'The upstream answered HTTP 502: no healthy upstream');
    assert.equal(messageOf('', 500), 'The upstream answered HTTP 500 with an empty body.');
  });

  test('a long message is cut, and control characters become blanks', () => {
    const shown = messageOf({ error: { message: `a\u0000b\r\n${'x'.repeat(50_000)}` } }, 400);
    assert.ok(shown.startsWith('a b  xxx'));
    assert.ok(shown.length <= 2_001);
  });

  test("an aggregator's empty phrase gives way to the provider's own words", () => {
    const raw = JSON.stringify({ error: { message: 'top_p must be at most 1' } });
    const body = { error: { message: 'Provider returned error', code: 400, metadata: { raw, provider_name: 'Acme' } } };
    const failure = classifyResponse('openrouter', { status: 400, headers: {}, body: bytes(body) }, NOW);
    assert.equal(failure.message, 'top_p must be at most 1');
  });

  test('the field at fault is kept', () => {
    const failure = classifyResponse(
      'openai',
      {
        status: 400,
        headers: {},
        body: bytes({ error: { message: 'no', param: 'messages[0].role', code: 'invalid_value' } }),
      },
      NOW,
    );
    assert.equal(failure.param, 'messages[0].role');
  });
});

describe('a redirect', () => {
  for (const status of [301, 302, 307, 308]) {
    test(`${status} is a server error that says so, and where it points is not told`, () => {
      const failure = classifyResponse(
        'openai',
        { status, headers: { location: 'http://10.0.0.1/login' }, body: bytes('') },
        NOW,
      );
      assert.equal(failure.class, 'server_error');
      assert.equal(failure.code, 'redirect');
      assert.match(failure.message, new RegExp(`redirect \\(HTTP ${status}\\)`));
      assert.ok(!failure.message.includes('10.0.0.1'));
    });
  }
});

describe('an error inside a 200 or a stream', () => {
  const table: readonly (readonly [string, Parameters<typeof classifyErrorBody>[0], unknown, string])[] = [
    [
      'OpenAI chunk, overloaded',
      'openai',
      { error: { message: 'busy', type: 'server_error', code: 'server_is_overloaded' } },
      'overloaded',
    ],
    [
      'OpenAI chunk, server_error',
      'openai',
      { error: { message: 'The server had an error', type: 'server_error', param: null, code: null } },
      'server_error',
    ],
    [
      'OpenAI chunk, rate limit',
      'openai',
      { error: { message: 'Rate limit reached', type: 'tokens', code: 'rate_limit_exceeded' } },
      'rate_limited',
    ],
    [
      'Responses event `error`',
      'openai',
      { type: 'error', code: 'rate_limit_exceeded', message: 'Rate limit reached', param: null, sequence_number: 3 },
      'rate_limited',
    ],
    [
      'Responses event `response.failed`',
      'openai',
      {
        type: 'response.failed',
        response: { status: 'failed', error: { code: 'server_error', message: 'The model failed.' } },
      },
      'server_error',
    ],
    [
      'Anthropic event, overloaded',
      'anthropic',
      { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
      'overloaded',
    ],
    [
      'Anthropic event, api_error',
      'anthropic',
      { type: 'error', error: { type: 'api_error', message: 'Internal server error' } },
      'server_error',
    ],
    [
      'Anthropic event, prompt too long',
      'anthropic',
      { type: 'error', error: { type: 'invalid_request_error', message: 'prompt is too long: 2 tokens > 1 maximum' } },
      'context_length',
    ],
    ['OpenRouter 429 in a 200', 'openrouter', { error: { code: 429, message: 'Rate limited' } }, 'rate_limited'],
    [
      'OpenRouter 502 in a 200',
      'openrouter',
      { error: { code: 502, message: 'Provider returned error' } },
      'server_error',
    ],
    [
      'OpenRouter 402 in a 200',
      'openrouter',
      { error: { code: 402, message: 'Insufficient credits' } },
      'quota_exhausted',
    ],
    ['OpenRouter 408 in a 200', 'openrouter', { error: { code: 408, message: 'Timed out' } }, 'timeout'],
    [
      'OpenRouter chunk with its kind',
      'openrouter',
      {
        id: 'gen-1',
        choices: [],
        error: {
          code: 'server_error',
          message: 'Provider disconnected',
          metadata: { error_type: 'provider_overloaded' },
        },
      },
      'overloaded',
    ],
    [
      'vLLM chunk with an integer code',
      'vllm',
      { error: { object: 'error', message: 'bad', type: 'BadRequestError', code: 400 } },
      'invalid_request',
    ],
    ['Gemini chunk', 'gemini', [{ error: { code: 503, message: 'overloaded', status: 'UNAVAILABLE' } }], 'overloaded'],
    [
      'Gemini without a number',
      'gemini',
      { error: { message: 'quota', status: 'RESOURCE_EXHAUSTED' } },
      'rate_limited',
    ],
    ['Ollama line', 'ollama', { error: 'an error was encountered while running the model' }, 'server_error'],
    ['Bedrock event', 'bedrock', { __type: 'modelStreamErrorException', message: 'failed' }, 'server_error'],
    ['the bare error object', 'openai', { message: 'busy', code: 'slow_down' }, 'overloaded'],
    ['nothing known', 'generic', { error: { message: 'boom' } }, 'server_error'],
  ];
  for (const [what, family, value, expected] of table) {
    test(`${what}: ${expected}`, () => {
      const failure = classifyErrorBody(family, value, NOW);
      assert.equal(failure.class, expected);
      assert.equal(failure.maybeBilled, true);
    });
  }

  test('hints of the response it came in count', () => {
    const failure = classifyErrorBody('openai', { error: { code: 'rate_limit_exceeded' } }, NOW, {
      status: 200,
      headers: { 'retry-after': '3' },
    });
    assert.equal(failure.retryAfterMs, 3_000);
    assert.equal(failure.status, 200);
  });
});

test('a rule that looks at words alone is refused', () => {
  assert.throws(() => compileRules([{ says: /rate limit/, class: 'rate_limited' }]), /needs a status or a name/);
});
