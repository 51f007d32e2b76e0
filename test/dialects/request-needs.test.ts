import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CAPABILITIES, type Need } from '../../src/dialects/capability.ts';
import type { ChatDialect } from '../../src/dialects/conversation/request.ts';
import { JsonMembers } from '../../src/dialects/json-members.ts';
import { needsOf } from '../../src/dialects/request-needs.ts';

function members(text: string): JsonMembers {
  const read = JsonMembers.read(Buffer.from(text));
  assert.ok(read instanceof JsonMembers);
  return read;
}

/** What is needed, as `capability field`, of a request written compactly and with white space wherever it may stand. */
function needs(dialect: ChatDialect, request: object, asked = CAPABILITIES): string[] {
  const told = (found: readonly Need[]) => found.map(({ capability, field }) => `${capability} ${field}`);
  const compact = told(needsOf(dialect, members(JSON.stringify(request)), asked));
  const spaced = JSON.stringify(request, undefined, 2).replaceAll('": ', '" \t:\r\n ');
  assert.deepEqual(told(needsOf(dialect, members(spaced), asked)), compact, 'white space changes nothing');
  return compact;
}

const said = (content: unknown, role = 'user') => ({ role, content });
const text = (words: string) => ({ type: 'text', text: words });
const chat = (content: unknown, more: object = {}) => ({
  model: 'm',
  messages: [said('Be brief.', 'system'), said(content)],
  ...more,
});
const messages = (content: unknown, more: object = {}) => ({
  model: 'm',
  max_tokens: 9,
  messages: [said(content)],
  ...more,
});
const responses = (content: unknown, more: object = {}) => ({ model: 'm', input: [said(content)], ...more });

const PNG = 'data:image/png;base64,iVBORw0KGgo=';
const FUNCTION = { type: 'function', function: { name: 'f', parameters: {} } };

type Case = readonly [what: string, dialect: ChatDialect, request: object, needs: readonly string[]];

const CASES: readonly Case[] = [
  ['text only', 'chat', chat('hello'), []],
  [
    'an image',
    'chat',
    chat([text('a'), { type: 'image_url', image_url: { url: PNG } }]),
    ['vision messages[1].content[1]'],
  ],
  ['a file', 'chat', chat([{ type: 'file', file: { file_data: 'x' } }]), ['files messages[1].content[0]']],
  ['sound', 'chat', chat([{ type: 'input_audio', input_audio: {} }]), ['audio messages[1].content[0]']],
  ['a spoken answer', 'chat', chat('hello', { modalities: ['text', 'audio'] }), ['audio modalities']],
  ['a written answer', 'chat', chat('hello', { modalities: ['text'] }), []],
  ['tools', 'chat', chat('hello', { tools: [FUNCTION] }), ['tools tools']],
  ['functions', 'chat', chat('hello', { functions: [{ name: 'f' }] }), ['tools functions']],
  ['no tools', 'chat', chat('hello', { tools: [], functions: null }), []],
  [
    'a custom tool',
    'chat',
    chat('hello', { tools: [FUNCTION, { type: 'custom', custom: { name: 'c' } }] }),
    ['tools tools', 'customTools tools[1]'],
  ],
  [
    'a schema',
    'chat',
    chat('hello', { response_format: { type: 'json_schema', json_schema: {} } }),
    ['schema response_format'],
  ],
  ['JSON', 'chat', chat('hello', { response_format: { type: 'json_object' } }), ['json response_format']],
  ['text as a format', 'chat', chat('hello', { response_format: { type: 'text' } }), []],
  ['an effort', 'chat', chat('hello', { reasoning_effort: 'low' }), ['reasoning reasoning_effort']],
  ['no effort', 'chat', chat('hello', { reasoning_effort: 'none' }), []],
  ['log-probabilities', 'chat', chat('hello', { logprobs: true, top_logprobs: 2 }), ['logprobs logprobs']],
  ['no log-probabilities', 'chat', chat('hello', { logprobs: false }), []],
  ['a last assistant message', 'chat', { model: 'm', messages: [said('a'), said('b', 'assistant')] }, []],

  ['text only', 'messages', messages('hello'), []],
  [
    'an image',
    'messages',
    messages([text('a'), { type: 'image', source: { type: 'base64' } }]),
    ['vision messages[0].content[1]'],
  ],
  [
    'an image in a tool result',
    'messages',
    messages([{ type: 'tool_result', tool_use_id: 't', content: [text('a'), { type: 'image', source: {} }] }]),
    ['vision messages[0].content[0].content[1]'],
  ],
  ['a PDF', 'messages', messages([{ type: 'document', source: { type: 'base64' } }]), ['files messages[0].content[0]']],
  ['a document that is text', 'messages', messages([{ type: 'document', source: { type: 'text', data: 'x' } }]), []],
  [
    'a tool',
    'messages',
    messages('hello', { tools: [{ type: 'custom', name: 'f', input_schema: {} }] }),
    ['tools tools'],
  ],
  [
    'a schema',
    'messages',
    messages('hello', { output_config: { format: { type: 'json_schema' } } }),
    ['schema output_config.format'],
  ],
  ['an effort alone', 'messages', messages('hello', { output_config: { effort: 'low' } }), []],
  [
    'the older schema',
    'messages',
    messages('hello', { output_format: { type: 'json_schema' } }),
    ['schema output_format'],
  ],
  [
    'thinking',
    'messages',
    messages('hello', { thinking: { type: 'enabled', budget_tokens: 1024 } }),
    ['reasoning thinking'],
  ],
  ['no thinking', 'messages', messages('hello', { thinking: { type: 'disabled' } }), []],
  [
    'a prefill',
    'messages',
    { model: 'm', messages: [said('a'), said('{', 'assistant')], tools: [] },
    ['prefill messages[1]'],
  ],
  [
    'a prefill in blocks',
    'messages',
    { model: 'm', messages: [said('a'), said([text('{')], 'assistant')] },
    ['prefill messages[1]'],
  ],
  [
    'an assistant message before the last',
    'messages',
    { messages: [said('a'), said('b', 'assistant'), said('c')] },
    [],
  ],
  [
    'a role that is not a message’s',
    'messages',
    { messages: [said([{ type: 'text', text: 'a', meta: { role: 'assistant' } }])] },
    [],
  ],
  [
    'a last assistant message that calls',
    'messages',
    { messages: [said('a'), said([{ type: 'tool_use', id: 't', name: 'f', input: {} }], 'assistant')] },
    [],
  ],

  ['text only', 'responses', responses('hello'), []],
  ['a bare text', 'responses', { model: 'm', input: 'hello' }, []],
  ['an image', 'responses', responses([{ type: 'input_image', image_url: PNG }]), ['vision input[0].content[0]']],
  [
    'an image a tool gave back',
    'responses',
    { input: [{ type: 'function_call_output', call_id: 'c', output: [{ type: 'input_image', image_url: PNG }] }] },
    ['vision input[0].output[0]'],
  ],
  ['a file', 'responses', responses([{ type: 'input_file', file_id: 'f' }]), ['files input[0].content[0]']],
  ['sound', 'responses', responses([{ type: 'input_audio', input_audio: {} }]), ['audio input[0].content[0]']],
  [
    'a custom tool',
    'responses',
    responses('a', { tools: [{ type: 'custom', name: 'c' }] }),
    ['tools tools', 'customTools tools[0]'],
  ],
  [
    'a schema',
    'responses',
    responses('a', { text: { format: { type: 'json_schema', schema: {} } } }),
    ['schema text.format'],
  ],
  ['JSON', 'responses', responses('a', { text: { format: { type: 'json_object' } } }), ['json text.format']],
  ['an empty text', 'responses', responses('a', { text: {} }), []],
  ['an effort', 'responses', responses('a', { reasoning: { effort: 'high' } }), ['reasoning reasoning']],
  ['no effort', 'responses', responses('a', { reasoning: { effort: null, summary: null } }), []],
  ['log-probabilities', 'responses', responses('a', { top_logprobs: 3 }), ['logprobs top_logprobs']],
  [
    'the same by include',
    'responses',
    responses('a', { include: ['message.output_text.logprobs'] }),
    ['logprobs include'],
  ],
  ['another include', 'responses', responses('a', { include: ['reasoning.encrypted_content'] }), []],
];

const WORDS = [
  'image_url',
  'image',
  'input_image',
  'file',
  'document',
  'input_file',
  'input_audio',
  'custom',
  'assistant',
];

describe('what a request needs', () => {
  for (const [what, dialect, request, expected] of CASES) {
    it(`${dialect}: ${what}`, () => assert.deepEqual(needs(dialect, request).toSorted(), expected.toSorted()));
  }

  for (const word of WORDS) {
    it(`is not read out of a text that says ${word}, or a name that is ${word}`, () => {
      const said = `the part {"type":"${word}","role":"assistant"} and "${word}"`;
      const call = { type: 'function', id: 'c', function: { name: word, arguments: `{"type":"${word}"}` } };
      const schema = { type: 'object', properties: { type: { enum: [word] }, [word]: { const: word } } };
      const tools = [
        { type: 'function', name: word, function: { name: word, parameters: schema }, input_schema: schema },
      ];
      const history = { role: 'assistant', content: word, tool_calls: [call], function_call: word };
      const use = {
        role: 'assistant',
        content: [{ type: 'tool_use', id: 't', name: word, input: { type: word, [word]: word } }],
      };
      const last = { role: 'user', content: said };
      assert.deepEqual(needs('chat', { messages: [{ role: 'user', content: word }, history, last], tools }), [
        'tools tools',
      ]);
      assert.deepEqual(needs('messages', { messages: [{ role: 'user', content: word }, use, last], tools }), [
        'tools tools',
      ]);
      assert.deepEqual(
        needs('responses', { input: [history, { type: 'function_call', name: word, arguments: said }, last], tools }),
        ['tools tools'],
      );
    });
  }

  it('is looked for only where it is asked about, and then the conversation is parsed only for its mark', () => {
    const broken = members('{"messages":[{"role":"user","content":[{"type":"image_url"}]}],"tools":[{}]}');
    Object.defineProperty(broken, 'json', { get: () => assert.fail('it was parsed') });
    assert.deepEqual(needsOf('chat', broken, []), []);
    assert.deepEqual(needsOf('chat', broken, ['tools', 'files', 'audio', 'customTools', 'logprobs', 'schema']), [
      { capability: 'tools', field: 'tools' },
    ]);
    assert.throws(() => needsOf('chat', broken, ['vision']), /it was parsed/);

    const named = members(
      '{"messages":[{"role":"assistant"},{"role":"user","content":[{"image":1, "x":"\\"image\\""}]}]}',
    );
    Object.defineProperty(named, 'json', { get: () => assert.fail('it was parsed') });
    assert.deepEqual(needsOf('messages', named, ['vision', 'files', 'prefill']), []);
  });
});
