import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ChatCompletionCreateParamsNonStreaming } from 'openai/resources/chat/completions';
import { chatCodec } from '../../src/dialects/chat/codec.ts';
import type { WriteOptions } from '../../src/dialects/conversation/codec.ts';
import { messagesCodec } from '../../src/dialects/messages/codec.ts';
import type { JsonRecord } from '../../src/failures/json-record.ts';
import { MESSAGES_MODEL, PDF } from './conversations.ts';
import { options, translate } from './translate.ts';

const HI: ChatCompletionCreateParamsNonStreaming['messages'] = [{ role: 'user', content: 'Hi' }];
const call = (id: string, args: string) =>
  ({ id, type: 'function', function: { name: 'f', arguments: args } }) as const;
const TOOL = { type: 'function', function: { name: 'f' } } as const;

function toMessages(request: object, model = MESSAGES_MODEL, more: Partial<WriteOptions> = {}) {
  return translate(chatCodec, { model: 'm', ...request }, messagesCodec, options(model, more));
}

/** `weight field` of all that was not said. */
function untold(request: object, model?: string, more?: Partial<WriteOptions>): string[] {
  return toMessages(request, model, more).untold.map(({ weight, field }) => `${weight} ${field}`);
}

describe('a chat request for a Claude model', () => {
  it('gets a cap, for Anthropic demands one', () => {
    assert.equal(toMessages({ messages: HI }).json.max_tokens, 4096);
    assert.equal(toMessages({ messages: HI, max_tokens: 7 }).json.max_tokens, 7);
  });

  it('keeps several system and developer messages apart, in order', () => {
    const { json } = toMessages({
      messages: [
        { role: 'system', content: 'A' },
        { role: 'developer', content: [{ type: 'text', text: 'B' }] },
        ...HI,
      ],
    });
    assert.deepEqual(json.system, [
      { type: 'text', text: 'A' },
      { type: 'text', text: 'B' },
    ]);
  });

  it('asks the last instruction where there is nothing else to ask', () => {
    const { json } = toMessages({ messages: [{ role: 'system', content: 'Say hi' }] });
    assert.deepEqual(json.messages, [{ role: 'user', content: 'Say hi' }]);
    assert.equal(json.system, undefined);
  });

  it('says a system message a model would not take as a marked user text, and tells so', () => {
    const request = { messages: [...HI, { role: 'system', content: 'Stop' }] };
    assert.deepEqual(toMessages(request, 'claude-sonnet-4-5').json.messages, [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Hi' },
          { type: 'text', text: '<system>' },
          { type: 'text', text: 'Stop' },
          { type: 'text', text: '</system>' },
        ],
      },
    ]);
    assert.deepEqual(untold(request, 'claude-sonnet-4-5'), ['harmless messages[1]']);
    assert.deepEqual(untold(request), []);
  });

  it('merges turns of one role, and leaves out empty ones', () => {
    const { json } = toMessages({
      messages: [
        { role: 'user', content: 'A' },
        { role: 'user', content: '' },
        { role: 'user', content: 'B' },
        { role: 'assistant', content: null },
        { role: 'assistant', content: 'C' },
        { role: 'user', content: 'D' },
      ],
    });
    assert.deepEqual(json.messages, [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'A' },
          { type: 'text', text: 'B' },
        ],
      },
      { role: 'assistant', content: 'C' },
      { role: 'user', content: 'D' },
    ]);
  });

  it('keeps every digit of a number in arguments', () => {
    const text = '{"id":12345678901234567890,"price":1.10,"e":1E5}';
    const request = { messages: [...HI, { role: 'assistant', tool_calls: [call('c', text)] }] };
    const { json } = messagesCodec.writeRequest(
      chatCodec.readRequest({ model: 'm', ...request }) as never,
      options(MESSAGES_MODEL),
    );
    assert.ok(JSON.stringify(json).includes(`"input":${text}`));
  });

  it('sends arguments that are no JSON object as the text they are, and reads them back', () => {
    for (const text of ['{"a":', 'null', '[1]', '"x"', '{"a":1}}']) {
      const request = { messages: [...HI, { role: 'assistant', tool_calls: [call('c', text)] }], tools: [TOOL] };
      assert.deepEqual(untold(request), ['harmless messages[1].tool_calls[0]']);
      const back = translate(messagesCodec, toMessages(request).json, chatCodec, options('m', { prefill: true }));
      const messages = back.json.messages as { tool_calls?: JsonRecord[] }[];
      assert.deepEqual(messages[1]?.tool_calls, [call('c', text)]);
    }
  });

  it('writes ids in letters Anthropic takes, the same for call and result', () => {
    const { json } = toMessages({
      messages: [
        ...HI,
        { role: 'assistant', tool_calls: [call('functions.f:0', '{}')] },
        { role: 'tool', tool_call_id: 'functions.f:0', content: '' },
      ],
      tools: [TOOL],
    });
    assert.deepEqual((json.messages as unknown[]).slice(1), [
      { role: 'assistant', content: [{ type: 'tool_use', id: 'functions_2e_f_3a_0', name: 'f', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'functions_2e_f_3a_0' }] },
    ]);
  });

  it('puts results first, whatever came between them and their calls', () => {
    const { json } = toMessages(
      {
        messages: [
          ...HI,
          { role: 'assistant', tool_calls: [call('c', '{}')] },
          { role: 'user', content: 'Quick!' },
          { role: 'tool', tool_call_id: 'c', content: 'R' },
        ],
      },
      'claude-sonnet-4-5',
    );
    assert.deepEqual((json.messages as unknown[])[2], {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 'c', content: 'R' },
        { type: 'text', text: 'Quick!' },
      ],
    });
  });

  it('reads function calls of old', () => {
    const { json } = toMessages({
      messages: [
        ...HI,
        { role: 'assistant', content: null, function_call: { name: 'f', arguments: '{"a":1}' } },
        { role: 'function', name: 'f', content: 'R' },
      ],
      functions: [{ name: 'f', parameters: { type: 'object', properties: {} } }],
      function_call: { name: 'f' },
    });
    assert.deepEqual((json.messages as unknown[]).slice(1), [
      { role: 'assistant', content: [{ type: 'tool_use', id: 'call_legacy_1', name: 'f', input: { a: 1 } }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_legacy_1', content: 'R' }] },
    ]);
    assert.deepEqual(json.tool_choice, { type: 'tool', name: 'f' });
  });

  it('defines the tools of its history where it brings none, and lets none be called', () => {
    const { json } = toMessages({
      messages: [
        ...HI,
        { role: 'assistant', tool_calls: [call('c', '{}')] },
        { role: 'tool', tool_call_id: 'c', content: 'R' },
      ],
    });
    assert.deepEqual(json.tools, [{ name: 'f', input_schema: { type: 'object', properties: {} } }]);
    assert.deepEqual(json.tool_choice, { type: 'none' });
  });

  it('offers only the tools it allows', () => {
    const other = { type: 'function', function: { name: 'g' } };
    const { json } = toMessages({
      messages: HI,
      tools: [TOOL, other],
      tool_choice: { type: 'allowed_tools', allowed_tools: { mode: 'required', tools: [TOOL] } },
    });
    assert.deepEqual(json.tools, [{ name: 'f', input_schema: { type: 'object', properties: {} } }]);
    assert.deepEqual(json.tool_choice, { type: 'any' });
  });

  it('closes the objects of a schema, which narrows it', () => {
    const schema = {
      type: 'object',
      properties: { properties: { type: 'array', items: { type: 'object', properties: {} } } },
    };
    const { json } = toMessages({
      messages: HI,
      response_format: { type: 'json_schema', json_schema: { name: 's', schema } },
    });
    assert.deepEqual(json.output_config, {
      format: {
        type: 'json_schema',
        schema: {
          type: 'object',
          properties: {
            properties: { type: 'array', items: { type: 'object', properties: {}, additionalProperties: false } },
          },
          additionalProperties: false,
        },
      },
    });
  });

  it('asks for JSON in words where no schema is given, and tells so', () => {
    const request = { messages: HI, response_format: { type: 'json_object' } };
    assert.match(String(toMessages(request).json.system), /JSON/);
    assert.deepEqual(untold(request), ['harmless response_format']);
  });

  it('hands back a signed thought that came through chat', () => {
    const detail = { type: 'reasoning.text', text: 'hm', signature: 'sig', format: 'anthropic-claude-v1', index: 0 };
    const hidden = { type: 'reasoning.encrypted', data: 'xx', format: 'anthropic-claude-v1', index: 1 };
    const { json } = toMessages({
      messages: [...HI, { role: 'assistant', content: 'A', reasoning_details: [detail, hidden] }, ...HI],
    });
    assert.deepEqual((json.messages as unknown[])[1], {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'hm', signature: 'sig' },
        { type: 'redacted_thinking', data: 'xx' },
        { type: 'text', text: 'A' },
      ],
    });
  });

  it("drops another model's thought, and tells so", () => {
    const request = { messages: [...HI, { role: 'assistant', content: 'A', reasoning_content: 'hm' }, ...HI] };
    assert.deepEqual(untold(request), ['harmless messages[1].reasoning_content']);
  });

  it('trims white space behind a beginning it is to continue', () => {
    const request = { messages: [...HI, { role: 'assistant', content: 'The answer: \n' }] };
    const { messages } = toMessages(request).json as { messages: unknown[] };
    assert.deepEqual(messages[1], { role: 'assistant', content: 'The answer:' });
    assert.deepEqual(untold(request), ['harmless messages[1]']);
    assert.ok(untold(request, undefined, { prefill: false }).includes('essential messages[1]'));
  });

  it('reads a text file into a document', () => {
    const file_data = `data:text/plain;base64,${Buffer.from('Grüße').toString('base64')}`;
    const { json } = toMessages({ messages: [{ role: 'user', content: [{ type: 'file', file: { file_data } }] }] });
    assert.deepEqual(json.messages, [
      {
        role: 'user',
        content: [{ type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'Grüße' } }],
      },
    ]);
  });

  it('takes a bare base64 file for a PDF', () => {
    const { json } = toMessages({
      messages: [{ role: 'user', content: [{ type: 'file', file: { file_data: PDF } }] }],
    });
    assert.match(JSON.stringify(json.messages), /"media_type":"application\/pdf"/);
  });

  const SAMPLINGS: readonly (readonly [string, string, object, object, readonly string[]])[] = [
    ['goes to 1', 'claude-3-5-sonnet-20241022', { temperature: 1.7 }, { temperature: 1 }, ['harmless temperature']],
    [
      'takes both on an old model',
      'claude-3-5-sonnet-20241022',
      { temperature: 0, top_p: 0.5 },
      { temperature: 0, top_p: 0.5 },
      [],
    ],
    [
      'takes one on a newer',
      'claude-sonnet-4-5',
      { temperature: 0, top_p: 0.5 },
      { temperature: 0 },
      ['harmless top_p'],
    ],
    [
      'is not told to the newest',
      'claude-opus-4-7',
      { temperature: 0.2, top_p: 0.5 },
      {},
      ['harmless temperature', 'harmless top_p'],
    ],
    ['needs no word where it is what happens', 'claude-opus-4-7', { temperature: 1, top_p: 1 }, {}, []],
    ["is taken by another maker's model", 'glm-5', { temperature: 0.2, top_k: 5 }, { temperature: 0.2, top_k: 5 }, []],
  ];
  for (const [name, model, sampling, expected, notes] of SAMPLINGS) {
    it(`sampling ${name}`, () => {
      const { temperature, top_p, top_k } = toMessages({ messages: HI, ...sampling }, model).json;
      assert.deepEqual(JSON.parse(JSON.stringify({ temperature, top_p, top_k })), expected);
      assert.deepEqual(untold({ messages: HI, ...sampling }, model), notes);
    });
  }

  const EFFORTS: readonly (readonly [string, string, object, object])[] = [
    [
      'to a budget',
      'claude-sonnet-4-5',
      { reasoning_effort: 'medium' },
      { thinking: { type: 'enabled', budget_tokens: 8192 }, max_tokens: 12_288 },
    ],
    [
      'to half the cap at most',
      'claude-sonnet-4-5',
      { reasoning_effort: 'high', max_tokens: 4000 },
      { thinking: { type: 'enabled', budget_tokens: 2000 }, max_tokens: 4000 },
    ],
    [
      'to nothing under a small cap',
      'claude-sonnet-4-5',
      { reasoning_effort: 'high', max_tokens: 2000 },
      { max_tokens: 2000 },
    ],
    [
      'to adaptive thinking',
      'claude-opus-4-8',
      { reasoning_effort: 'xhigh' },
      { thinking: { type: 'adaptive' }, output_config: { effort: 'xhigh' }, max_tokens: 4096 },
    ],
    [
      'to the next lower where the model knows no other',
      'claude-opus-4-6',
      { reasoning_effort: 'xhigh' },
      { thinking: { type: 'adaptive' }, output_config: { effort: 'high' }, max_tokens: 4096 },
    ],
    [
      'of none to none',
      'claude-opus-4-8',
      { reasoning_effort: 'none' },
      { thinking: { type: 'disabled' }, max_tokens: 4096 },
    ],
    [
      'to the effort alone where a call is demanded',
      'claude-opus-4-8',
      { reasoning_effort: 'high', tools: [TOOL], tool_choice: 'required' },
      { output_config: { effort: 'high' }, max_tokens: 4096 },
    ],
    [
      'to nothing on a model that does not think',
      'claude-3-haiku-20240307',
      { reasoning_effort: 'high' },
      { max_tokens: 4096 },
    ],
    [
      'to nothing amid calls without a signed thought',
      'claude-sonnet-4-5',
      {
        reasoning_effort: 'low',
        messages: [
          ...HI,
          { role: 'assistant', tool_calls: [call('c', '{}')] },
          { role: 'tool', tool_call_id: 'c', content: 'R' },
        ],
      },
      { max_tokens: 4096 },
    ],
  ];
  for (const [name, model, request, expected] of EFFORTS) {
    it(`effort comes ${name}`, () => {
      const { thinking, output_config, max_tokens } = toMessages({ messages: HI, ...request }, model).json;
      assert.deepEqual(JSON.parse(JSON.stringify({ thinking, output_config, max_tokens })), expected);
    });
  }
});
