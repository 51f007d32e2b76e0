import { Agent, OpenAIProvider, Runner, tool } from '@openai/agents';
import OpenAI, { APIError } from 'openai';
import type { Ask, Client } from './client.ts';
import { scenarios } from './scenarios.ts';
import { REPORT, TIME, type Toolbox, WEATHER } from './toolbox.ts';

function client(name: string, useResponses: boolean): Client {
  const runner = ({ url }: Ask) =>
    new Runner({
      modelProvider: new OpenAIProvider({
        openAIClient: new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0 }),
        useResponses,
      }),
      tracingDisabled: true,
    });
  const agent = ({ model }: Ask, box?: Toolbox) =>
    new Agent({ name: 'Reporter', instructions: 'You report.', model, tools: box === undefined ? [] : toolsOf(box) });

  return {
    name,

    async plain(ask) {
      return (await runner(ask).run(agent(ask), ask.prompt)).finalOutput ?? '';
    },

    async streamed(ask) {
      const result = await runner(ask).run(agent(ask), ask.prompt, { stream: true });
      let text = '';
      let pieces = 0;
      for await (const piece of result.toTextStream()) {
        text += piece;
        pieces++;
      }
      await result.completed;
      return { text, pieces };
    },

    async toolRound(ask, box) {
      return (await runner(ask).run(agent(ask, box), ask.prompt)).finalOutput ?? '';
    },

    async streamedToolRound(ask, box) {
      const result = await runner(ask).run(agent(ask, box), ask.prompt, { stream: true });
      await result.completed;
      return result.finalOutput ?? '';
    },

    async structured(ask) {
      const reporter = new Agent({ name: 'Reporter', model: ask.model, outputType: REPORT });
      return (await runner(ask).run(reporter, ask.prompt)).finalOutput;
    },

    async abort(ask) {
      const controller = new AbortController();
      const result = await runner(ask).run(agent(ask), ask.prompt, { stream: true, signal: controller.signal });
      try {
        for await (const piece of result.toTextStream()) if (piece !== '') controller.abort();
        await result.completed;
      } catch (error) {
        if (!controller.signal.aborted) throw error;
      }
    },

    told(error) {
      if (!(error instanceof APIError)) throw error;
      return { status: error.status, text: error.message };
    },
  };
}

function toolsOf(box: Toolbox) {
  return [
    tool({
      name: WEATHER.name,
      description: WEATHER.description,
      parameters: WEATHER.schema,
      execute: async (input) => box.weather(input),
    }),
    tool({
      name: TIME.name,
      description: TIME.description,
      parameters: TIME.schema,
      execute: async (input) => box.time(input),
    }),
  ];
}

scenarios(client('@openai/agents, Responses', true));
scenarios(client('@openai/agents, chat completions', false));
