import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Endpoint } from '../../src/dialects/endpoint.ts';
import { checkAnswer, filteredAnswer, notAnEventStream } from '../../src/failures/check-answer.ts';
import type { FailureClass } from '../../src/failures/failure.ts';
import type { ProviderFamily } from '../../src/failures/family.ts';
import { NOW } from './shapes/shape.ts';

const JSON_TYPE = { 'content-type': 'application/json' };

function check(
  endpoint: Endpoint,
  body: unknown,
  family: ProviderFamily = 'openai',
  headers: Record<string, string> = JSON_TYPE,
) {
  const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  return checkAnswer(endpoint, family, headers, bytes, NOW);
}

const chat = (message: unknown, finish: string | null = 'stop') => ({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  choices: [{ index: 0, message, finish_reason: finish }],
});
const call = { id: 'call_1', type: 'function', function: { name: 'look', arguments: '{}' } };

describe('an HTTP 200 that is an answer', () => {
  const answers: readonly (readonly [string, Endpoint, unknown])[] = [
    ['text', 'chat', chat({ role: 'assistant', content: 'Hello' })],
    ['an empty text', 'chat', chat({ role: 'assistant', content: '' })],
    ['content parts', 'chat', chat({ role: 'assistant', content: [{ type: 'text', text: 'Hello' }] })],
    ['a tool call', 'chat', chat({ role: 'assistant', content: null, tool_calls: [call] }, 'tool_calls')],
    [
      'a tool call without a content key (Gemini)',
      'chat',
      chat({ role: 'assistant', tool_calls: [call] }, 'tool_calls'),
    ],
    [
      'a function call of the old kind',
      'chat',
      chat({ role: 'assistant', content: null, function_call: { name: 'look', arguments: '{}' } }, 'function_call'),
    ],
    ['a refusal', 'chat', chat({ role: 'assistant', content: null, refusal: 'No.' })],
    ['a voice', 'chat', chat({ role: 'assistant', content: null, audio: { id: 'a' } })],
    ['a text cut for length', 'chat', chat({ role: 'assistant', content: 'Hel' }, 'length')],
    [
      'thinking that used up all tokens',
      'chat',
      chat({ role: 'assistant', content: null, reasoning_content: 'hm' }, 'length'),
    ],
    ['no finish reason at all', 'chat', chat({ role: 'assistant', content: 'Hello' }, null)],
    ['a finish reason of next year', 'chat', chat({ role: 'assistant', content: 'Hello' }, 'satisfied')],
    ['`error: null` beside it', 'chat', { ...chat({ role: 'assistant', content: 'Hello' }), error: null }],
    ['`error: {}` beside it', 'chat', { ...chat({ role: 'assistant', content: 'Hello' }), error: {} }],
    ['a byte order mark before it', 'chat', `\ufeff${JSON.stringify(chat({ content: 'Hello' }))}`],
    ['a completion', 'completions', { choices: [{ text: 'Hello', finish_reason: 'stop' }] }],
    ['an empty completion', 'completions', { choices: [{ text: '', finish_reason: 'stop' }] }],
    ['embeddings', 'embeddings', { data: [{ index: 0, embedding: [0.1, -0.2] }] }],
    ['embeddings in base64', 'embeddings', { data: [{ index: 0, embedding: 'AAAAPw==' }] }],
  ];
  for (const [what, endpoint, body] of answers) {
    test(what, () => {
      const checked = check(endpoint, body);
      assert.ok('json' in checked, JSON.stringify(checked));
      assert.equal(checked.filtered, false);
    });
  }

  test('is handed on parsed', () => {
    const body = chat({ role: 'assistant', content: 'Hello' });
    const checked = check('chat', body);
    assert.deepEqual('json' in checked && checked.json, body);
  });
});

describe('an answer that a content filter ended', () => {
  const reasons = [
    'content_filter',
    'SAFETY',
    'PROHIBITED_CONTENT',
    'content_filter: PROHIBITED_CONTENT',
    'RECITATION',
  ];
  for (const reason of reasons) {
    test(`${reason}: passes, marked`, () => {
      for (const content of [null, 'Once upon']) {
        const checked = check('chat', chat({ role: 'assistant', content }, reason), 'azure');
        assert.ok('json' in checked);
        assert.equal(checked.filtered, true);
      }
    });
  }

  test('counts as content_blocked for a route that falls back on it', () => {
    assert.equal(filteredAnswer().class, 'content_blocked');
  });
});

describe('an HTTP 200 that is a failure', () => {
  const failures: readonly (readonly [string, Endpoint, unknown, FailureClass, string | undefined, ProviderFamily?])[] =
    [
      ['a web page', 'chat', '<html>Welcome to nginx!</html>', 'invalid_answer', 'not_json'],
      ['nothing', 'chat', '', 'invalid_answer', 'empty_body'],
      ['half an answer', 'chat', '{"choices":[{"message":{"content":"Hel', 'invalid_answer', 'not_json'],
      ['a stream nobody asked for', 'chat', 'data: {"choices":[]}\n\ndata: [DONE]\n\n', 'invalid_answer', 'not_json'],
      ['null', 'chat', 'null', 'invalid_answer', 'not_an_object'],
      ['a list', 'chat', '[]', 'invalid_answer', 'not_an_object'],
      ['a text', 'chat', '"ok"', 'invalid_answer', 'not_an_object'],
      ['an empty object', 'chat', {}, 'invalid_answer', 'no_choices'],
      ['no choices', 'chat', { choices: [] }, 'invalid_answer', 'no_choices'],
      ['choices that are none', 'chat', { choices: [null] }, 'invalid_answer', 'no_choices'],
      [
        'a choice without a message',
        'chat',
        { choices: [{ finish_reason: 'stop' }] },
        'invalid_answer',
        'empty_answer',
      ],
      ['null content', 'chat', chat({ role: 'assistant', content: null }), 'invalid_answer', 'empty_answer'],
      [
        'null content and no calls',
        'chat',
        chat({ role: 'assistant', content: null, tool_calls: [] }, 'tool_calls'),
        'invalid_answer',
        'empty_answer',
      ],
      [
        'thinking and then nothing',
        'chat',
        chat({ role: 'assistant', content: null, reasoning_content: 'hm' }),
        'invalid_answer',
        'empty_answer',
      ],
      [
        'one of two choices empty',
        'chat',
        { choices: [{ message: { content: 'a' } }, { message: { content: null } }] },
        'invalid_answer',
        'empty_answer',
      ],
      [
        'Gemini, a malformed call',
        'chat',
        chat({ role: 'assistant', extra_content: {} }, 'function_call_filter: MALFORMED_FUNCTION_CALL'),
        'invalid_answer',
        'function_call_filter: MALFORMED_FUNCTION_CALL',
        'gemini',
      ],
      [
        'Gemini, a malformed call with text',
        'chat',
        chat({ role: 'assistant', content: 'call:' }, 'MALFORMED_FUNCTION_CALL'),
        'invalid_answer',
        'MALFORMED_FUNCTION_CALL',
        'gemini',
      ],
      [
        'Gemini, no candidates',
        'chat',
        { object: 'chat.completion', usage: {} },
        'invalid_answer',
        'no_choices',
        'gemini',
      ],
      [
        'Gemini, the prompt was blocked',
        'chat',
        { promptFeedback: { blockReason: 'SAFETY' } },
        'content_blocked',
        'content_filter',
        'gemini',
      ],
      [
        'Gemini, an error in an array',
        'chat',
        [{ error: { code: 503, status: 'UNAVAILABLE', message: 'busy' } }],
        'overloaded',
        'UNAVAILABLE',
        'gemini',
      ],
      [
        'DeepSeek, out of machines',
        'chat',
        chat({ role: 'assistant', content: 'Hel' }, 'insufficient_system_resource'),
        'overloaded',
        undefined,
        'deepseek',
      ],
      [
        'a finish reason of error',
        'chat',
        chat({ role: 'assistant', content: 'Hel' }, 'error'),
        'invalid_answer',
        'error',
        'openrouter',
      ],
      [
        'an embedded error',
        'chat',
        { error: { message: 'busy', code: 'server_is_overloaded' } },
        'overloaded',
        'server_is_overloaded',
      ],
      [
        'an embedded error beside choices',
        'chat',
        { ...chat({ content: 'Hel' }), error: { code: 502, message: 'Provider returned error' } },
        'server_error',
        undefined,
        'openrouter',
      ],
      [
        'a failed choice',
        'chat',
        { choices: [{ message: { content: '' }, error: { code: 429, message: 'Rate limited' } }] },
        'rate_limited',
        undefined,
        'openrouter',
      ],
      ['a text for an error', 'chat', { error: 'model is busy' }, 'server_error', undefined, 'ollama'],
      [
        'a flat error',
        'chat',
        { object: 'error', message: 'bad', type: 'BadRequestError', code: 400 },
        'invalid_request',
        undefined,
        'vllm',
      ],
      [
        "Anthropic's shape",
        'chat',
        { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
        'overloaded',
        undefined,
        'anthropic',
      ],
      ["a balancer's words", 'chat', { code: 500, message: 'no backend' }, 'server_error', undefined],
      ["FastAPI's words", 'chat', { detail: 'Not authenticated' }, 'server_error', undefined],
      [
        'a completion without text',
        'completions',
        { choices: [{ finish_reason: 'stop' }] },
        'invalid_answer',
        'empty_answer',
      ],
      ['no embeddings', 'embeddings', { data: [] }, 'invalid_answer', 'no_data'],
      ['no data', 'embeddings', { object: 'list' }, 'invalid_answer', 'no_data'],
      ['an empty embedding', 'embeddings', { data: [{ embedding: [] }] }, 'invalid_answer', 'no_data'],
      ['an embedding of nulls', 'embeddings', { data: [{ embedding: [null, null] }] }, 'invalid_answer', 'no_data'],
      ['one of two embeddings missing', 'embeddings', { data: [{ embedding: [1] }, {}] }, 'invalid_answer', 'no_data'],
      [
        'an error for embeddings',
        'embeddings',
        { error: { message: 'x', code: 'rate_limit_exceeded' } },
        'rate_limited',
        undefined,
      ],
    ];
  for (const [what, endpoint, body, expected, code, family] of failures) {
    test(`${what}: ${expected}`, () => {
      const checked = check(endpoint, body, family);
      assert.ok('failure' in checked);
      assert.equal(checked.failure.class, expected);
      assert.equal(checked.failure.maybeBilled, true);
      if (code !== undefined) assert.equal(checked.failure.code, code);
    });
  }

  test('names the content type of what came instead', () => {
    const checked = check('chat', '<html>', 'openai', { 'content-type': 'text/html; charset=utf-8' });
    assert.ok('failure' in checked && checked.failure.message.includes('(text/html)'));
  });

  test('takes the hints of its headers', () => {
    const checked = check('chat', { error: { code: 429 } }, 'openrouter', { 'retry-after': '2' });
    assert.ok('failure' in checked);
    assert.equal(checked.failure.retryAfterMs, 2_000);
  });
});

describe('a 200 that should have been a stream', () => {
  const judge = (body: string) => notAnEventStream('openai', JSON_TYPE, Buffer.from(body), NOW);

  test('and is an error: that error', () => {
    assert.equal(judge('{"error":{"code":"server_is_overloaded","message":"busy"}}').class, 'overloaded');
  });

  test('and is a page, nothing, or a whole answer: invalid_answer', () => {
    for (const body of ['<html>', '', JSON.stringify(chat({ content: 'Hello' }))])
      assert.equal(judge(body).class, 'invalid_answer');
  });
});
