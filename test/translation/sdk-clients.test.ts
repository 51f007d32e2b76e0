import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { chatCodec } from '../../src/dialects/chat/codec.ts';
import type { Codec } from '../../src/dialects/conversation/codec.ts';
import { messagesCodec } from '../../src/dialects/messages/codec.ts';
import { assembleChat } from '../../src/dialects/openai-assemble.ts';
import { CHAT_STREAMS, MESSAGES_STREAMS } from './golden-streams.ts';
import { asSent, readOrFail, translateStream } from './translate.ts';

const HI = [{ role: 'user' as const, content: 'Hi' }];

/** A fetch that answers with the stream, translated for whoever asks. */
function answering(stream: string, from: Codec, to: Codec): typeof fetch {
  return async (_url, init) => {
    const asked = readOrFail(to, JSON.parse(String(init?.body)));
    const body = translateStream(from, [Buffer.from(stream)], to, asked);
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
  };
}

async function throughAnthropic(stream: string): Promise<Anthropic.Message> {
  const client = new Anthropic({ apiKey: 'k', maxRetries: 0, fetch: answering(stream, chatCodec, messagesCodec) });
  return await client.messages.stream({ model: 'm', max_tokens: 9, messages: HI }).finalMessage();
}

async function throughOpenAi(stream: string): Promise<OpenAI.ChatCompletion> {
  const client = new OpenAI({ apiKey: 'k', maxRetries: 0, fetch: answering(stream, messagesCodec, chatCodec) });
  return await client.chat.completions
    .stream({ model: 'm', messages: HI, stream_options: { include_usage: true } })
    .finalChatCompletion();
}

describe("Anthropic's SDK on the stream of a chat provider", () => {
  for (const [name, stream] of Object.entries(CHAT_STREAMS)) {
    it(`${name}: puts together what the whole answer would be`, async () => {
      const whole = assembleChat(Buffer.from(stream));
      const expected = messagesCodec.writeAnswer(
        chatCodec.readAnswer(whole),
        readOrFail(messagesCodec, { model: 'm', max_tokens: 9, messages: HI }),
      );
      const { content, stop_reason, usage } = await throughAnthropic(stream);
      const plain = asSent({ content }).content as object[];
      assert.deepEqual(
        plain,
        (asSent(expected).content as { text?: string }[]).filter(({ text }) => text !== ''),
      );
      assert.equal(stop_reason, expected.stop_reason);
      assert.equal(usage.output_tokens, 9);
    });
  }
});

describe("OpenAI's SDK on a stream of Messages", () => {
  it('puts text together', async () => {
    const completion = await throughOpenAi(MESSAGES_STREAMS.text);
    assert.equal(completion.choices[0]?.message.content, 'Grüße \u{1F600}\n"quoted"');
    assert.equal(completion.usage?.total_tokens, 44);
  });

  it('puts calls together', async () => {
    const completion = await throughOpenAi(MESSAGES_STREAMS.calls);
    const calls = completion.choices[0]?.message.tool_calls?.map((call) => {
      return call.type === 'function' ? [call.id, call.function.name, call.function.arguments] : [];
    });
    assert.deepEqual(calls, [
      ['toolu_a', 'f', '{"a": 1}'],
      ['toolu_b', 'g', '{}'],
    ]);
    assert.equal(completion.choices[0]?.finish_reason, 'tool_calls');
  });
});
