import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import OpenAI, { APIConnectionError, APIError, AzureOpenAI, NotFoundError, RateLimitError } from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import type { SimulatorOptions } from '../../src/simulator/simulator.ts';
import { startFor } from './raw-client.ts';

const messages = [{ role: 'user' as const, content: 'Hello there' }];

const tools = [
  {
    type: 'function' as const,
    function: {
      name: 'find_flight',
      parameters: {
        type: 'object',
        properties: { from: { type: 'string' }, seats: { type: 'integer', minimum: 1, maximum: 9 } },
        required: ['from', 'seats'],
      },
    },
  },
];

function plainCall(call: OpenAI.ChatCompletionMessageToolCall) {
  assert.ok(call.type === 'function');
  return { id: call.id, name: call.function.name, args: call.function.arguments };
}

async function openaiFor(t: TestContext, options: SimulatorOptions = {}) {
  const simulator = await startFor(t, options);
  return { simulator, openai: new OpenAI({ baseURL: simulator.baseUrl, apiKey: 'sk-test', maxRetries: 0 }) };
}

describe("OpenAI's own client", () => {
  it('gets a chat answer of any model', async (t) => {
    const { simulator, openai } = await openaiFor(t);
    const answer = await openai.chat.completions.create({ model: 'gpt-4o', messages });
    assert.equal(answer.object, 'chat.completion');
    assert.equal(answer.model, 'gpt-4o');
    assert.equal(answer.choices[0]?.finish_reason, 'stop');
    assert.equal(answer.choices[0]?.message.role, 'assistant');
    assert.equal(answer.choices[0]?.message.content?.split(' ').length, 32);
    assert.equal(answer.usage?.completion_tokens, 32);
    assert.equal(answer.usage?.total_tokens, (answer.usage?.prompt_tokens ?? 0) + 32);
    assert.deepEqual(simulator.requests[0]?.body, { model: 'gpt-4o', messages });
    assert.equal(simulator.requests[0]?.key, 'sk-test');
  });

  it('streams the same text, with usage when asked', async (t) => {
    const { openai } = await openaiFor(t);
    const whole = await openai.chat.completions.create({ model: 'sim-ok', messages });
    const stream = openai.chat.completions.stream({
      model: 'sim-ok',
      messages,
      stream_options: { include_usage: true },
    });
    const streamed = await stream.finalChatCompletion();
    assert.equal(streamed.choices[0]?.message.content, whole.choices[0]?.message.content);
    assert.equal(streamed.choices[0]?.finish_reason, 'stop');
    assert.deepEqual(await stream.totalUsage(), { ...(await stream.totalUsage()), ...whole.usage });
  });

  it('gets no usage in a stream unasked', async (t) => {
    const { openai } = await openaiFor(t);
    for await (const chunk of await openai.chat.completions.create({ model: 'sim-ok', messages, stream: true })) {
      assert.equal(chunk.object, 'chat.completion.chunk');
      assert.equal('usage' in chunk, false);
    }
  });

  it('gets several choices, whole and streamed alike', async (t) => {
    const { openai } = await openaiFor(t, { tokens: 5 });
    const whole = await openai.chat.completions.create({ model: 'm', messages, n: 3 });
    const streamed = await openai.chat.completions.stream({ model: 'm', messages, n: 3 }).finalChatCompletion();
    const texts = whole.choices.map(({ message }) => message.content);
    assert.equal(new Set(texts).size, 3);
    assert.equal(whole.usage?.completion_tokens, 15);
    assert.deepEqual(
      streamed.choices.map(({ message }) => message.content),
      texts,
    );
  });

  for (const [model, count] of [
    ['sim-tools', 1],
    ['sim-parallel-tools', 2],
  ] as const) {
    it(`gets ${count} tool call(s) of ${model}, whole and streamed alike`, async (t) => {
      const { openai } = await openaiFor(t);
      const whole = await openai.chat.completions.create({ model, messages, tools });
      const streamed = await openai.chat.completions.stream({ model, messages, tools }).finalChatCompletion();
      const calls = whole.choices[0]?.message.tool_calls?.map(plainCall) ?? [];
      assert.equal(calls.length, count);
      for (const call of calls) {
        assert.equal(call.name, 'find_flight');
        const args = JSON.parse(call.args) as { from: unknown; seats: number };
        assert.equal(typeof args.from, 'string');
        assert.ok(args.seats >= 1 && args.seats <= 9);
      }
      assert.equal(whole.choices[0]?.finish_reason, 'tool_calls');
      const pieced = streamed.choices[0]?.message.tool_calls ?? [];
      assert.deepEqual(pieced.map(plainCall), calls);
    });
  }

  it('gets arguments that are broken JSON from sim-bad-tool-args', async (t) => {
    const { openai } = await openaiFor(t);
    const answer = await openai.chat.completions.create({ model: 'sim-bad-tool-args', messages, tools });
    const [call] = answer.choices[0]?.message.tool_calls ?? [];
    assert.ok(call !== undefined && call.type === 'function');
    assert.throws(() => JSON.parse(call.function.arguments), SyntaxError);
  });

  it('gets an answer that fits its schema, of any model', async (t) => {
    const { openai } = await openaiFor(t);
    const Plan = z.object({
      title: z.string(),
      kind: z.enum(['sea', 'land']),
      steps: z.array(z.object({ day: z.int().min(1).max(31), note: z.string().nullable() })),
    });
    const format = zodResponseFormat(Plan, 'plan');
    for (const model of ['gpt-4o', 'sim-json']) {
      const answer = await openai.chat.completions.parse({ model, messages, response_format: format });
      assert.ok(Plan.safeParse(answer.choices[0]?.message.parsed).success);
    }
    const wrong = await openai.chat.completions.create({ model: 'sim-wrong-json', messages, response_format: format });
    assert.equal(Plan.safeParse(JSON.parse(wrong.choices[0]?.message.content ?? '')).success, false);
  });

  it('gets a refusal', async (t) => {
    const { openai } = await openaiFor(t);
    const whole = await openai.chat.completions.create({ model: 'sim-refusal', messages });
    assert.equal(whole.choices[0]?.message.content, null);
    const streamed = await openai.chat.completions.stream({ model: 'sim-refusal', messages }).finalChatCompletion();
    assert.equal(streamed.choices[0]?.message.refusal, whole.choices[0]?.message.refusal);
  });

  it('is cut off at max_tokens', async (t) => {
    const { openai } = await openaiFor(t);
    const answer = await openai.chat.completions.create({ model: 'm', messages, max_completion_tokens: 4 });
    assert.equal(answer.choices[0]?.finish_reason, 'length');
    assert.equal(answer.choices[0]?.message.content?.split(' ').length, 4);
    assert.equal(answer.usage?.completion_tokens, 4);
  });

  it('gets legacy completions, whole and streamed alike', async (t) => {
    const { openai } = await openaiFor(t);
    const whole = await openai.completions.create({ model: 'm', prompt: 'Once upon a time' });
    assert.equal(whole.object, 'text_completion');
    let text = '';
    let finish: string | null = null;
    for await (const chunk of await openai.completions.create({
      model: 'm',
      prompt: 'Once upon a time',
      stream: true,
    })) {
      text += chunk.choices[0]?.text;
      finish = chunk.choices[0]?.finish_reason ?? null;
    }
    assert.equal(text, whole.choices[0]?.text);
    assert.equal(finish, 'stop');
  });

  it('gets embeddings, in base64 by default and as numbers alike', async (t) => {
    const { openai, simulator } = await openaiFor(t);
    const model = 'text-embedding-3-small';
    const input = ['the tide is high', 'the tide is low', 'completely different words'];
    const encoded = await openai.embeddings.create({ model, input });
    const plain = await openai.embeddings.create({ model, input, encoding_format: 'float' });
    assert.deepEqual(simulator.requests[0]?.body, { model, input, encoding_format: 'base64' });
    assert.equal(encoded.data[0]?.embedding.length, 1536);
    assert.deepEqual(encoded.data, plain.data);
    const [high = [], low = [], other = []] = encoded.data.map(({ embedding }) => embedding);
    const dot = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
    assert.ok(Math.abs(dot(high, high) - 1) < 1e-5);
    assert.ok(dot(high, low) > 0.5 && Math.abs(dot(high, other)) < 0.2);
    assert.equal((await openai.embeddings.create({ model, input: 'x', dimensions: 64 })).data[0]?.embedding.length, 64);
    assert.equal(
      (await openai.embeddings.create({ model: 'text-embedding-3-large', input: 'x' })).data[0]?.embedding.length,
      3072,
    );
  });

  it('lists and finds models', async (t) => {
    const { openai } = await openaiFor(t);
    const { data } = await openai.models.list();
    assert.ok(data.some(({ id }) => id === 'sim-ok') && data.some(({ id }) => id === 'sim-quota'));
    assert.equal((await openai.models.retrieve('sim-cut-at-40')).object, 'model');
    await assert.rejects(openai.models.retrieve('sim-nonsense'), NotFoundError);
  });

  it("speaks Azure's paths and key header", async (t) => {
    const { simulator } = await openaiFor(t);
    const azure = new AzureOpenAI({
      endpoint: simulator.url,
      apiKey: 'az-key',
      apiVersion: '2024-10-21',
      maxRetries: 0,
    });
    const answer = await azure.chat.completions.create({ model: 'sim-long-3', messages });
    assert.equal(answer.usage?.completion_tokens, 3);
    assert.equal(simulator.requests[0]?.key, 'az-key');
    assert.match(simulator.requests[0]?.path ?? '', /^\/openai\/deployments\/sim-long-3\/chat\/completions\?/);
  });

  it('understands an unknown behaviour as a model that does not exist', async (t) => {
    const { openai } = await openaiFor(t);
    await assert.rejects(
      openai.chat.completions.create({ model: 'sim-nonsense', messages }),
      (error) =>
        error instanceof NotFoundError &&
        error.code === 'model_not_found' &&
        error.message.includes('docs/simulator.md'),
    );
  });

  it('obeys the hints of a 429', async (t) => {
    const { simulator, openai } = await openaiFor(t);
    const patient = openai.withOptions({ maxRetries: 2 });
    const answer = await patient.chat.completions.create({ model: 'sim-times-2-429-after-ms-1', messages });
    assert.equal(answer.usage?.completion_tokens, 32);
    assert.deepEqual(
      simulator.requests.map(({ status }) => status),
      [429, 429, 200],
    );
    await assert.rejects(
      patient.chat.completions.create({ model: 'sim-429-should-not-retry', messages }),
      (error) => error instanceof RateLimitError && error.headers?.get('x-should-retry') === 'false',
    );
    assert.equal(simulator.requestCount, 4);
  });

  it('fails as it does with a broken connection', async (t) => {
    const { openai } = await openaiFor(t);
    await assert.rejects(openai.chat.completions.create({ model: 'sim-reset', messages }), APIConnectionError);
    await assert.rejects(openai.chat.completions.create({ model: 'sim-hang-up', messages }), APIConnectionError);
    await assert.rejects(openai.chat.completions.create({ model: 'sim-bad-http', messages }), APIConnectionError);
  });

  it('reads an in-band error as an error', async (t) => {
    const { openai } = await openaiFor(t);
    for (const model of ['sim-error-event-at-3', 'sim-error-event-before-delta']) {
      const stream = await openai.chat.completions.create({ model, messages, stream: true });
      await assert.rejects(async () => {
        for await (const chunk of stream) assert.ok(chunk);
      }, APIError);
    }
  });

  it('reads comments, CRLF, split data and a byte order mark as if they were not there', async (t) => {
    const { openai } = await openaiFor(t);
    const plain = await openai.chat.completions.stream({ model: 'sim-ok', messages }).finalChatCompletion();
    for (const model of ['sim-comments', 'sim-crlf', 'sim-data-lines', 'sim-no-space', 'sim-no-done']) {
      const streamed = await openai.chat.completions.stream({ model, messages }).finalChatCompletion();
      assert.equal(streamed.choices[0]?.message.content, plain.choices[0]?.message.content, model);
    }
  });
});
