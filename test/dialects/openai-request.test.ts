import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Endpoint } from '../../src/dialects/endpoint.ts';
import { type OpenAiRequest, type RequestFault, readOpenAiRequest } from '../../src/dialects/openai-request.ts';
import { joinParts, splice } from '../../src/dialects/splice.ts';

function accepted(body: string | Buffer, endpoint: Endpoint = 'chat'): OpenAiRequest {
  const result = readOpenAiRequest(endpoint, Buffer.from(body));
  assert.ok(result.ok, result.ok ? '' : result.message);
  return result;
}

function refused(body: string | Buffer, endpoint: Endpoint = 'chat'): RequestFault {
  const result = readOpenAiRequest(endpoint, Buffer.from(body));
  assert.ok(!result.ok, 'was accepted');
  return result;
}

const chat = (extra = '') => `{"model":"m","messages":[]${extra}}`;

describe('readOpenAiRequest reads what routing needs', () => {
  it('of the least request', () => {
    const { json, body, ...rest } = accepted(chat());
    assert.deepEqual(rest, {
      ok: true,
      model: 'm',
      stream: false,
      includeUsage: false,
      choices: 1,
      prompts: 1,
      maxTokens: undefined,
      hasTools: false,
      hasSchema: false,
    });
    assert.deepEqual(json, { model: 'm', messages: [] });
    assert.equal(body.bytes.toString(), chat());
  });

  const cases: readonly (readonly [string, Partial<OpenAiRequest>])[] = [
    [',"stream":true', { stream: true, includeUsage: false }],
    [',"stream":false,"stream_options":{"include_usage":true}', { stream: false, includeUsage: false }],
    [',"stream":true,"stream_options":{"include_usage":true}', { includeUsage: true }],
    [',"stream":true,"stream_options":{"include_usage":false}', { includeUsage: false }],
    [
      ',"stream":null,"stream_options":null,"n":null,"max_tokens":null',
      { stream: false, choices: 1, maxTokens: undefined },
    ],
    [',"n":3', { choices: 3 }],
    [',"max_tokens":5', { maxTokens: 5 }],
    [',"max_tokens":5,"max_completion_tokens":7', { maxTokens: 7 }],
    [',"max_tokens":7,"max_completion_tokens":5', { maxTokens: 7 }],
    [',"max_tokens":7,"max_completion_tokens":-1', { maxTokens: undefined }],
    [',"max_output_tokens":5', { maxTokens: undefined }],
    [',"tools":[]', { hasTools: false }],
    [',"tools":[{}]', { hasTools: true }],
    [',"functions":[{}]', { hasTools: true }],
    [',"response_format":{"type":"text"}', { hasSchema: false }],
    [',"response_format":{"type":"json_object"}', { hasSchema: true }],
    [',"response_format":{"type":"json_schema"}', { hasSchema: true }],
    [',"temperature":"hot","metadata":7,"made_up":{"x":[]}', {}],
  ];
  for (const [extra, expected] of cases) {
    it(`of a chat request with ${extra}`, () => {
      const request = accepted(chat(extra));
      assert.deepEqual({ ...request, ...expected }, request);
    });
  }

  it('of the other endpoints', () => {
    assert.equal(accepted('{"model":"m","prompt":"a","stream":true}', 'completions').stream, true);
    assert.equal(accepted('{"model":"m"}', 'completions').model, 'm');
    assert.equal(accepted('{"model":"m","input":["a"],"stream":true}', 'embeddings').stream, false);
  });

  it('and gives the body to splice, escaped keys included', () => {
    const { model, body } = accepted('{"mod\\u0065l":"m","messages":[],"x":1.0}');
    assert.equal(model, 'm');
    assert.equal(
      joinParts(splice(body, { set: { model: '"up"' } })).toString(),
      '{"mod\\u0065l":"up","messages":[],"x":1.0}',
    );
  });
});

describe('readOpenAiRequest refuses, and says what is wrong and where', () => {
  const cases: readonly (readonly [string, string | Buffer, RequestFault['code'], RegExp, string | undefined])[] = [
    ['an empty body', '', 'invalid_json', /body is empty/, undefined],
    [
      'more members than any request has, which would keep everybody waiting',
      chat(Array.from({ length: 1_000 }, (_, index) => `,"x${index}":1`).join('')),
      'wrong_type',
      /more than 1000 members/,
      undefined,
    ],
    ['a byte order mark', '\ufeff{}', 'invalid_json', /byte order mark/, undefined],
    [
      'invalid UTF-8',
      Buffer.from([0x7b, 0x22, 0x0a, 0xc3, 0x22]),
      'invalid_json',
      /not valid UTF-8 at line 2, column 1 \(byte 3\)/,
      undefined,
    ],
    [
      'a stray character',
      '{"a":1,\n  "é": x}',
      'invalid_json',
      /unexpected 'x' at line 2, column 8 \(byte 16\)/,
      undefined,
    ],
    [
      'a control character',
      '{"a":"\u0001"}',
      'invalid_json',
      /unexpected byte 0x01 at line 1, column 7 \(byte 6\)/,
      undefined,
    ],
    [
      'a body that was cut off',
      '{"model":"m",',
      'invalid_json',
      /ends too early, at line 1, column 14 \(byte 13\)/,
      undefined,
    ],
    ['something behind the object', '{} {}', 'invalid_json', /unexpected '{' at line 1, column 4/, undefined],
    ['an array', '[]', 'wrong_type', /must be a JSON object, but is an array/, undefined],
    ['null', 'null', 'wrong_type', /must be a JSON object, but is null/, undefined],
    ['no model', '{"messages":[]}', 'missing', /Missing required parameter: 'model'/, 'model'],
    ['an empty model', '{"model":"","messages":[]}', 'missing', /'model': it is empty/, 'model'],
    [
      'a model that is no string',
      '{"model":4,"messages":[]}',
      'wrong_type',
      /'model': expected a string, but got the number 4/,
      'model',
    ],
    [
      'a model that is null',
      '{"model":null,"messages":[]}',
      'wrong_type',
      /'model': expected a string, but got null/,
      'model',
    ],
    ['no messages', '{"model":"m"}', 'missing', /'messages'/, 'messages'],
    [
      'messages that are a text',
      '{"model":"m","messages":"hi"}',
      'wrong_type',
      /expected an array, but got a string/,
      'messages',
    ],
    ['stream as a text', chat(',"stream":"true"'), 'wrong_type', /expected a boolean, but got a string/, 'stream'],
    [
      'stream options as an array',
      chat(',"stream_options":[]'),
      'wrong_type',
      /expected an object, but got an array/,
      'stream_options',
    ],
    ['n of 0', chat(',"n":0'), 'wrong_type', /at least 1, but got the number 0/, 'n'],
    ['n of 1.5', chat(',"n":1.5'), 'wrong_type', /at least 1, but got a fraction/, 'n'],
    [
      'max_tokens as a text',
      chat(',"max_tokens":"5"'),
      'wrong_type',
      /expected a number, but got a string/,
      'max_tokens',
    ],
    [
      'max_completion_tokens as an object',
      chat(',"max_completion_tokens":{}'),
      'wrong_type',
      /got an object/,
      'max_completion_tokens',
    ],
  ];
  for (const [what, body, code, message, param] of cases) {
    it(what, () => {
      const fault = refused(body);
      assert.equal(fault.code, code);
      assert.match(fault.message, message);
      assert.equal(fault.param, param);
    });
  }

  it('an embeddings request without input', () => {
    assert.equal(refused('{"model":"m"}', 'embeddings').param, 'input');
    assert.match(refused('{"model":"m","input":{}}', 'embeddings').message, /expected a string or an array/);
  });

  it('a prompt that is an object', () =>
    assert.equal(refused('{"model":"m","prompt":{}}', 'completions').param, 'prompt'));

  it('without quoting what the client sent', () => {
    assert.doesNotMatch(refused('{"model":"m","messages":[{"content":"my secret"x').message, /secret/);
  });

  it('but not for replacement characters that are really there', () => {
    assert.equal(accepted(chat(',"x":"\ufffd"')).model, 'm');
  });
});

describe('readOpenAiRequest refuses what another parser may read differently', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['a repeated model', '{"model":"a","messages":[],"model":"b"}'],
    ['a model repeated under an escaped key', '{"model":"a","messages":[],"mod\\u0065l":"b"}'],
    ['repeated messages', '{"model":"a","messages":[],"messages":[{}]}'],
    ['a repeated field that nobody knows', chat(',"x":1,"x":1')],
    ['a model in another case', chat(',"Model":"b"')],
    ['a key with a backslash', chat(',"\\\\n":1')],
  ];
  for (const [what, body] of cases) {
    it(what, () => assert.equal(refused(body).code, 'ambiguous'));
  }

  it('a key that the engine was brought to misread', () => {
    // After this the engine may take the next body's escaped `n` for a key `\` and report one choice where there are 100.
    readOpenAiRequest('chat', Buffer.from('{"model":"m","messages":[],"\\\\":1}'));
    const result = readOpenAiRequest('chat', Buffer.from('{"model":"m","messages":[],"\\u006e":100}'));
    assert.ok(!result.ok || result.choices === 100);
  });
});
