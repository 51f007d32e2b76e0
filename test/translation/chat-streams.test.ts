import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ChatCompletionChunk } from 'openai/resources/chat/completions';
import { chatCodec } from '../../src/dialects/chat/codec.ts';
import { messagesCodec } from '../../src/dialects/messages/codec.ts';
import { assembleChat } from '../../src/dialects/openai-assemble.ts';
import { cut } from '../dialects/sse-streams.ts';
import { MESSAGES_STREAMS } from './golden-streams.ts';
import { dataOf, readOrFail, translateStream } from './translate.ts';

const ASKED = readOrFail(chatCodec, {
  model: 'm',
  messages: [{ role: 'user', content: 'Hi' }],
  stream: true,
  stream_options: { include_usage: true },
});

function toChat(stream: string, asked = ASKED): string {
  return translateStream(messagesCodec, [Buffer.from(stream)], chatCodec, asked);
}

function whole(stream: string) {
  const completion = assembleChat(Buffer.from(toChat(stream)));
  const [choice] = completion.choices as { message: Record<string, unknown>; finish_reason: string }[];
  assert.ok(choice);
  const { role: _role, ...message } = choice.message;
  return { message, finish: choice.finish_reason, usage: completion.usage };
}

describe('a stream of Messages for a chat client', () => {
  for (const [name, stream] of Object.entries(MESSAGES_STREAMS)) {
    it(`${name}: is the same wherever the network cuts it`, () => {
      const bytes = Buffer.from(stream);
      const expected = toChat(stream);
      for (let at = 1; at < bytes.length; at++) {
        assert.equal(translateStream(messagesCodec, cut(bytes, at), chatCodec, ASKED), expected);
      }
    });

    it(`${name}: consists of chunks and ends once`, () => {
      const data = dataOf(toChat(stream));
      assert.equal(data.filter((one) => one === '[DONE]').length, 1);
      assert.equal(data.at(-1), '[DONE]');
      for (const one of data.slice(0, -1)) {
        const chunk = one as ChatCompletionChunk;
        assert.equal(chunk.object, 'chat.completion.chunk');
        assert.equal(chunk.id, 'msg_1');
        assert.equal(chunk.created, 1_700_000_000);
      }
      assert.equal((data[0] as ChatCompletionChunk).choices[0]?.delta.role, 'assistant');
    });
  }

  it('carries text and counts, cached and written tokens among the prompt', () => {
    const { message, finish, usage } = whole(MESSAGES_STREAMS.text);
    assert.deepEqual(message, { content: 'Grüße \u{1F600}\n"quoted"', refusal: null });
    assert.equal(finish, 'stop');
    assert.deepEqual(usage, {
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
    });
  });

  it('counts only where the client asked for it', () => {
    const data = dataOf(toChat(MESSAGES_STREAMS.text, { ...ASKED, includeUsage: false }));
    assert.ok(data.every((one) => one === '[DONE]' || (one as ChatCompletionChunk).usage === undefined));
  });

  it('shows thoughts, with what Claude needs to take them back', () => {
    const { message } = whole(MESSAGES_STREAMS.thinking);
    assert.deepEqual(message, {
      content: 'Yes',
      refusal: null,
      reasoning_content: 'hm so',
      reasoning_details: [
        { type: 'reasoning.text', text: 'hm so', signature: 'sig', format: 'anthropic-claude-v1', index: 0 },
        { type: 'reasoning.encrypted', data: 'xx', format: 'anthropic-claude-v1', index: 1 },
      ],
    });
  });

  it('carries arguments byte for byte, and none as an empty object', () => {
    const { message, finish } = whole(MESSAGES_STREAMS.calls);
    assert.deepEqual(message.tool_calls, [
      { id: 'toolu_a', type: 'function', function: { name: 'f', arguments: '{"a": 1}' } },
      { id: 'toolu_b', type: 'function', function: { name: 'g', arguments: '{}' } },
    ]);
    assert.equal(finish, 'tool_calls');
  });

  it('does not show a refused answer as complete', () => {
    const { message, finish } = whole(MESSAGES_STREAMS.refusal);
    assert.deepEqual(message, { content: 'Sure, ', refusal: 'No' });
    assert.equal(finish, 'content_filter');
  });

  it('does not end what has not finished', () => {
    const half = MESSAGES_STREAMS.text.slice(0, MESSAGES_STREAMS.text.indexOf('event: content_block_stop'));
    assert.ok(!toChat(half).includes('[DONE]'));
  });

  it('ends what has finished, though its last event is missing', () => {
    const stream = MESSAGES_STREAMS.text.slice(0, MESSAGES_STREAMS.text.indexOf('event: message_stop'));
    assert.equal(toChat(stream), toChat(MESSAGES_STREAMS.text));
  });

  it('tells citations with the range they stand by', () => {
    const cited = {
      type: 'web_search_result_location',
      url: 'https://x',
      title: 'X',
      cited_text: 'q',
      encrypted_index: 'e',
    };
    const event = { type: 'content_block_delta', index: 0, delta: { type: 'citations_delta', citation: cited } };
    const stream = MESSAGES_STREAMS.text.replace(
      'event: content_block_stop',
      `event: content_block_delta\ndata: ${JSON.stringify(event)}\n\nevent: content_block_stop`,
    );
    const { message } = whole(stream);
    const range = { start_index: 0, end_index: 17 };
    assert.deepEqual(message.annotations, [
      { type: 'url_citation', url_citation: { ...range, title: 'X', url: 'https://x' } },
    ]);
    assert.deepEqual(message.citations, [{ ...range, citation: cited }]);
  });
});
