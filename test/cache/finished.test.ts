import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFinished } from '../../src/cache/exact/finished.ts';
import type { Endpoint } from '../../src/dialects/endpoint.ts';
import type { JsonRecord } from '../../src/failures/json-record.ts';

const chat = (...reasons: unknown[]): JsonRecord => ({
  choices: reasons.map((finish_reason) => ({ message: { content: 'x', refusal: null }, finish_reason })),
});
const output = (part: JsonRecord, status = 'completed'): JsonRecord[] => [{ type: 'message', status, content: [part] }];

const table: readonly [finished: boolean, name: string, endpoint: Endpoint, answer: JsonRecord][] = [
  [true, 'stop', 'chat', chat('stop')],
  [true, 'calls', 'chat', chat('tool_calls')],
  [true, 'an old call', 'chat', chat('function_call')],
  [true, 'two choices', 'chat', chat('stop', 'stop')],
  [false, 'one of two cut', 'chat', chat('stop', 'length')],
  [false, 'length', 'chat', chat('length')],
  [false, 'content_filter', 'chat', chat('content_filter')],
  [false, 'a reason of next year', 'chat', chat('brand_new')],
  [false, 'no reason', 'chat', chat(null)],
  [false, 'no choices', 'chat', chat()],
  [false, 'a refusal', 'chat', { choices: [{ message: { content: null, refusal: 'no' }, finish_reason: 'stop' }] }],
  [false, 'an error in a choice', 'chat', { choices: [{ message: {}, error: { code: 1 }, finish_reason: 'stop' }] }],
  [true, 'stop', 'completions', { choices: [{ text: 'x', finish_reason: 'stop' }] }],
  [false, 'length', 'completions', { choices: [{ text: 'x', finish_reason: 'length' }] }],
  [true, 'end_turn', 'messages', { type: 'message', stop_reason: 'end_turn' }],
  [true, 'tool_use', 'messages', { type: 'message', stop_reason: 'tool_use' }],
  [true, 'stop_sequence', 'messages', { type: 'message', stop_reason: 'stop_sequence' }],
  [false, 'max_tokens', 'messages', { type: 'message', stop_reason: 'max_tokens' }],
  [false, 'refusal', 'messages', { type: 'message', stop_reason: 'refusal' }],
  [false, 'pause_turn', 'messages', { type: 'message', stop_reason: 'pause_turn' }],
  [false, 'an error', 'messages', { type: 'error', stop_reason: 'end_turn' }],
  [true, 'completed', 'responses', { status: 'completed', output: output({ type: 'output_text', text: 'x' }) }],
  [false, 'incomplete', 'responses', { status: 'incomplete', output: [] }],
  [false, 'queued', 'responses', { status: 'queued', output: [] }],
  [false, 'a refusal', 'responses', { status: 'completed', output: output({ type: 'refusal', refusal: 'no' }) }],
  [false, 'half an item', 'responses', { status: 'completed', output: output({ type: 'output_text' }, 'incomplete') }],
  [true, 'vectors', 'embeddings', { data: [{ embedding: [1] }] }],
  [false, 'no vectors', 'embeddings', { data: [] }],
  [false, 'a count', 'count-tokens', { input_tokens: 1 }],
];
for (const [finished, name, endpoint, answer] of table)
  test(`${endpoint} with ${name} is ${finished ? '' : 'not '}finished`, () =>
    assert.equal(isFinished(endpoint, answer), finished));
