import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RawMessageStreamEvent } from '@anthropic-ai/sdk/resources/messages';
import { chatCodec } from '../../src/dialects/chat/codec.ts';
import { isSealed, unsealReasoning } from '../../src/dialects/conversation/sealed-reasoning.ts';
import { messagesCodec } from '../../src/dialects/messages/codec.ts';
import { cut } from '../dialects/sse-streams.ts';
import { CHAT_STREAMS } from './golden-streams.ts';
import { dataOf, events, readOrFail, translateStream } from './translate.ts';

const ASKED = readOrFail(messagesCodec, {
  model: 'm',
  max_tokens: 100,
  messages: [{ role: 'user', content: 'Hi' }],
  stream: true,
});

function toMessages(stream: string): string {
  return translateStream(chatCodec, [Buffer.from(stream)], messagesCodec, ASKED);
}

function eventsOf(stream: string): RawMessageStreamEvent[] {
  return dataOf(toMessages(stream)) as RawMessageStreamEvent[];
}

/** Puts blocks together as Anthropic's SDK does. */
function blocksOf(stream: string): unknown[] {
  const blocks: Record<string, unknown>[] = [];
  for (const event of eventsOf(stream)) {
    if (event.type === 'content_block_start') {
      assert.equal(event.index, blocks.length);
      blocks.push({ ...event.content_block });
    }
    if (event.type !== 'content_block_delta') continue;
    assert.equal(event.index, blocks.length - 1, 'a delta names the block that is open');
    const block = blocks[event.index] ?? {};
    const { type, ...rest } = event.delta;
    for (const [key, value] of Object.entries(rest)) {
      const before = type === 'input_json_delta' && typeof block[key] !== 'string' ? '' : block[key];
      block[key] = `${before}${value}`;
    }
  }
  return blocks;
}

describe('a chat stream for a Messages client', () => {
  for (const [name, stream] of Object.entries(CHAT_STREAMS)) {
    it(`${name}: is the same wherever the network cuts it`, () => {
      const bytes = Buffer.from(stream);
      const expected = toMessages(stream);
      for (let at = 1; at < bytes.length; at++) {
        assert.equal(translateStream(chatCodec, cut(bytes, at), messagesCodec, ASKED), expected);
      }
    });

    it(`${name}: begins, ends and closes each block once, in order`, () => {
      const types = eventsOf(stream).map(({ type }) => type);
      assert.equal(types[0], 'message_start');
      assert.deepEqual(types.slice(-2), ['message_delta', 'message_stop']);
      const shape = types.slice(1, -2).filter((type) => type !== 'content_block_delta');
      assert.ok(
        shape.every((type, index) => type === (index % 2 === 0 ? 'content_block_start' : 'content_block_stop')),
      );
      const named = events(Buffer.from(toMessages(stream))).map((event) => event.name);
      assert.deepEqual(named, types, 'the SDK passes over events without a name');
    });
  }

  it('carries text, and the counts at the end', () => {
    assert.deepEqual(blocksOf(CHAT_STREAMS.text), [
      { type: 'text', text: 'Grüße \u{1F600}\n"quoted"', citations: null },
    ]);
    const last = eventsOf(CHAT_STREAMS.text).find((event) => event.type === 'message_delta');
    assert.deepEqual(last, {
      type: 'message_delta',
      delta: { stop_reason: 'end_turn', stop_sequence: null, stop_details: null, container: null },
      usage: {
        input_tokens: 20,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 10,
        output_tokens: 9,
        output_tokens_details: { thinking_tokens: 4 },
        server_tool_use: null,
      },
    });
  });

  it('writes interleaved calls one after another, byte for byte', () => {
    const caller = { type: 'direct' };
    assert.deepEqual(blocksOf(CHAT_STREAMS['interleaved calls']), [
      { type: 'text', text: 'Let me see.', citations: null },
      { type: 'tool_use', id: 'call_a', name: 'f', input: {}, caller, partial_json: '{"a": 1}' },
      { type: 'tool_use', id: 'call_b', name: 'g', input: {}, caller, partial_json: '{"b" : "\u{1F600}"}' },
    ]);
  });

  it('writes the first call as it comes and holds back only the others', () => {
    const reader = chatCodec.streamReader();
    const writer = messagesCodec.streamWriter(ASKED);
    const steps = events(Buffer.from(CHAT_STREAMS['interleaved calls'])).map((event) =>
      writer.write(reader.read(event)),
    );
    assert.match(steps[2] ?? '', /partial_json":"\{\\"a\\":/);
    assert.match(steps[3] ?? '', /partial_json":" 1"/);
    assert.equal(steps[4], '');
    assert.match(steps[5] ?? '', /partial_json":"\}"/);
  });

  it("shows another model's thought under a seal that is no signature", () => {
    const [thought] = blocksOf(CHAT_STREAMS.reasoning) as { thinking: string; signature: string }[];
    assert.equal(thought?.thinking, 'hm so');
    assert.ok(isSealed(thought?.signature));
    assert.deepEqual(unsealReasoning('hm so', thought.signature), { origin: 'chat' });
  });

  it('tells a refusal as one', () => {
    const last = eventsOf(CHAT_STREAMS.refusal).find((event) => event.type === 'message_delta');
    assert.deepEqual(last?.delta, {
      stop_reason: 'refusal',
      stop_sequence: null,
      stop_details: { type: 'refusal', category: null, explanation: 'I cannot' },
      container: null,
    });
    assert.deepEqual(blocksOf(CHAT_STREAMS.refusal), [{ type: 'text', text: 'I cannot', citations: null }]);
  });

  it('does not end what has not finished', () => {
    const half = CHAT_STREAMS.text.slice(0, CHAT_STREAMS.text.indexOf('"finish_reason":"stop"') - 150);
    assert.ok(!toMessages(half).includes('message_stop'));
  });

  it('tells calls apart that come whole and under one index', () => {
    const whole = (id: string) => ({
      index: 0,
      id,
      type: 'function',
      function: { name: 'f', arguments: `{"x":"${id}"}` },
    });
    const data = [whole('a'), whole('b')].map((call) => ({
      id: 'c',
      choices: [{ index: 0, delta: { tool_calls: [call] } }],
    }));
    const finish = { id: 'c', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] };
    const stream = [...data, finish].map((one) => `data: ${JSON.stringify(one)}\n\n`).join('');
    const blocks = blocksOf(stream) as { id: string; partial_json: string }[];
    assert.deepEqual(
      blocks.map(({ id, partial_json }) => [id, partial_json]),
      [
        ['a', '{"x":"a"}'],
        ['b', '{"x":"b"}'],
      ],
    );
    const last = eventsOf(stream).find((event) => event.type === 'message_delta');
    assert.equal(last?.delta.stop_reason, 'tool_use');
  });
});
