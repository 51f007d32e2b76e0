import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { assembleStream } from '../../src/cache/exact/assemble.ts';
import { replay } from '../../src/cache/exact/replay.ts';
import type { Endpoint } from '../../src/dialects/endpoint.ts';
import { type SseEvent, SseReader } from '../../src/dialects/sse-reader.ts';
import type { JsonRecord } from '../../src/failures/json-record.ts';
import { conforms, type SchemaName } from '../conformance/conforms.ts';

const USAGE = { prompt_tokens: 4, completion_tokens: 3, total_tokens: 7 };
const chat = (message: JsonRecord, finish_reason = 'stop', more = {}): JsonRecord => ({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1_700_000_000,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', refusal: null, ...message }, logprobs: null, finish_reason }],
  usage: USAGE,
  ...more,
});
const CALL = { id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } };
const MESSAGE_USAGE = {
  input_tokens: 4,
  output_tokens: 3,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  cache_creation: null,
  server_tool_use: null,
  service_tier: 'standard',
  inference_geo: null,
  output_tokens_details: null,
  speed: null,
};
const message = (content: readonly JsonRecord[], stop_reason = 'end_turn', more = {}): JsonRecord => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'm',
  container: null,
  diagnostics: null,
  stop_reason,
  stop_sequence: null,
  stop_details: null,
  usage: MESSAGE_USAGE,
  content,
  ...more,
});
const response = (output: readonly JsonRecord[]): JsonRecord => ({
  id: 'resp_1',
  object: 'response',
  created_at: 1_700_000_000,
  status: 'completed',
  completed_at: 1_700_000_001,
  error: null,
  incomplete_details: null,
  instructions: null,
  max_output_tokens: null,
  model: 'm',
  output,
  parallel_tool_calls: true,
  previous_response_id: null,
  reasoning: { effort: null, summary: null },
  store: false,
  temperature: 1,
  text: { format: { type: 'text' } },
  tool_choice: 'auto',
  tools: [],
  top_p: 1,
  truncation: 'disabled',
  metadata: {},
  usage: {
    input_tokens: 4,
    input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
    output_tokens: 3,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 7,
  },
});
const text = (value: string): JsonRecord => ({ type: 'text', text: value, citations: null });
const said = (value: string): JsonRecord => ({
  id: 'msg_1',
  type: 'message',
  status: 'completed',
  role: 'assistant',
  content: [{ type: 'output_text', text: value, annotations: [], logprobs: [] }],
});

const ANSWERS: readonly [endpoint: Endpoint, name: string, answer: JsonRecord][] = [
  ['chat', 'a text', chat({ content: 'Grüße\n"quoted" 𝄞' })],
  ['chat', 'an empty text', chat({ content: '' })],
  ['chat', 'calls', chat({ content: null, tool_calls: [CALL, { ...CALL, id: 'call_2' }] }, 'tool_calls')],
  ['chat', 'a text and a call', chat({ content: 'let me see', tool_calls: [CALL] }, 'tool_calls')],
  [
    'chat',
    'two choices',
    chat({}, 'stop', {
      choices: [0, 1].map((index) => ({
        index,
        message: { role: 'assistant', content: `${index}`, refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      })),
    }),
  ],
  [
    'chat',
    'fields of its provider',
    chat({ content: 'x', reasoning_content: 'thought', annotations: [] }, 'stop', {
      system_fingerprint: 'fp',
      service_tier: 'default',
      brand_new: { a: 1 },
    }),
  ],
  [
    'completions',
    'a text',
    {
      id: 'cmpl-1',
      object: 'text_completion',
      created: 1,
      model: 'm',
      choices: [{ text: 'x', index: 0, logprobs: null, finish_reason: 'stop' }],
      usage: USAGE,
    },
  ],
  ['messages', 'a text', message([text('Grüße\n𝄞')])],
  [
    'messages',
    'a thought, a text and a call',
    message(
      [
        { type: 'thinking', thinking: 'hm', signature: 'sig' },
        text('so'),
        { type: 'tool_use', id: 'toolu_1', name: 'f', input: { a: [1, 'ü'] }, caller: { type: 'direct' } },
        { type: 'tool_use', id: 'toolu_2', name: 'g', input: {}, caller: { type: 'direct' } },
      ],
      'tool_use',
    ),
  ],
  ['messages', 'a hidden thought', message([{ type: 'redacted_thinking', data: 'xyz' }, text('so')])],
  ['messages', 'a stop sequence', message([text('a')], 'stop_sequence', { stop_sequence: 'b' })],
  ['responses', 'a text', response([said('Grüße 𝄞')])],
  [
    'responses',
    'a thought, a text and a call',
    response([
      { id: 'rs_1', type: 'reasoning', summary: [{ type: 'summary_text', text: 'hm' }] },
      said('so'),
      { id: 'fc_1', type: 'function_call', status: 'completed', call_id: 'call_1', name: 'f', arguments: '{"a":1}' },
    ]),
  ],
];

const EVENT_SCHEMAS: Partial<Record<Endpoint, SchemaName>> = {
  chat: 'chat.completion.chunk',
  messages: 'message.event',
  responses: 'response.event',
};
const WHOLE_SCHEMAS: Partial<Record<Endpoint, SchemaName>> = {
  chat: 'chat.completion',
  completions: 'text_completion',
  messages: 'message',
  responses: 'response',
};

function streamOf(endpoint: Endpoint, answer: JsonRecord, includeUsage = true): Buffer {
  const replayed = replay(endpoint, Buffer.from(JSON.stringify(answer)), { stream: true, includeUsage });
  assert.equal(replayed?.contentType, 'text/event-stream; charset=utf-8');
  return replayed.body;
}

function eventsOf(bytes: Buffer): readonly SseEvent[] {
  return new SseReader({ maxEventBytes: bytes.length + 1 }).push(bytes);
}

for (const [endpoint, name, answer] of ANSWERS) {
  describe(`${endpoint}: ${name}`, () => {
    test('as a stream has the events of its dialect, each as the provider’s schema has it', () => {
      const schema = EVENT_SCHEMAS[endpoint];
      for (const event of eventsOf(streamOf(endpoint, answer))) {
        const data = event.data.toString();
        if (data === '[DONE]' || schema === undefined) continue;
        assert.deepEqual(conforms(schema, JSON.parse(data)), [], data);
        if (endpoint !== 'chat') assert.equal(JSON.parse(data).type, event.name);
      }
    });

    test('from a stream is the same answer again', () => {
      const assembled = assembleStream(endpoint, streamOf(endpoint, answer), undefined);
      assert.deepEqual(withoutNulls(assembled), withoutNulls(answer));
    });

    test('is what the provider’s schema has', () => {
      const schema = WHOLE_SCHEMAS[endpoint];
      if (schema !== undefined) assert.deepEqual(conforms(schema, answer), []);
    });
  });
}

/** A stream says null of a member by leaving it out. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).map(([name, inner]) => [name, withoutNulls(inner)] as const);
  return Object.fromEntries(kept.filter(([, inner]) => inner !== null && inner !== undefined));
}

test('usage comes with a stream only where it was asked for', () => {
  const answer = chat({ content: 'x' });
  assert.match(streamOf('chat', answer, true).toString(), /"choices":\[\],"usage":\{"prompt_tokens":4/);
  assert.doesNotMatch(streamOf('chat', answer, false).toString(), /usage/);
});

test('a stream without usage gets the counts that were seen', () => {
  const stream = streamOf('chat', chat({ content: 'x' }), false);
  assert.equal(assembleStream('chat', stream, undefined)?.usage, undefined);
  const assembled = assembleStream('chat', stream, { promptTokens: 9, completionTokens: 2 });
  assert.deepEqual(assembled?.usage, { prompt_tokens: 9, completion_tokens: 2, total_tokens: 11 });
});

test('any text comes through a stream and back unchanged', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (value) => {
      for (const [endpoint, answer] of [
        ['chat', chat({ content: value })],
        ['messages', message([text(value)])],
        ['responses', response([said(value)])],
      ] as const) {
        const assembled = assembleStream(endpoint, streamOf(endpoint, answer), undefined);
        assert.deepEqual(withoutNulls(assembled), withoutNulls(answer));
      }
    }),
    { numRuns: 100 },
  );
});

describe('no answer is made of', () => {
  const start =
    'data: {"id":"1","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}\n\n';
  const begun =
    'event: message_start\ndata: {"type":"message_start","message":{"id":"m","type":"message","content":[],"usage":{}}}\n\n';
  const cases: readonly [string, Endpoint, string][] = [
    ['a chat without a finish', 'chat', `${start}data: [DONE]\n\n`],
    ['a chat with an error in it', 'chat', `${start}data: {"error":{"message":"x"}}\n\n`],
    ['a message with an unknown event', 'messages', `${begun}event: new\ndata: {"type":"new"}\n\n`],
    [
      'a message with an unknown delta',
      'messages',
      `${begun}data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}\n\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"new"}}\n\n`,
    ],
    [
      'a message with half a call',
      'messages',
      `${begun}data: {"type":"content_block_start","index":0,"content_block":{"type":"tool_use","input":{}}}\n\ndata: {"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\\"a"}}\n\n`,
    ],
    ['a message that never began', 'messages', 'data: {"type":"ping"}\n\n'],
    ['a response that is incomplete', 'responses', 'data: {"type":"response.incomplete","response":{"id":"r"}}\n\n'],
    ['nothing', 'responses', ''],
    ['embeddings', 'embeddings', start],
  ];
  for (const [name, endpoint, bytes] of cases)
    test(name, () => assert.equal(assembleStream(endpoint, Buffer.from(bytes), undefined), undefined));
});

describe('a chat', () => {
  const chunk = (delta: JsonRecord, more: JsonRecord = {}) =>
    `data: ${JSON.stringify({ id: '1', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: null, ...more }] })}\n\n`;
  const END = `${chunk({}, { finish_reason: 'stop' })}data: [DONE]\n\n`;
  const made = (...deltas: readonly JsonRecord[]) =>
    assembleStream('chat', Buffer.from(deltas.map((delta) => chunk(delta)).join('') + END), undefined, true);

  test('whose custom call comes in pieces has all of it', () => {
    const piece = (input: string, more: JsonRecord = {}) => ({
      tool_calls: [{ index: 0, custom: { input, ...more } }],
    });
    const [first, ...rest] = ['*** Be', 'gin', '\n+ä'];
    const answer = made(
      {
        role: 'assistant',
        tool_calls: [{ index: 0, id: 'c1', type: 'custom', custom: { name: 'patch', input: first } }],
      },
      ...rest.map((input) => piece(input)),
    );
    assert.match(JSON.stringify(answer), /"custom":\{"name":"patch","input":"\*\*\* Begin\\n\+ä"\}/);
  });

  const TEXT = { content: 'a' };
  const parts: readonly (readonly [string, readonly JsonRecord[], boolean])[] = [
    [
      'texts and thoughts',
      [{ role: 'assistant', content: '' }, { reasoning: 'h' }, { reasoning_content: 'm' }, TEXT],
      true,
    ],
    ['parts that say nothing', [{ ...TEXT, audio: null, reasoning_details: [], images: [], channel: '' }], true],
    ['sound', [{ audio: { id: 'a', data: 'AA==' } }, { audio: { data: 'BB==' } }], false],
    ['thoughts in blocks', [{ reasoning_details: [{ index: 0, type: 'reasoning.text', text: 'h' }] }, TEXT], false],
    ['lists beside texts', [{ content: [{ type: 'text', text: 'h' }] }, TEXT], false],
    [
      'a mark in each piece',
      [
        { ...TEXT, channel: 'final' },
        { ...TEXT, channel: 'final' },
      ],
      false,
    ],
  ];
  for (const [what, deltas, isKept] of parts)
    test(`with ${what} is ${isKept ? 'kept' : 'not kept, but read'}`, () => {
      assert.equal(made(...deltas) !== undefined, isKept);
      assert.notEqual(
        assembleStream('chat', Buffer.from(deltas.map((delta) => chunk(delta)).join('') + END), undefined),
        undefined,
      );
    });

  test('with a list of pieces beside the delta is not kept', () => {
    const bytes = Buffer.from(chunk(TEXT, { token_ids: [1] }) + chunk(TEXT, { token_ids: [2] }) + END);
    assert.equal(assembleStream('chat', bytes, undefined, true), undefined);
  });
});

test('what was kept and is no object is not given', () => {
  assert.equal(replay('chat', Buffer.from('[]'), { stream: true, includeUsage: true }), undefined);
  assert.equal(replay('chat', Buffer.from('{"a'), { stream: true, includeUsage: true }), undefined);
});
