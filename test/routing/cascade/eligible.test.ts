import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { codecs } from '../../../src/dialects/codecs.ts';
import type { ChatDialect } from '../../../src/dialects/conversation/request.ts';
import { type Ineligible, ineligible } from '../../../src/routing/cascade/eligible.ts';

const HELLO = { model: 'm', messages: [{ role: 'user', content: 'hello' }] };
const MESSAGE = { ...HELLO, max_tokens: 100 };
const INPUT = { model: 'm', input: 'hello', store: false };
const FUNCTION = { type: 'function', function: { name: 'f', parameters: {} } };

const CASES: readonly (readonly [
  what: string,
  dialect: ChatDialect,
  request: Record<string, unknown>,
  why: Ineligible | undefined,
])[] = [
  ['a whole answer', 'chat', HELLO, undefined],
  ['several whole answers', 'chat', { ...HELLO, n: 3 }, undefined],
  ['a stream of text', 'chat', { ...HELLO, stream: true }, 'plain-stream'],
  ['a stream of JSON', 'chat', { ...HELLO, stream: true, response_format: { type: 'json_object' } }, undefined],
  ['a stream with tools', 'chat', { ...HELLO, stream: true, tools: [FUNCTION] }, undefined],
  ['several streams', 'chat', { ...HELLO, stream: true, n: 2, tools: [FUNCTION] }, 'many-streams'],
  ['a voice', 'chat', { ...HELLO, modalities: ['text', 'audio'], audio: { voice: 'x', format: 'wav' } }, 'audio'],
  ['a message', 'messages', MESSAGE, undefined],
  ['a stream of a message', 'messages', { ...MESSAGE, stream: true }, 'plain-stream'],
  [
    'a stream of a message with tools',
    'messages',
    { ...MESSAGE, stream: true, tools: [{ name: 'f', input_schema: { type: 'object' } }] },
    undefined,
  ],
  [
    'a search that the provider makes',
    'messages',
    { ...MESSAGE, tools: [{ type: 'web_search_20250305', name: 'web_search' }] },
    'server-tools',
  ],
  ['a response', 'responses', INPUT, undefined],
  ['a search of Responses', 'responses', { ...INPUT, tools: [{ type: 'web_search' }] }, 'server-tools'],
  ['an answer to an earlier response', 'responses', { ...INPUT, previous_response_id: 'resp_1' }, 'stored-state'],
  ['a run in the background', 'responses', { ...INPUT, background: true }, 'stored-state'],
];

describe('a request for a cascade', () => {
  for (const [what, dialect, request, why] of CASES) {
    it(`is ${why === undefined ? 'tried on the cheap model' : `left alone (${why})`}: ${what}`, () => {
      const conversation = codecs[dialect].readRequest(request);
      assert.ok(!('mistake' in conversation), JSON.stringify(conversation));
      assert.equal(ineligible(conversation), why);
    });
  }
});
