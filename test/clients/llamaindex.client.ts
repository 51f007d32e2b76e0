import type { ChatMessage } from '@llamaindex/core/llms';
import { tool } from '@llamaindex/core/tools';
import { OpenAI } from '@llamaindex/openai';
import type { Ask, Client } from './client.ts';
import { scenarios } from './scenarios.ts';
import { REPORT, TIME, type Toolbox, WEATHER } from './toolbox.ts';

const llamaIndex: Client = {
  name: 'LlamaIndex',

  async plain(ask) {
    return String((await llm(ask).chat({ messages: user(ask) })).message.content);
  },

  async streamed(ask) {
    let text = '';
    let pieces = 0;
    for await (const { delta } of await llm(ask).chat({ messages: user(ask), stream: true })) {
      text += delta;
      if (delta !== '') pieces++;
    }
    return { text, pieces };
  },

  async toolRound(ask, box) {
    const messages = user(ask);
    const tools = toolsOf(box);
    const first = await llm(ask).exec({ messages, tools });
    const second = await llm(ask).exec({ messages: [...messages, ...first.newMessages], tools });
    return String(second.newMessages.at(-1)?.content ?? '');
  },

  async streamedToolRound(ask, box) {
    const messages = user(ask);
    const tools = toolsOf(box);
    const first = await llm(ask).exec({ messages, tools, stream: true });
    for await (const _ of first.stream);
    const second = await llm(ask).exec({ messages: [...messages, ...first.newMessages()], tools, stream: true });
    let text = '';
    for await (const { delta } of second.stream) text += delta;
    return text;
  },

  async structured(ask) {
    const { message } = await llm(ask).chat({ messages: user(ask), responseFormat: REPORT });
    return JSON.parse(String(message.content));
  },

  told(error) {
    if (!(error instanceof Error) || !('status' in error) || typeof error.status !== 'number') throw error;
    return { status: error.status, text: error.message };
  },
};

function llm({ url, model }: Ask): OpenAI {
  return new OpenAI({ model, apiKey: 'any', maxRetries: 0, baseURL: `${url}/v1` });
}

function user({ prompt }: Ask): ChatMessage[] {
  return [{ role: 'user', content: prompt }];
}

function toolsOf(box: Toolbox) {
  return [
    tool({
      name: WEATHER.name,
      description: WEATHER.description,
      parameters: WEATHER.schema,
      execute: (input) => box.weather(input),
    }),
    tool({
      name: TIME.name,
      description: TIME.description,
      parameters: TIME.schema,
      execute: (input) => box.time(input),
    }),
  ];
}

scenarios(llamaIndex);
