import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { APICallError, generateText, isStepCount, type LanguageModel, Output, streamText, tool } from 'ai';
import type { Ask, Client } from './client.ts';
import { scenarios } from './scenarios.ts';
import { DIALECTS, simulated } from './stand.ts';
import { REPORT, TIME, type Toolbox, WEATHER } from './toolbox.ts';

/** Without it the SDK refers to earlier answers by their ids, which only OpenAI itself keeps. Other providers do not look at it. */
const UNSTORED = { providerOptions: { openai: { store: false } } };

type At = Pick<Ask, 'url' | 'model'>;

/** The AI SDK has one interface for all providers: what differs is the model object. */
function client(name: string, modelOf: (at: At) => LanguageModel): Client {
  const request = (ask: Ask) => ({ model: modelOf(ask), prompt: ask.prompt, maxRetries: 0, ...UNSTORED });
  return {
    name,

    async plain(ask) {
      return (await generateText(request(ask))).text;
    },

    async streamed(ask) {
      let text = '';
      let pieces = 0;
      for await (const part of streamText({ ...request(ask), onError: () => {} }).stream) {
        if (part.type === 'error') throw part.error;
        if (part.type !== 'text-delta') continue;
        text += part.text;
        pieces++;
      }
      return { text, pieces };
    },

    async toolRound(ask, tools) {
      return (await generateText({ ...request(ask), tools: toolsOf(tools), stopWhen: isStepCount(3) })).text;
    },

    async streamedToolRound(ask, tools) {
      return await streamText({ ...request(ask), tools: toolsOf(tools), stopWhen: isStepCount(3) }).text;
    },

    async structured(ask) {
      return (await generateText({ ...request(ask), output: Output.object({ schema: REPORT }) })).output;
    },

    async abort(ask) {
      const controller = new AbortController();
      const { stream } = streamText({ ...request(ask), abortSignal: controller.signal, onError: () => {} });
      for await (const part of stream) if (part.type === 'text-delta') controller.abort();
    },

    told(error) {
      if (!APICallError.isInstance(error)) throw error;
      return { status: error.statusCode, text: error.message };
    },
  };
}

function toolsOf(box: Toolbox) {
  return {
    [WEATHER.name]: tool({
      description: WEATHER.description,
      inputSchema: WEATHER.schema,
      execute: async (input) => box.weather(input),
    }),
    [TIME.name]: tool({
      description: TIME.description,
      inputSchema: TIME.schema,
      execute: async (input) => box.time(input),
    }),
  };
}

const responses = ({ url, model }: At) => createOpenAI({ baseURL: `${url}/v1`, apiKey: 'any' })(model);
const chat = ({ url, model }: At) => createOpenAI({ baseURL: `${url}/v1`, apiKey: 'any' }).chat(model);
const compatible = ({ url, model }: At) =>
  createOpenAICompatible({
    name: 'breakwater',
    baseURL: `${url}/v1`,
    apiKey: 'any',
    supportsStructuredOutputs: true,
  })(model);
const anthropic = ({ url, model }: At) => createAnthropic({ baseURL: `${url}/v1`, apiKey: 'any' })(model);

scenarios(client('@ai-sdk/openai, Responses', responses));
scenarios(client('@ai-sdk/openai, chat completions', chat));
scenarios(client('@ai-sdk/openai-compatible', compatible));
scenarios({ ...client('@ai-sdk/anthropic', anthropic), maker: 'anthropic' });

/** The smallest PNG there is. */
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==';
const PDF = Buffer.from('%PDF-1.4 as far as anybody here can tell').toString('base64');

for (const modelOf of [responses, chat, compatible, anthropic]) {
  test(`an image and a document reach a target of each dialect, by ${modelOf.name}`, async (t) => {
    for (const dialect of DIALECTS) {
      const { url, simulator } = await simulated(t, dialect);
      await generateText({
        model: modelOf({ url, model: 'up/sim-ok' }),
        maxRetries: 0,
        ...UNSTORED,
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: 'What is this?' },
              { type: 'file', mediaType: 'image/png', data: PNG },
              { type: 'file', mediaType: 'application/pdf', data: PDF, filename: 'a.pdf' },
            ],
          },
        ],
      });
      const sent = JSON.stringify(simulator.requests.at(-1)?.body);
      assert.ok(sent.includes(PNG), `the image, to ${dialect}`);
      assert.ok(sent.includes(PDF), `the document, to ${dialect}`);
    }
  });
}

test('@ai-sdk/openai without store: false is told what to send instead', async (t) => {
  const stand = await simulated(t, 'chat');
  const model = createOpenAI({ baseURL: `${stand.url}/v1`, apiKey: 'any' })('up/sim-ok');
  const first = await generateText({ model, prompt: 'Hello', maxRetries: 0 });
  const messages = [...first.response.messages, { role: 'user' as const, content: 'Go on' }];
  await assert.rejects(generateText({ model, messages, maxRetries: 0 }), (error) => {
    assert.ok(APICallError.isInstance(error));
    assert.equal(error.statusCode, 400);
    assert.match(error.message, /store: false/);
    return true;
  });
});

test('@ai-sdk/anthropic gets an object from a model whose name it does not know, by a tool', async (t) => {
  for (const dialect of DIALECTS) {
    const { url } = await simulated(t, dialect);
    const model = createAnthropic({ baseURL: `${url}/v1`, apiKey: 'any' })('up/sim-tools');
    const { output } = await generateText({ model, prompt: 'Hello', output: Output.object({ schema: REPORT }) });
    REPORT.parse(output);
  }
});
