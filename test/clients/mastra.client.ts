import { Mastra } from '@mastra/core';
import { Agent } from '@mastra/core/agent';
import { createTool } from '@mastra/core/tools';
import type { Ask, Client } from './client.ts';
import { scenarios } from './scenarios.ts';
import { REPORT, TIME, type Toolbox, WEATHER } from './toolbox.ts';

const mastra: Client = {
  name: 'Mastra',

  async plain(ask) {
    return (await agent(ask).generate(ask.prompt, ONCE)).text;
  },

  async streamed(ask) {
    const result = await agent(ask).stream(ask.prompt, ONCE);
    let text = '';
    let pieces = 0;
    for await (const piece of result.textStream) {
      text += piece;
      pieces++;
    }
    if (result.error !== undefined) throw result.error;
    return { text, pieces };
  },

  async toolRound(ask, box) {
    return (await agent(ask, box).generate(ask.prompt, { ...ONCE, maxSteps: 3 })).text;
  },

  async streamedToolRound(ask, box) {
    return await (await agent(ask, box).stream(ask.prompt, { ...ONCE, maxSteps: 3 })).text;
  },

  async structured(ask) {
    return (await agent(ask).generate(ask.prompt, { ...ONCE, structuredOutput: { schema: REPORT } })).object;
  },

  async abort(ask) {
    const controller = new AbortController();
    const { textStream } = await agent(ask).stream(ask.prompt, { ...ONCE, abortSignal: controller.signal });
    for await (const piece of textStream) if (piece !== '') controller.abort();
  },

  told(error) {
    if (!(error instanceof Error)) throw error;
    const status = 'statusCode' in error && typeof error.statusCode === 'number' ? error.statusCode : undefined;
    return { status, text: error.message };
  },
};

/** No repeats by the library itself. */
const ONCE = { modelSettings: { maxRetries: 0 } };

function agent({ url, model }: Ask, box?: Toolbox): Agent {
  const reporter = new Agent({
    id: 'reporter',
    name: 'Reporter',
    instructions: 'You report.',
    model: { id: `breakwater/${model}`, url: `${url}/v1`, apiKey: 'any' },
    maxRetries: 0,
    tools: box === undefined ? {} : toolsOf(box),
  });
  return new Mastra({ agents: { reporter }, logger: false }).getAgent('reporter');
}

function toolsOf(box: Toolbox) {
  return {
    [WEATHER.name]: createTool({
      id: WEATHER.name,
      description: WEATHER.description,
      inputSchema: WEATHER.schema,
      execute: async (input) => box.weather(input),
    }),
    [TIME.name]: createTool({
      id: TIME.name,
      description: TIME.description,
      inputSchema: TIME.schema,
      execute: async (input) => box.time(input),
    }),
  };
}

scenarios(mastra);
