import assert from 'node:assert/strict';
import test from 'node:test';
import type { Response, ResponseStreamEvent } from 'openai/resources/responses/responses';
import type { Answer, AnswerChoice, Finish } from '../../src/dialects/conversation/answer.ts';
import type { Conversation, Part } from '../../src/dialects/conversation/request.ts';
import { checkResponsesAnswer } from '../../src/dialects/responses/check-answer.ts';
import { responsesCodec } from '../../src/dialects/responses/codec.ts';
import { SseReader } from '../../src/dialects/sse-reader.ts';
import type { ErrorContext } from '../../src/failures/client-error.ts';
import type { Failure } from '../../src/failures/failure.ts';
import { isRecord, type JsonRecord } from '../../src/failures/json-record.ts';
import { renderResponsesStreamError } from '../../src/failures/render-responses.ts';
import { conforms } from '../conformance/conforms.ts';
import { CLIENTS } from './responses-clients.ts';
import { TOOLS_ANSWER } from './responses-golden.ts';

const NOW = 1_800_000_000;

function asked(json: JsonRecord): Conversation {
  const read = responsesCodec.readRequest(json);
  assert.ok(!('mistake' in read), JSON.stringify(read));
  return read;
}

function answer(parts: readonly Part[], finish: Finish, more: Partial<Answer & AnswerChoice> = {}): Answer {
  const { logprobs, ...rest } = more;
  return {
    source: 'chat',
    id: 'chatcmpl-9xY',
    model: 'gpt-4o-2024-08-06',
    created: 1_700_000_000,
    choices: [{ parts, finish, ...(logprobs === undefined ? {} : { logprobs }) }],
    usage: { prompt: 20, completion: 9, cacheRead: 4, cacheWritten: 2, reasoning: 3 },
    extras: {},
    ...rest,
  };
}

const TEXT: Part = { kind: 'text', text: 'Bonjour' };
const CALL: Part = { kind: 'tool-call', id: 'call_1', name: 'f', arguments: '{"a": 1}', type: 'function' };
const CUSTOM: Part = { kind: 'tool-call', id: 'call_2', name: 'c', arguments: 'free', type: 'custom' };
const REFUSAL: Part = { kind: 'refusal', text: 'No.' };
const THOUGHT: Part = { kind: 'reasoning', text: 'Hm', origin: 'chat' };
const REDACTED: Part = { kind: 'reasoning', text: '', origin: 'messages', encrypted: 'data' };
const CITED: Part = {
  kind: 'text',
  text: 'It rains.',
  citations: [
    { type: 'web_search_result_location', url: 'https://e.com', title: 'E', cited_text: 'rain', encrypted_index: 'x' },
    { type: 'char_location', cited_text: 'rain', document_index: 0 },
  ],
};
const LOGPROBS = {
  content: [{ token: 'Bon', logprob: -0.1, bytes: null, top_logprobs: [{ token: 'B', logprob: -2 }] }],
};

const ANSWERS: readonly (readonly [string, Answer, string, string | undefined])[] = [
  ['text', answer([TEXT], { reason: 'stop' }), 'completed', undefined],
  ['reasoning, text, calls', answer([THOUGHT, TEXT, CALL, CUSTOM], { reason: 'tool-calls' }), 'completed', undefined],
  ['redacted reasoning', answer([REDACTED, TEXT], { reason: 'stop' }), 'completed', undefined],
  ['a refusal', answer([REFUSAL], { reason: 'refusal' }), 'completed', undefined],
  ["a classifier's refusal", answer([TEXT], { reason: 'refusal' }), 'incomplete', 'content_filter'],
  ['a cut text', answer([TEXT], { reason: 'length' }), 'incomplete', 'max_output_tokens'],
  ['a filtered text', answer([TEXT], { reason: 'content-filter' }), 'incomplete', 'content_filter'],
  ['a paused turn', answer([TEXT], { reason: 'pause' }), 'incomplete', 'max_output_tokens'],
  ['log-probabilities', answer([TEXT], { reason: 'stop' }, { logprobs: LOGPROBS }), 'completed', undefined],
  ['citations', answer([CITED], { reason: 'stop' }), 'completed', undefined],
  ['nothing', answer([], { reason: 'stop' }, { created: undefined }), 'completed', undefined],
];

for (const [name, given, status, reason] of ANSWERS) {
  test(`an answer of ${name} fits OpenAI's schema, whoever asked, and says how it ended`, () => {
    for (const request of Object.values(CLIENTS)) {
      const written = responsesCodec.writeAnswer(given, asked(request), NOW);
      assert.deepEqual(conforms('response', written), [], JSON.stringify(written));
      assert.equal(written.status, status);
      assert.deepEqual(written.incomplete_details, reason === undefined ? null : { reason });
    }
  });
}

test('an answer read and written again is the same answer, ids and bytes of arguments included', () => {
  const { choices, ...before } = responsesCodec.readAnswer(TOOLS_ANSWER);
  const written = responsesCodec.writeAnswer({ ...before, choices }, asked({ model: 'm', input: 'x' }), NOW);
  assert.deepEqual(responsesCodec.readAnswer(written), { ...before, choices });
  assert.deepEqual(conforms('response', written), []);
  assert.deepEqual(conforms('response', TOOLS_ANSWER), []);
});

test('the request is echoed as the API does it, and nothing is said to be stored', () => {
  const echoed = responsesCodec.writeAnswer(answer([TEXT], { reason: 'stop' }), asked(CLIENTS.aiSdk), NOW);
  const { tools, tool_choice, text, temperature, max_output_tokens, store, top_logprobs, instructions } = echoed;
  assert.deepEqual(text, CLIENTS.aiSdk.text);
  assert.deepEqual(tools, CLIENTS.aiSdk.tools);
  assert.deepEqual(tool_choice, CLIENTS.aiSdk.tool_choice);
  assert.deepEqual(
    { temperature, max_output_tokens, store, top_logprobs },
    { temperature: 0, max_output_tokens: 300, store: false, top_logprobs: 2 },
  );
  assert.equal(instructions, null);
  const codex = responsesCodec.writeAnswer(answer([TEXT], { reason: 'stop' }), asked(CLIENTS.codex), NOW);
  assert.equal(codex.instructions, CLIENTS.codex.instructions);
  assert.deepEqual(codex.tools, CLIENTS.codex.tools);
  const lax = asked({ model: 'm', input: 'x', tools: [{ type: 'function', name: 'f', parameters: {} }] });
  const open = responsesCodec.writeAnswer(answer([TEXT], { reason: 'stop' }), lax, NOW);
  assert.deepEqual(open.tools, [{ type: 'function', name: 'f', parameters: {}, strict: false }]);
  assert.deepEqual(codex.usage, {
    input_tokens: 20,
    input_tokens_details: { cached_tokens: 4, cache_write_tokens: 2 },
    output_tokens: 9,
    output_tokens_details: { reasoning_tokens: 3 },
    total_tokens: 29,
  });
});

test('citations Responses has a form for become annotations, the others stand beside them', () => {
  const { output } = responsesCodec.writeAnswer(
    answer([CITED], { reason: 'stop' }),
    asked({ model: 'm', input: 'x' }),
    NOW,
  );
  assert.ok(Array.isArray(output));
  const [part] = output[0].content;
  assert.deepEqual(part.annotations, [
    { type: 'url_citation', url: 'https://e.com', title: 'E', start_index: 0, end_index: 9 },
  ]);
  assert.deepEqual(part.citations, [{ type: 'char_location', cited_text: 'rain', document_index: 0 }]);
});

const FILTERED = { status: 'incomplete', incomplete_details: { reason: 'content_filter' }, output: [] };
const message = (content: unknown) => ({ status: 'completed', output: [{ type: 'message', content }] });
/** What a 200 held, and what it is taken for: an answer, or the code of the failure. */
const BODIES: readonly (readonly [string, unknown, string])[] = [
  ['an answer', TOOLS_ANSWER, 'answer'],
  ['an empty text', message([{ type: 'output_text', text: '' }]), 'answer'],
  [
    'an answer cut before its first word',
    { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' }, output: [] },
    'answer',
  ],
  ['a filtered answer', FILTERED, 'filtered'],
  ['a queued response', { status: 'queued', output: [] }, 'answer'],
  [
    'a failed response',
    { status: 'failed', error: { code: 'server_error', message: 'Sorry' }, output: [] },
    'server_error',
  ],
  [
    'a throttled response',
    { status: 'failed', error: { code: 'rate_limit_exceeded', message: 'Slow' } },
    'rate_limited',
  ],
  ['a cancelled response', { status: 'cancelled', output: [] }, 'server_error'],
  ['no output', { status: 'completed', output: [] }, 'invalid_answer'],
  ['a message with nothing in it', message([]), 'invalid_answer'],
  ['reasoning alone', { status: 'completed', output: [{ type: 'reasoning', summary: [] }] }, 'invalid_answer'],
  ['a chat completion', { choices: [] }, 'invalid_answer'],
  ['an array', [1], 'invalid_answer'],
  ['an error in disguise', { error: { code: 'insufficient_quota', message: 'Pay' } }, 'quota_exhausted'],
];
for (const [name, body, taken] of BODIES) {
  test(`a 200 with ${name} is ${taken}`, () => {
    const checked = checkResponsesAnswer('openai', {}, Buffer.from(JSON.stringify(body)), 0);
    if ('failure' in checked) assert.equal(checked.failure.class, taken);
    else assert.equal(checked.filtered ? 'filtered' : 'answer', taken);
  });
}

test('a 200 with a web page is an invalid answer', () => {
  const checked = checkResponsesAnswer('openai', { 'content-type': 'text/html' }, Buffer.from('<html>'), 0);
  assert.ok('failure' in checked);
  assert.equal(checked.failure.code, 'not_json');
});

const BROKEN: Failure = {
  class: 'stream_broken',
  origin: 'upstream',
  message: 'the stream broke off',
  maybeBilled: true,
};
const CONTEXT: ErrorContext = { requestId: 'bw_1', attempts: [], spent: true };

function eventsOf(bytes: string): JsonRecord[] {
  return new SseReader({ maxEventBytes: 1 << 20 }).push(Buffer.from(bytes)).map((event) => {
    const json: unknown = JSON.parse(event.data.toString());
    assert.ok(isRecord(json) && event.name === json.type);
    return json;
  });
}

test('a break after the first delta is told as error and response.failed, numbered on, and nothing follows', () => {
  const writer = responsesCodec.streamWriter(asked(CLIENTS.codex), NOW);
  const before = eventsOf(
    writer.write([
      { kind: 'start', id: 'chatcmpl-1', model: 'm', created: 5, usage: undefined },
      { kind: 'block-start', block: 0, part: { kind: 'text' } },
      { kind: 'text', block: 0, text: 'hi' },
    ]),
  );
  const failed = eventsOf(writer.fail?.(BROKEN, CONTEXT) ?? '');
  assert.deepEqual(
    failed.map(({ type }) => type),
    ['error', 'response.failed'],
  );
  for (const event of failed) assert.deepEqual(conforms('response.event', event), []);
  assert.deepEqual(
    [...before, ...failed].map((event) => event.sequence_number),
    [...before, ...failed].map((_, index) => index),
  );
  const [error, { response } = {}] = failed;
  assert.equal(error?.code, 'upstream_stream_interrupted');
  const begun = before[0]?.response;
  assert.ok(isRecord(response) && isRecord(begun));
  assert.deepEqual([response.id, response.status], [begun.id, 'failed']);
  assert.equal(writer.write([{ kind: 'end' }]) + writer.close(), '');
});

test('codex finds the codes it looks for in a failed response', () => {
  const response = { id: 'resp_1' };
  const failure: Failure = { class: 'context_length', origin: 'upstream', message: 'too long', maybeBilled: false };
  const [, failed] = eventsOf(renderResponsesStreamError(failure, CONTEXT, { sequenceNumber: 4, response }));
  const { error } = (failed?.response ?? {}) as JsonRecord;
  assert.equal((error as JsonRecord).code, 'context_length_exceeded');
  assert.match(String((error as JsonRecord).message), /maximum context length/);
});

test("what is written can be read as the SDK's own types", () => {
  const written = responsesCodec.writeAnswer(
    answer([TEXT, CALL], { reason: 'tool-calls' }),
    asked(CLIENTS.agents),
    NOW,
  );
  // A client casts the same way: the types are what it relies on, the schema above what was checked.
  const { output, usage, status } = written as unknown as Response;
  const said = output.map((item) => {
    if (item.type === 'message')
      return item.content.map((part) => (part.type === 'output_text' ? part.text : part.refusal)).join('');
    return item.type === 'function_call' ? `${item.call_id}:${item.arguments}` : item.type;
  });
  assert.deepEqual(said, ['Bonjour', 'call_1:{"a": 1}']);
  assert.equal(usage?.total_tokens, 29);
  assert.equal(status, 'completed');
  const types: readonly ResponseStreamEvent['type'][] = ['response.created', 'response.completed', 'error'];
  assert.equal(types.length, 3);
});
