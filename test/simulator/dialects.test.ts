import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { conforms } from '../conformance/conforms.ts';
import { startFor } from './raw-client.ts';
import { eventData } from './sse.ts';

const HELLO = [{ role: 'user' as const, content: 'Hello there' }];
const PARAMETERS = {
  type: 'object' as const,
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
};

/** Behaviours whose answers are good, or wrong only in what they say. */
const ANSWERS = [
  'ok',
  'tools',
  'parallel-tools',
  'thinking',
  'thinking-tools',
  'refusal',
  'length',
  'filtered',
  'echo',
  'repeat',
  'long-200',
  'usage-30-7-cached-10',
  'split-emoji',
  'x1',
];

interface Told {
  readonly text: string;
  readonly thoughts: string;
  readonly calls: readonly (readonly [name: string, args: string])[];
  readonly finish: string | null | undefined;
  readonly tokens: readonly [prompt: number, completion: number, cached: number];
}

/** What an official client makes of an answer, whichever dialect it came in. */
interface Asked {
  readonly whole: (simulator: Simulator, model: string) => Promise<Told>;
  readonly streamed: (simulator: Simulator, model: string) => Promise<Told>;
}

function messageTold({ content, stop_reason, usage }: Anthropic.Message): Told {
  return {
    text: content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
    thoughts: content.map((block) => (block.type === 'thinking' ? block.thinking : '')).join(''),
    calls: content.flatMap((block) =>
      block.type === 'tool_use' ? [[block.name, JSON.stringify(block.input)] as const] : [],
    ),
    finish: stop_reason,
    tokens: [usage.input_tokens, usage.output_tokens, usage.cache_read_input_tokens ?? 0],
  };
}

function responseTold(response: OpenAI.Responses.Response): Told {
  const parts = response.output.flatMap((item) => (item.type === 'message' ? item.content : []));
  return {
    text: parts.map((part) => (part.type === 'output_text' ? part.text : part.refusal)).join(''),
    thoughts: response.output
      .flatMap((item) => (item.type === 'reasoning' ? item.summary : []))
      .map(({ text }) => text)
      .join(''),
    calls: response.output.flatMap((item) =>
      item.type === 'function_call' ? [[item.name, item.arguments] as const] : [],
    ),
    finish: response.incomplete_details?.reason ?? response.status,
    tokens: [
      response.usage?.input_tokens ?? 0,
      response.usage?.output_tokens ?? 0,
      response.usage?.input_tokens_details.cached_tokens ?? 0,
    ],
  };
}

const anthropic = ({ url }: Simulator) => new Anthropic({ baseURL: url, apiKey: 'k', maxRetries: 0 });
const openai = ({ baseUrl }: Simulator) => new OpenAI({ baseURL: baseUrl, apiKey: 'k', maxRetries: 0 });
const MESSAGE = {
  max_tokens: 1000,
  messages: HELLO,
  tools: [{ name: 'weather', input_schema: PARAMETERS }],
};
const RESPONSE = {
  input: HELLO,
  tools: [{ type: 'function' as const, name: 'weather', parameters: PARAMETERS, strict: true }],
};

const DIALECTS: Readonly<Record<'Messages' | 'Responses', Asked>> = {
  Messages: {
    whole: async (simulator, model) => messageTold(await anthropic(simulator).messages.create({ model, ...MESSAGE })),
    streamed: async (simulator, model) =>
      messageTold(
        await anthropic(simulator)
          .messages.stream({ model, ...MESSAGE })
          .finalMessage(),
      ),
  },
  Responses: {
    whole: async (simulator, model) => responseTold(await openai(simulator).responses.create({ model, ...RESPONSE })),
    streamed: async (simulator, model) =>
      responseTold(
        await openai(simulator)
          .responses.stream({ model, ...RESPONSE })
          .finalResponse(),
      ),
  },
};

for (const [dialect, { whole, streamed }] of Object.entries(DIALECTS)) {
  describe(`${dialect} as its official client reads it`, () => {
    for (const behaviour of ANSWERS) {
      it(`sim-${behaviour} is the same whole and streamed`, async (t) => {
        const simulator = await startFor(t);
        const one = await whole(simulator, `sim-${behaviour}`);
        assert.deepEqual(await streamed(simulator, `sim-${behaviour}`), one);
        assert.ok(one.text !== '' || one.calls.length > 0);
      });
    }

    it('says what chat completions says', async (t) => {
      const simulator = await startFor(t);
      const chat = await openai(simulator).chat.completions.create({ model: 'm', messages: HELLO });
      const told = await whole(simulator, 'm');
      assert.equal(told.text, chat.choices[0]?.message.content);
      assert.deepEqual(told.tokens, [chat.usage?.prompt_tokens, chat.usage?.completion_tokens, 0]);
    });

    it('calls two tools at once', async (t) => {
      const { calls } = await streamed(await startFor(t), 'sim-parallel-tools');
      assert.deepEqual(
        calls.map(([name]) => name),
        ['weather', 'weather'],
      );
      for (const [, args] of calls) assert.equal(typeof JSON.parse(args).city, 'string');
    });

    it('thinks first', async (t) => {
      const { thoughts, text, tokens } = await streamed(await startFor(t), 'sim-thinking');
      assert.equal(thoughts.split(' ').length, 8);
      assert.equal(text.split(' ').length, 32);
      assert.equal(tokens[1], 40);
    });
  });
}

it('the finish is told in the words of the dialect', async (t) => {
  const simulator = await startFor(t);
  const finishes: Record<string, unknown[]> = {};
  for (const behaviour of ['ok', 'tools', 'length', 'filtered', 'refusal']) {
    const answers = Object.values(DIALECTS).map(({ whole }) => whole(simulator, `sim-${behaviour}`));
    finishes[behaviour] = (await Promise.all(answers)).map(({ finish }) => finish);
  }
  assert.deepEqual(finishes, {
    ok: ['end_turn', 'completed'],
    tools: ['tool_use', 'completed'],
    length: ['max_tokens', 'max_output_tokens'],
    filtered: ['refusal', 'content_filter'],
    refusal: ['refusal', 'completed'],
  });
});

it("Anthropic's input tokens leave out what came from the cache, OpenAI's do not", async (t) => {
  const simulator = await startFor(t);
  const model = 'sim-usage-30-7-cached-10';
  assert.deepEqual((await DIALECTS.Messages.whole(simulator, model)).tokens, [20, 7, 10]);
  assert.deepEqual((await DIALECTS.Responses.whole(simulator, model)).tokens, [30, 7, 10]);
});

it('a schema is obeyed', async (t) => {
  const simulator = await startFor(t);
  const message = await anthropic(simulator).messages.create({
    model: 'm',
    max_tokens: 100,
    messages: HELLO,
    output_config: { format: { type: 'json_schema', schema: PARAMETERS } },
  });
  const response = await openai(simulator).responses.create({
    model: 'm',
    input: 'Hello there',
    text: { format: { type: 'json_schema', name: 'place', schema: PARAMETERS, strict: true } },
  });
  assert.deepEqual(Object.keys(JSON.parse(messageTold(message).text)), ['city']);
  assert.equal(response.output_text, messageTold(message).text);
});

it("tools' results decide the next text, as in chat completions", async (t) => {
  const simulator = await startFor(t);
  const result = (id: string, content: string) => ({ type: 'tool_result' as const, tool_use_id: id, content });
  const message = await anthropic(simulator).messages.create({
    ...MESSAGE,
    model: 'sim-echo',
    messages: [
      ...HELLO,
      { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'weather', input: {} }] },
      { role: 'user', content: [result('toolu_1', 'Rain'), result('toolu_2', 'Sun')] },
    ],
  });
  const response = await openai(simulator).responses.create({
    model: 'sim-echo',
    input: [
      ...HELLO,
      { type: 'function_call', call_id: 'call_1', name: 'weather', arguments: '{}' },
      { type: 'function_call_output', call_id: 'call_1', output: 'Rain' },
      { type: 'function_call_output', call_id: 'call_2', output: 'Sun' },
    ],
  });
  assert.equal(messageTold(message).text, 'Sun');
  assert.equal(response.output_text, 'Sun');
});

async function post(t: TestContext, path: string, body: object, headers: Record<string, string> = {}) {
  const simulator = await startFor(t);
  const response = await fetch(simulator.baseUrl + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close', ...headers },
    body: JSON.stringify(body),
  });
  return { status: response.status, text: await response.text(), simulator };
}

const json = (text: string) => JSON.parse(text) as Record<string, unknown>;

describe("the providers' own schemas", () => {
  for (const behaviour of [...ANSWERS, 'error-event-at-3', 'error-event-before-delta', 'cut-clean-at-3']) {
    const model = `sim-${behaviour}`;

    it(`hold for Messages: ${model}`, async (t) => {
      const streamed = await post(t, '/messages', { model, ...MESSAGE, stream: true });
      const events = eventData(streamed.text).map(json);
      for (const event of events) {
        if (event.type === 'ping') continue;
        const schema = event.type === 'error' ? 'anthropic.error' : 'message.event';
        assert.deepEqual(conforms(schema, event), [], JSON.stringify(event));
      }
      assert.ok(events.length >= 3);
      if (behaviour.startsWith('error') || behaviour.startsWith('cut')) return;
      assert.equal(events.at(-1)?.type, 'message_stop');
      const whole = await post(t, '/messages', { model, ...MESSAGE });
      assert.deepEqual(conforms('message', json(whole.text)), []);
    });

    it(`hold for Responses: ${model}`, async (t) => {
      const streamed = await post(t, '/responses', { model, ...RESPONSE, stream: true });
      const events = eventData(streamed.text).map(json);
      for (const event of events) assert.deepEqual(conforms('response.event', event), [], JSON.stringify(event));
      assert.deepEqual(
        events.map((event) => event.sequence_number),
        events.map((_, index) => index),
      );
      if (behaviour.startsWith('error') || behaviour.startsWith('cut')) return;
      assert.match(String(events.at(-1)?.type), /^response\.(completed|incomplete)$/);
      const whole = await post(t, '/responses', { model, ...RESPONSE });
      assert.deepEqual(conforms('response', json(whole.text)), []);
    });
  }

  it('hold for the count of tokens', async (t) => {
    const { text } = await post(t, '/messages/count_tokens', { model: 'm', messages: HELLO, system: 'Be brief.' });
    assert.deepEqual(conforms('message.count', json(text)), []);
    assert.deepEqual(json(text), { input_tokens: 11 });
  });
});

describe('errors of Messages', () => {
  const ERRORS = {
    'sim-401': [401, 'authentication_error'],
    'sim-404': [404, 'not_found_error'],
    'sim-429': [429, 'rate_limit_error'],
    'sim-500': [500, 'api_error'],
    'sim-529': [529, 'overloaded_error'],
    'sim-window-1': [400, 'invalid_request_error'],
    'sim-capacity-0': [529, 'overloaded_error'],
    'sim-nonsense': [404, 'not_found_error'],
    'sim-error-in-200': [200, 'api_error'],
  } as const;
  for (const [model, [status, type]] of Object.entries(ERRORS)) {
    it(`${model} is ${status} ${type}, also for the count of tokens`, async (t) => {
      for (const path of ['/messages', '/messages/count_tokens']) {
        const answer = await post(t, path, { model, ...MESSAGE });
        assert.deepEqual(conforms('anthropic.error', json(answer.text)), []);
        assert.equal(answer.status, status);
        assert.equal((json(answer.text).error as { type: string }).type, type);
      }
    });
  }

  it('a request without max_tokens is refused', async (t) => {
    const { status, text } = await post(t, '/messages', { model: 'm', messages: HELLO });
    assert.equal(status, 400);
    assert.match(text, /max_tokens: Field required/);
  });

  it('the key counts in x-api-key and as a bearer', async (t) => {
    const named = await post(t, '/messages', { model: 'm', ...MESSAGE }, { 'x-api-key': 'sim-401' });
    const bearer = await post(t, '/messages', { model: 'm', ...MESSAGE }, { authorization: 'Bearer sim-429' });
    assert.deepEqual([named.status, bearer.status], [401, 429]);
  });
});

describe('answers that say nothing', () => {
  for (const behaviour of ['empty-choices', 'null-content']) {
    it(`sim-${behaviour} has no content in any dialect`, async (t) => {
      const message = json((await post(t, '/messages', { model: `sim-${behaviour}`, ...MESSAGE })).text);
      const response = json((await post(t, '/responses', { model: `sim-${behaviour}`, ...RESPONSE })).text);
      assert.deepEqual(message.content ?? [], []);
      assert.deepEqual(
        (response.output as { content: unknown[] }[]).flatMap(({ content }) => content),
        [],
      );
    });
  }
});

describe('streams that break', () => {
  it('Messages: the official client throws at an error event and has the text before it', async (t) => {
    const simulator = await startFor(t);
    const stream = anthropic(simulator).messages.stream({ model: 'sim-error-event-at-3', ...MESSAGE });
    let words = '';
    stream.on('text', (text) => {
      words += text;
    });
    await assert.rejects(stream.finalMessage(), (error) => {
      assert.ok(error instanceof Anthropic.APIError);
      assert.equal(error.type, 'overloaded_error');
      return true;
    });
    assert.equal(words.split(' ').length, 3);
  });

  it('Responses: the official client throws at an error event', async (t) => {
    const simulator = await startFor(t);
    const stream = await openai(simulator).responses.create({
      model: 'sim-error-event-at-3',
      ...RESPONSE,
      stream: true,
    });
    await assert.rejects(
      async () => {
        for await (const event of stream) assert.notEqual(event.type, 'response.completed');
      },
      (error) => error instanceof OpenAI.APIError && error.code === 'server_error',
    );
  });

  it('a stream cut cleanly has neither finish nor end', async (t) => {
    const messages = await post(t, '/messages', { model: 'sim-cut-clean-at-3', ...MESSAGE, stream: true });
    const responses = await post(t, '/responses', { model: 'sim-cut-clean-at-3', ...RESPONSE, stream: true });
    assert.doesNotMatch(messages.text, /message_delta|message_stop|content_block_stop/);
    assert.doesNotMatch(responses.text, /response\.completed|\.done/);
    assert.equal(messages.text.match(/text_delta/g)?.length, 3);
    assert.equal(responses.text.match(/event: response\.output_text\.delta/g)?.length, 3);
  });

  it('without a finish, or without an end behind it', async (t) => {
    const noFinish = await post(t, '/messages', { model: 'sim-no-finish', ...MESSAGE, stream: true });
    const noDone = await post(t, '/messages', { model: 'sim-no-done', ...MESSAGE, stream: true });
    assert.doesNotMatch(noFinish.text, /message_delta/);
    assert.match(noFinish.text, /message_stop/);
    assert.match(noDone.text, /message_delta/);
    assert.doesNotMatch(noDone.text, /message_stop/);
  });

  it('a malformed event comes once, and the stream goes on', async (t) => {
    for (const [path, body, end] of [
      ['/messages', MESSAGE, 'message_stop'],
      ['/responses', RESPONSE, 'response.completed'],
    ] as const) {
      const { text } = await post(t, path, { model: 'sim-bad-json-event-at-2', ...body, stream: true });
      const broken = eventData(text).filter((data) => !data.endsWith('}'));
      assert.equal(broken.length, 1);
      assert.ok(text.includes(end));
    }
  });
});
