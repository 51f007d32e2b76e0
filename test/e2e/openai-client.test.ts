import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import OpenAI from 'openai';
import { zodFunction, zodResponseFormat } from 'openai/helpers/zod';
import * as z from 'zod';
import { HELLO, type Rig, rig } from '../chaos/rig.ts';
import { collect } from './collect.ts';

/** The official client with nothing changed but its base URL. */
async function client(t: TestContext): Promise<Rig> {
  const proxy = await rig(t, {
    config: `models:
  smart: {targets: [a/gpt-4o]}
  embedder: {targets: [a/text-embedding-3-small]}`,
  });
  return { ...proxy, openai: new OpenAI({ baseURL: `${proxy.proxy.url}/v1`, apiKey: 'client' }) };
}

const WEATHER: OpenAI.ChatCompletionTool = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'Weather of a city',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' }, unit: { enum: ['celsius', 'fahrenheit'] } },
      required: ['city', 'unit'],
      additionalProperties: false,
    },
  },
};
const TIME: OpenAI.ChatCompletionTool = {
  type: 'function',
  function: {
    name: 'get_time',
    parameters: { type: 'object', properties: { zone: { type: 'string' } }, required: ['zone'] },
  },
};

test('a plain answer, with its usage and the headers that say how it came about', async (t) => {
  const { openai } = await client(t);

  const { data, response, request_id } = await openai.chat.completions
    .create({ model: 'smart', messages: HELLO })
    .withResponse();

  assert.equal(data.object, 'chat.completion');
  assert.equal(data.choices[0]?.finish_reason, 'stop');
  assert.ok((data.choices[0]?.message.content ?? '').length > 20);
  assert.equal(data.usage?.completion_tokens, 32);
  assert.match(response.headers.get('x-breakwater-request-id') ?? '', /^bw_/);
  assert.equal(response.headers.get('x-breakwater-target'), 'a/gpt-4o');
  assert.equal(response.headers.get('x-breakwater-attempts'), '1');
  assert.equal(response.headers.get('x-breakwater-status'), 'ok');
  assert.ok(Number(response.headers.get('x-breakwater-overhead-ms')) >= 0);
  assert.match(request_id ?? '', /^req_sim_/, "the provider's own id is passed on");
});

test('a stream says the same, token by token, and its usage where the client asked for it', async (t) => {
  const { openai } = await client(t);
  const whole = await openai.chat.completions.create({ model: 'smart', messages: HELLO });

  const stream = await openai.chat.completions.create({
    model: 'smart',
    messages: HELLO,
    stream: true,
    stream_options: { include_usage: true },
  });
  const chunks = await collect(stream);

  assert.equal(
    chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join(''),
    whole.choices[0]?.message.content,
  );
  assert.equal(chunks.filter((chunk) => chunk.choices[0]?.finish_reason === 'stop').length, 1);
  assert.equal(chunks.at(-1)?.usage?.completion_tokens, 32);
  assert.equal(new Set(chunks.map((chunk) => chunk.id)).size, 1);
});

test('a stream has no usage where the client did not ask for it, though the proxy did', async (t) => {
  const proxy = await rig(t, {
    providers: 'providers: {a: {baseUrl: "up(a)", apiKey: key-a, streamUsage: true}}',
    config: 'models: {smart: {targets: [a/gpt-4o]}}',
  });

  const stream = await proxy.openai.chat.completions.create({ model: 'smart', messages: HELLO, stream: true });
  const chunks = await collect(stream);

  assert.ok(chunks.every((chunk) => !chunk.usage && chunk.choices.length === 1));
  assert.deepEqual(proxy.records[0]?.usage, { promptTokens: 5, completionTokens: 32, estimated: false });
});

test('the streaming helper puts the message together', async (t) => {
  const { openai } = await client(t);

  const final = await openai.chat.completions.stream({ model: 'smart', messages: HELLO }).finalChatCompletion();

  assert.equal(final.choices[0]?.finish_reason, 'stop');
  assert.ok((final.choices[0]?.message.content ?? '').length > 20);
});

test('several choices', async (t) => {
  const { openai } = await client(t);

  const whole = await openai.chat.completions.create({ model: 'smart', messages: HELLO, n: 3 });
  const streamed = await openai.chat.completions
    .stream({ model: 'smart', messages: HELLO, n: 3 })
    .finalChatCompletion();

  assert.deepEqual(
    whole.choices.map((choice) => choice.index),
    [0, 1, 2],
  );
  assert.deepEqual(
    streamed.choices.map((choice) => choice.message.content),
    whole.choices.map((choice) => choice.message.content),
  );
});

test('a tool call, and its answer sent back', async (t) => {
  const { openai, upstreams } = await client(t);

  const asked = await openai.chat.completions.create({ model: 'a/sim-tools', messages: HELLO, tools: [WEATHER] });

  const call = asked.choices[0]?.message.tool_calls?.[0];
  assert.equal(asked.choices[0]?.finish_reason, 'tool_calls');
  assert.ok(call?.type === 'function');
  assert.equal(call.function.name, 'get_weather');
  assert.deepEqual(Object.keys(JSON.parse(call.function.arguments)).toSorted(), ['city', 'unit']);
  const { message } = asked.choices[0] ?? assert.fail();
  const messages = [...HELLO, message, { role: 'tool' as const, tool_call_id: call.id, content: 'rain' }];
  const answer = await openai.chat.completions.create({ model: 'smart', messages, tools: [WEATHER] });
  assert.equal(answer.choices[0]?.finish_reason, 'stop');
  assert.deepEqual(messagesOf(upstreams[0]?.requests[1]?.body), messages);
});

test('parallel tool calls', async (t) => {
  const { openai } = await client(t);

  const answer = await openai.chat.completions.create({
    model: 'a/sim-parallel-tools',
    messages: HELLO,
    tools: [WEATHER, TIME],
    parallel_tool_calls: true,
  });

  const calls = answer.choices[0]?.message.tool_calls ?? [];
  assert.deepEqual(
    calls.map((call) => call.type === 'function' && call.function.name),
    ['get_weather', 'get_time'],
  );
  assert.notEqual(calls[0]?.id, calls[1]?.id);
});

for (const model of ['a/sim-tools', 'a/sim-parallel-tools']) {
  test(`the arguments of ${model} come in parts and are the same when put together`, async (t) => {
    const { openai } = await client(t);
    const params = { model, messages: HELLO, tools: [WEATHER, TIME] };
    const whole = await openai.chat.completions.create(params);

    const deltas = (await collect(await openai.chat.completions.create({ ...params, stream: true }))).flatMap(
      (chunk) => chunk.choices[0]?.delta.tool_calls ?? [],
    );
    const helped = await openai.chat.completions.stream(params).finalChatCompletion();

    const called = whole.choices[0]?.message.tool_calls ?? [];
    assert.ok(deltas.length > 2 * called.length, 'in parts');
    for (const [index, call] of called.entries()) {
      const parts = deltas.filter((delta) => delta.index === index);
      assert.ok(call.type === 'function');
      assert.equal(parts[0]?.id, call.id);
      assert.equal(parts.map((part) => part.function?.arguments ?? '').join(''), call.function.arguments);
    }
    assert.deepEqual(
      helped.choices[0]?.message.tool_calls?.map((call) => call.type === 'function' && call.function.arguments),
      called.map((call) => call.type === 'function' && call.function.arguments),
    );
  });
}

const Forecast = z.object({ city: z.string(), days: z.array(z.object({ rain: z.boolean(), degrees: z.number() })) });

test('an answer by JSON schema, parsed by zod', async (t) => {
  const { openai } = await client(t);

  const answer = await openai.chat.completions.parse({
    model: 'smart',
    messages: HELLO,
    response_format: zodResponseFormat(Forecast, 'forecast'),
  });

  const parsed = answer.choices[0]?.message.parsed;
  assert.equal(typeof parsed?.city, 'string');
  assert.ok(Array.isArray(parsed?.days));
});

test('tool arguments parsed by zod', async (t) => {
  const { openai } = await client(t);

  const answer = await openai.chat.completions.parse({
    model: 'a/sim-tools',
    messages: HELLO,
    tools: [zodFunction({ name: 'forecast', parameters: Forecast })],
  });

  const call = answer.choices[0]?.message.tool_calls?.[0];
  assert.ok(call?.type === 'function');
  assert.equal(Forecast.safeParse(call.function.parsed_arguments).success, true);
});

test('an answer by a plain JSON schema, streamed', async (t) => {
  const { openai } = await client(t);
  const schema = { type: 'object', properties: { answer: { type: 'integer' } }, required: ['answer'] };

  const final = await openai.chat.completions
    .stream({
      model: 'smart',
      messages: HELLO,
      response_format: { type: 'json_schema', json_schema: { name: 'answer', schema } },
    })
    .finalChatCompletion();

  assert.ok(Number.isInteger(JSON.parse(final.choices[0]?.message.content ?? '').answer));
});

test('a refusal is an answer', async (t) => {
  const { openai, records } = await client(t);

  const answer = await openai.chat.completions.create({ model: 'a/sim-refusal', messages: HELLO });

  assert.match(answer.choices[0]?.message.refusal ?? '', /sorry/);
  assert.equal(records[0]?.tries, 1);
});

test('embeddings: the base64 the client asks for by itself gives the same numbers as plain floats', async (t) => {
  const { openai, upstreams } = await client(t);

  const packed = await openai.embeddings.create({ model: 'embedder', input: ['tide', 'harbour'] });
  const plain = await openai.embeddings.create({ model: 'embedder', input: 'tide', encoding_format: 'float' });

  const asked = upstreams[0]?.requests[0]?.body as { encoding_format: string };
  assert.equal(asked.encoding_format, 'base64');
  assert.equal(packed.data.length, 2);
  assert.equal(packed.data[0]?.embedding.length, 1536);
  const near = (one: number, other: number) => Math.abs(one - other) < 1e-6;
  assert.ok(plain.data[0]?.embedding.every((value, i) => near(value, packed.data[0]?.embedding[i] ?? Number.NaN)));
});

test('legacy completions, whole and streamed', async (t) => {
  const { openai } = await client(t);

  const whole = await openai.completions.create({ model: 'smart', prompt: 'Once upon a time', max_tokens: 12 });
  const stream = await openai.completions.create({
    model: 'smart',
    prompt: 'Once upon a time',
    max_tokens: 12,
    stream: true,
  });

  const chunks = await collect(stream);
  assert.equal(whole.object, 'text_completion');
  assert.equal(whole.choices[0]?.finish_reason, 'length');
  assert.equal(chunks.map((chunk) => chunk.choices[0]?.text ?? '').join(''), whole.choices[0]?.text);
});

test('models: the configured names first, then what the provider lists, each to be had one by one', async (t) => {
  const { openai } = await client(t);

  const listed = (await collect(openai.models.list())).map((model) => model.id);

  assert.deepEqual(listed.slice(0, 2), ['smart', 'embedder']);
  assert.ok(listed.includes('a/sim-ok'));
  assert.equal((await openai.models.retrieve('smart')).id, 'smart');
  assert.equal((await openai.models.retrieve('a/sim-ok')).owned_by, 'a');
});

test('a model is asked for by its configured name, as provider/model, or by the bare name of the only provider', async (t) => {
  const { openai, upstreams } = await client(t);

  for (const model of ['smart', 'a/gpt-4o', 'gpt-4o']) await openai.chat.completions.create({ model, messages: HELLO });

  assert.deepEqual(
    upstreams[0]?.requests.map((request) => request.model),
    ['gpt-4o', 'gpt-4o', 'gpt-4o'],
  );
});

function messagesOf(body: unknown): unknown {
  return typeof body === 'object' && body !== null && 'messages' in body ? body.messages : undefined;
}
