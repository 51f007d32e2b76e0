import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { SseReader } from '../../src/dialects/sse-reader.ts';
import { Simulator } from '../../src/simulator/simulator.ts';
import { conforms, type SchemaName } from './conforms.ts';

const MESSAGES = [{ role: 'user', content: 'Hello there' }];
const TOOLS = [
  {
    type: 'function',
    function: {
      name: 'get_weather',
      parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    },
  },
];

async function start(t: TestContext): Promise<string> {
  const simulator = await Simulator.start({});
  t.after(() => simulator.close());
  return `http://127.0.0.1:${simulator.port}/v1`;
}

async function post(url: string, body: object): Promise<{ status: number; text: string }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer sk-sim', connection: 'close' },
    body: JSON.stringify(body),
  });
  return { status: response.status, text: await response.text() };
}

const ASKED: readonly (readonly [string, string, object, SchemaName, SchemaName | undefined])[] = [
  ['a chat', '/chat/completions', { model: 'gpt-4o', messages: MESSAGES }, 'chat.completion', 'chat.completion.chunk'],
  [
    'a chat with tools',
    '/chat/completions',
    { model: 'gpt-4o', messages: MESSAGES, tools: TOOLS, tool_choice: 'required' },
    'chat.completion',
    'chat.completion.chunk',
  ],
  [
    'a chat with two choices and usage',
    '/chat/completions',
    { model: 'gpt-4o', messages: MESSAGES, n: 2, stream_options: { include_usage: true } },
    'chat.completion',
    'chat.completion.chunk',
  ],
  [
    'a completion',
    '/completions',
    { model: 'gpt-3.5-turbo-instruct', prompt: 'Once' },
    'text_completion',
    // The schema has no chunks of completions: before the end their finish reason is null.
    undefined,
  ],
  ['embeddings', '/embeddings', { model: 'text-embedding-3-small', input: ['a', 'b'] }, 'embeddings', undefined],
  ['base64 embeddings', '/embeddings', { model: 'm', input: 'a', encoding_format: 'base64' }, 'embeddings', undefined],
];

for (const [name, path, body, schema, chunk] of ASKED) {
  test(`the simulator's answer to ${name} fits OpenAI's schema`, async (t) => {
    const base = await start(t);
    const { status, text } = await post(base + path, body);
    assert.equal(status, 200, text);
    // The schema knows vectors as numbers only; base64 is documented beside it.
    if (name !== 'base64 embeddings') assert.deepEqual(conforms(schema, JSON.parse(text)), []);
    if (chunk === undefined) return;
    const streamed = await post(base + path, { ...body, stream: true });
    const events = new SseReader({ maxEventBytes: 1 << 20 }).push(Buffer.from(streamed.text));
    const chunks = events.map((event) => event.data.toString()).filter((data) => data !== '[DONE]');
    assert.ok(chunks.length > 2);
    for (const data of chunks) assert.deepEqual(conforms(chunk, JSON.parse(data)), [], data);
  });
}

test("the simulator's models and its errors fit OpenAI's schema", async (t) => {
  const base = await start(t);
  const models = await fetch(`${base}/models`, { headers: { authorization: 'Bearer x', connection: 'close' } });
  assert.deepEqual(conforms('models', await models.json()), []);
  const { status, text } = await post(`${base}/chat/completions`, { model: 'gpt-4o' });
  assert.equal(status, 400);
  assert.deepEqual(conforms('openai.error', JSON.parse(text)), []);
});

/** Values that must not fit: a schema that takes everything proves nothing. */
const MISFITS: readonly (readonly [SchemaName, unknown])[] = [
  ['chat.completion', { id: 'x', object: 'chat.completion', created: 1, model: 'm', choices: [{}] }],
  ['chat.completion.chunk', { id: 'x', object: 'chat.completion', created: 1, model: 'm', choices: [] }],
  ['response', { id: 'resp_1', object: 'response' }],
  ['response.event', { type: 'response.output_text.delta', delta: 'x' }],
  ['response.event', { type: 'response.nothing', sequence_number: 1 }],
  ['embeddings', { object: 'list', data: [{}], model: 'm', usage: {} }],
  ['message', { id: 'msg_1', type: 'message', role: 'user', content: [] }],
  ['message.event', { type: 'content_block_delta', index: 0, delta: { type: 'nothing' } }],
  ['anthropic.error', { type: 'error' }],
];
for (const [schema, value] of MISFITS) {
  test(`${JSON.stringify(value)} does not fit ${schema}`, () => {
    assert.notDeepEqual(conforms(schema, value), []);
  });
}
