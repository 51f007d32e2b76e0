import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Message } from '@anthropic-ai/sdk/resources/messages';
import { chatCodec } from '../../src/dialects/chat/codec.ts';
import { isSealed } from '../../src/dialects/conversation/sealed-reasoning.ts';
import { messagesCodec } from '../../src/dialects/messages/codec.ts';
import { withoutForeignThoughts } from '../../src/dialects/messages/foreign-thoughts.ts';
import { asSent, options, readOrFail } from './translate.ts';

const ASKED = readOrFail(messagesCodec, { model: 'm', max_tokens: 9, messages: [{ role: 'user', content: 'Hi' }] });

function toMessages(message: object, finish_reason: string, more: object = {}): Message {
  const answer = {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'gpt',
    choices: [{ index: 0, message: { role: 'assistant', ...message }, logprobs: null, finish_reason, ...more }],
    usage: { prompt_tokens: 30, completion_tokens: 9, total_tokens: 39, prompt_tokens_details: { cached_tokens: 10 } },
  };
  return asSent(messagesCodec.writeAnswer(chatCodec.readAnswer(answer), ASKED)) as unknown as Message;
}

const call = (id: string, args: string) => ({ id, type: 'function', function: { name: 'f', arguments: args } });
const caller = { type: 'direct' };

describe('a chat answer for a Messages client', () => {
  it('has all that a message has', () => {
    const expected: Message = {
      id: 'chatcmpl-1',
      type: 'message',
      role: 'assistant',
      model: 'gpt',
      content: [{ type: 'text', text: 'Hi', citations: null }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      stop_details: null,
      container: null,
      diagnostics: null,
      usage: {
        input_tokens: 20,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 10,
        output_tokens: 9,
        output_tokens_details: null,
        server_tool_use: null,
        cache_creation: null,
        inference_geo: null,
        service_tier: null,
        speed: null,
      },
    };
    assert.deepEqual(toMessages({ content: 'Hi', refusal: null }, 'stop'), expected);
  });

  it('has its calls as tool_use, whatever the answer ended with', () => {
    const { content, stop_reason } = toMessages(
      { content: null, tool_calls: [call('a', '{"x": 1}'), call('b', '')] },
      'stop',
    );
    assert.deepEqual(content, [
      { type: 'tool_use', id: 'a', name: 'f', input: { x: 1 }, caller },
      { type: 'tool_use', id: 'b', name: 'f', input: {}, caller },
    ]);
    assert.equal(stop_reason, 'tool_use');
  });

  it('shows arguments that are no JSON as the text they are', () => {
    const { content } = toMessages({ content: null, tool_calls: [call('a', '{"x":')] }, 'tool_calls');
    assert.deepEqual(content, [
      { type: 'tool_use', id: 'a', name: 'f', input: { $unparsed_arguments: '{"x":' }, caller },
    ]);
  });

  it('names calls that came without a name', () => {
    const { content } = toMessages({ tool_calls: [{ function: { name: 'f', arguments: '{}' } }] }, 'tool_calls');
    assert.deepEqual(content, [{ type: 'tool_use', id: 'call_0', name: 'f', input: {}, caller }]);
  });

  it("shows another model's thought under a seal, which no provider gets to see", () => {
    const { content } = toMessages({ content: 'A', reasoning_content: 'hm' }, 'stop');
    const [thought] = content;
    assert.ok(thought?.type === 'thinking' && thought.thinking === 'hm' && isSealed(thought.signature));
    const next = {
      model: 'm',
      max_tokens: 9,
      messages: [
        { role: 'user', content: 'Hi' },
        { role: 'assistant', content },
        { role: 'assistant', content: [thought] },
      ],
    };
    assert.deepEqual(withoutForeignThoughts(next)?.messages, [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: [{ type: 'text', text: 'A', citations: null }] },
    ]);
    assert.equal(withoutForeignThoughts({ ...next, messages: next.messages.slice(0, 1) }), undefined);
    const { json } = chatCodec.writeRequest(readOrFail(messagesCodec, next), options('m', { prefill: true }));
    assert.deepEqual((json.messages as object[])[1], { role: 'assistant', content: 'A', reasoning_content: 'hm' });
  });

  it('hands a signed thought through that came by way of a chat provider', () => {
    const detail = { type: 'reasoning.text', text: 'hm', signature: 'sig', format: 'anthropic-claude-v1' };
    const { content } = toMessages({ content: 'A', reasoning: 'hm', reasoning_details: [detail] }, 'stop');
    assert.deepEqual(content[0], { type: 'thinking', thinking: 'hm', signature: 'sig' });
  });

  it('keeps annotations as an extra field', () => {
    const annotations = [
      { type: 'url_citation', url_citation: { url: 'https://x', title: '', start_index: 0, end_index: 1 } },
    ];
    const { content } = toMessages({ content: 'A', annotations }, 'stop');
    assert.deepEqual(content, [{ type: 'text', text: 'A', citations: null, annotations }]);
  });

  it('tells a refusal with its words', () => {
    const answer = toMessages({ content: null, refusal: 'No' }, 'stop');
    assert.equal(answer.stop_reason, 'refusal');
    assert.deepEqual(answer.stop_details, { type: 'refusal', category: null, explanation: 'No' });
    assert.deepEqual(answer.content, [{ type: 'text', text: 'No', citations: null }]);
  });

  const ENDS: readonly (readonly [string, object, string, string | null])[] = [
    ['stop', {}, 'end_turn', null],
    ['stop', { stop_reason: 'END' }, 'stop_sequence', 'END'],
    ['stop', { stop_reason: 128_001 }, 'end_turn', null],
    ['length', {}, 'max_tokens', null],
    ['content_filter', {}, 'refusal', null],
    ['eos', {}, 'end_turn', null],
  ];
  for (const [finish, more, expected, sequence] of ENDS) {
    it(`ends with ${expected} for ${finish} ${JSON.stringify(more)}`, () => {
      const { stop_reason, stop_sequence } = toMessages({ content: 'x' }, finish, more);
      assert.deepEqual([stop_reason, stop_sequence], [expected, sequence]);
    });
  }

  it('reads content in parts, and arguments given as an object', () => {
    const { content } = toMessages(
      {
        content: [{ type: 'text', text: 'A' }],
        tool_calls: [{ id: 'a', function: { name: 'f', arguments: { x: 1 } } }],
      },
      'tool_calls',
    );
    assert.deepEqual(content, [
      { type: 'text', text: 'A', citations: null },
      { type: 'tool_use', id: 'a', name: 'f', input: { x: 1 }, caller },
    ]);
  });
});
