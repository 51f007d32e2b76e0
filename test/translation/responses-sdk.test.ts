import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import test, { type TestContext } from 'node:test';
import OpenAI from 'openai';
import type { ResponseInput } from 'openai/resources/responses/responses';
import { chatCodec } from '../../src/dialects/chat/codec.ts';
import { messagesCodec } from '../../src/dialects/messages/codec.ts';
import { responsesCodec } from '../../src/dialects/responses/codec.ts';
import { CHAT_STREAMS, MESSAGES_STREAMS } from './golden-streams.ts';
import { readOrFail, translateStream } from './translate.ts';

const ASKED = readOrFail(responsesCodec, { model: 'm', input: 'Hi', stream: true });

/** The official SDK, talking to a server that answers everything with this stream. */
async function clientOf(t: TestContext, stream: string): Promise<OpenAI> {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'text/event-stream', connection: 'close' });
    response.end(stream);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  return new OpenAI({ apiKey: 'k', baseURL: `http://127.0.0.1:${port}/v1`, maxRetries: 0 });
}

test('the SDK puts a translated chat stream with two calls together', async (t) => {
  const bytes = Buffer.from(CHAT_STREAMS['interleaved calls']);
  const client = await clientOf(t, translateStream(chatCodec, [bytes], responsesCodec, ASKED));
  const types: string[] = [];
  const stream = client.responses.stream({ model: 'm', input: 'Hi' });
  stream.on('event', ({ type }) => types.push(type));
  const { output, output_text, usage } = await stream.finalResponse();
  assert.equal(output_text, 'Let me see.');
  const calls = output.flatMap((item) =>
    item.type === 'function_call' ? [[item.call_id, item.name, item.arguments]] : [],
  );
  assert.deepEqual(calls, [
    ['call_a', 'f', '{"a": 1}'],
    ['call_b', 'g', '{"b" : "\u{1F600}"}'],
  ]);
  assert.equal(usage?.input_tokens_details.cached_tokens, 10);
  assert.ok(types.includes('response.function_call_arguments.delta'));
});

test("the SDK sends a translated answer's items back, and they are understood", async (t) => {
  const bytes = Buffer.from(MESSAGES_STREAMS.thinking);
  const client = await clientOf(t, translateStream(messagesCodec, [bytes], responsesCodec, ASKED));
  const { output } = await client.responses.stream({ model: 'm', input: 'Hi' }).finalResponse();
  const input: ResponseInput = [{ role: 'user', content: 'Hi' }, ...(output as ResponseInput)];
  const { turns } = readOrFail(responsesCodec, { model: 'm', input: JSON.parse(JSON.stringify(input)) });
  assert.deepEqual(
    turns.map(({ role, parts }) => [role, ...parts.map((part) => part.kind)]),
    [
      ['user', 'text'],
      ['assistant', 'reasoning', 'reasoning', 'text'],
    ],
  );
});

test('the SDK throws what a broken stream says', async (t) => {
  const writer = responsesCodec.streamWriter(ASKED, 1);
  const begun = writer.write([
    { kind: 'start', id: 'chatcmpl-1', model: 'm', created: 5, usage: undefined },
    { kind: 'block-start', block: 0, part: { kind: 'text' } },
    { kind: 'text', block: 0, text: 'half' },
  ]);
  const broken = writer.fail?.(
    { class: 'stream_broken', origin: 'upstream', message: 'the stream broke off', maybeBilled: true },
    { requestId: 'bw_1', attempts: [], spent: true },
  );
  const client = await clientOf(t, begun + broken);
  const stream = await client.responses.create({ model: 'm', input: 'Hi', stream: true });
  let seen = '';
  await assert.rejects(
    async () => {
      for await (const event of stream) if (event.type === 'response.output_text.delta') seen += event.delta;
    },
    (error) => error instanceof OpenAI.APIError && error.code === 'upstream_stream_interrupted',
  );
  assert.equal(seen, 'half');
});
