import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ContentBlock, Message } from '@anthropic-ai/sdk/resources/messages';
import type { ChatCompletion } from 'openai/resources/chat/completions';
import { chatCodec } from '../../src/dialects/chat/codec.ts';
import { messagesCodec } from '../../src/dialects/messages/codec.ts';
import type { JsonRecord } from '../../src/failures/json-record.ts';
import { asSent, readOrFail } from './translate.ts';

const ASKED = readOrFail(chatCodec, { model: 'm', messages: [{ role: 'user', content: 'Hi' }] });

const direct = { type: 'direct' } as const;
const message = (
  content: ContentBlock[],
  stop_reason: Message['stop_reason'],
  more: Partial<Message> = {},
): Message => ({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-opus-4-8',
  content,
  stop_reason,
  stop_sequence: null,
  stop_details: null,
  container: null,
  diagnostics: null,
  usage: {
    input_tokens: 20,
    output_tokens: 9,
    cache_read_input_tokens: 10,
    cache_creation_input_tokens: 5,
    cache_creation: null,
    inference_geo: null,
    output_tokens_details: { thinking_tokens: 4 },
    server_tool_use: null,
    service_tier: 'standard',
    speed: null,
  },
  ...more,
});
const text = (value: string): ContentBlock => ({ type: 'text', text: value, citations: null });

function toChat(answer: Message): ChatCompletion {
  const written = chatCodec.writeAnswer(
    messagesCodec.readAnswer(answer as unknown as JsonRecord),
    ASKED,
    1_700_000_000,
  );
  return asSent(written) as unknown as ChatCompletion;
}

describe('an answer of Messages for a chat client', () => {
  it('has all that a chat completion has', () => {
    const expected: ChatCompletion = {
      id: 'msg_1',
      object: 'chat.completion',
      created: 1_700_000_000,
      model: 'claude-opus-4-8',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'Hi', refusal: null },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage: {
        prompt_tokens: 35,
        completion_tokens: 9,
        total_tokens: 44,
        prompt_tokens_details: { cached_tokens: 10, cache_write_tokens: 5, audio_tokens: 0 },
        completion_tokens_details: {
          reasoning_tokens: 4,
          audio_tokens: 0,
          accepted_prediction_tokens: 0,
          rejected_prediction_tokens: 0,
        },
      },
    };
    assert.deepEqual(toChat(message([text('Hi')], 'end_turn')), expected);
  });

  it('joins texts, shows thoughts and keeps what Claude needs to take them back', () => {
    const { choices } = toChat(
      message(
        [
          { type: 'thinking', thinking: 'hm', signature: 'sig' },
          { type: 'redacted_thinking', data: 'xx' },
          text('A'),
          text('B'),
          { type: 'tool_use', id: 't', name: 'f', input: { a: [1] }, caller: direct },
          { type: 'tool_use', id: 'u', name: 'f', input: {}, caller: direct },
        ],
        'tool_use',
      ),
    );
    assert.deepEqual(choices[0]?.message, {
      role: 'assistant',
      content: 'AB',
      refusal: null,
      reasoning_content: 'hm',
      reasoning_details: [
        { type: 'reasoning.text', text: 'hm', signature: 'sig', format: 'anthropic-claude-v1', index: 0 },
        { type: 'reasoning.encrypted', data: 'xx', format: 'anthropic-claude-v1', index: 1 },
      ],
      tool_calls: [
        { id: 't', type: 'function', function: { name: 'f', arguments: '{"a":[1]}' } },
        { id: 'u', type: 'function', function: { name: 'f', arguments: '{}' } },
      ],
    });
  });

  it('says null where there are only calls, and nothing where nothing was said', () => {
    const call: ContentBlock = { type: 'tool_use', id: 't', name: 'f', input: {}, caller: direct };
    assert.equal(toChat(message([call], 'tool_use')).choices[0]?.message.content, null);
    assert.equal(toChat(message([], 'end_turn')).choices[0]?.message.content, '');
  });

  const ENDS: readonly (readonly [Message['stop_reason'], string])[] = [
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['pause_turn', 'length'],
    ['tool_use', 'tool_calls'],
    ['refusal', 'content_filter'],
    ['of next year' as 'end_turn', 'stop'],
  ];
  for (const [reason, expected] of ENDS) {
    it(`ends with ${expected} for ${reason}`, () => {
      assert.equal(toChat(message([text('x')], reason)).choices[0]?.finish_reason, expected);
    });
  }

  it('keeps citations as extra fields, those of web pages also as annotations', () => {
    const web = {
      type: 'web_search_result_location',
      cited_text: 'q',
      encrypted_index: 'e',
      title: 'X',
      url: 'https://x',
    } as const;
    const file = {
      type: 'char_location',
      cited_text: 'q',
      document_index: 0,
      document_title: null,
      start_char_index: 1,
      end_char_index: 2,
      file_id: null,
    } as const;
    const { choices } = toChat(
      message([text('AB'), { type: 'text', text: 'CDE', citations: [web, file] }], 'end_turn'),
    );
    const { annotations, citations } = asSent(choices[0]?.message ?? {});
    const range = { start_index: 2, end_index: 5 };
    assert.deepEqual(annotations, [{ type: 'url_citation', url_citation: { ...range, title: 'X', url: 'https://x' } }]);
    assert.deepEqual(citations, [
      { ...range, citation: web },
      { ...range, citation: file },
    ]);
  });
});
