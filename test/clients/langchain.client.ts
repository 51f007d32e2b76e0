import { ContextOverflowError } from '@langchain/core/errors';
import { type AIMessage, type BaseMessage, HumanMessage, ToolMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { ChatOpenAI } from '@langchain/openai';
import { APIError } from 'openai';
import type { Ask, Client } from './client.ts';
import { scenarios } from './scenarios.ts';
import { REPORT, TIME, type Toolbox, WEATHER } from './toolbox.ts';

function client(name: string, useResponsesApi: boolean): Client {
  const modelOf = ({ url, model }: Ask) =>
    new ChatOpenAI({
      model,
      apiKey: 'any',
      maxRetries: 0,
      useResponsesApi,
      configuration: { baseURL: `${url}/v1` },
      ...(useResponsesApi ? { zdrEnabled: true } : {}),
    });

  return {
    name,

    async plain(ask) {
      return (await modelOf(ask).invoke(ask.prompt)).text;
    },

    async streamed(ask) {
      let text = '';
      let pieces = 0;
      for await (const chunk of await modelOf(ask).stream(ask.prompt)) {
        text += chunk.text;
        if (chunk.text !== '') pieces++;
      }
      return { text, pieces };
    },

    async toolRound(ask, box) {
      const model = modelOf(ask).bindTools(toolsOf(box));
      const messages: BaseMessage[] = [new HumanMessage(ask.prompt)];
      const first = await model.invoke(messages);
      messages.push(first, ...(await resultsOf(first, box)));
      return (await model.invoke(messages)).text;
    },

    async streamedToolRound(ask, box) {
      const model = modelOf(ask).bindTools(toolsOf(box));
      const messages: BaseMessage[] = [new HumanMessage(ask.prompt)];
      const first = await joined(await model.stream(messages));
      messages.push(first, ...(await resultsOf(first, box)));
      return (await joined(await model.stream(messages))).text;
    },

    async structured(ask) {
      return modelOf(ask).withStructuredOutput(REPORT, { method: 'jsonSchema', name: 'report' }).invoke(ask.prompt);
    },

    async abort(ask) {
      const controller = new AbortController();
      try {
        for await (const chunk of await modelOf(ask).stream(ask.prompt, { signal: controller.signal })) {
          if (chunk.text !== '') controller.abort();
        }
      } catch (error) {
        if (!controller.signal.aborted) throw error;
      }
    },

    told(error) {
      const cause = ContextOverflowError.isInstance(error) ? error.cause : error;
      if (!(cause instanceof APIError)) throw error;
      return { status: cause.status, text: cause.message };
    },
  };
}

function toolsOf(box: Toolbox) {
  return [
    tool((input) => box.weather(input), {
      name: WEATHER.name,
      description: WEATHER.description,
      schema: WEATHER.schema,
    }),
    tool((input) => box.time(input), { name: TIME.name, description: TIME.description, schema: TIME.schema }),
  ];
}

async function resultsOf(said: AIMessage, box: Toolbox): Promise<ToolMessage[]> {
  return (said.tool_calls ?? []).map(
    ({ id, name, args }) =>
      new ToolMessage({ tool_call_id: id ?? '', content: box.run(name, JSON.stringify(args)), name }),
  );
}

/** A stream's chunks added up, as an application keeps them for the next turn. */
async function joined(stream: AsyncIterable<AIMessage>): Promise<AIMessage> {
  let whole: AIMessage | undefined;
  for await (const chunk of stream)
    whole = whole === undefined ? chunk : (whole as never as { concat(c: AIMessage): AIMessage }).concat(chunk);
  if (whole === undefined) throw new Error('the stream was empty');
  return whole;
}

scenarios({ ...client('@langchain/openai, chat completions', false), needsRoleFirst: true });
scenarios(client('@langchain/openai, Responses', true));
