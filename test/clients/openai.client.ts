import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI, { APIError } from 'openai';
import { zodResponseFormat, zodTextFormat } from 'openai/helpers/zod';
import type { Ask, Client } from './client.ts';
import { scenarios } from './scenarios.ts';
import { DIALECTS, simulated } from './stand.ts';
import { parametersOf, REPORT, TIME, type Toolbox, WEATHER } from './toolbox.ts';

function openai({ url }: Ask): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0 });
}

const CHAT_TOOLS: OpenAI.ChatCompletionTool[] = [WEATHER, TIME].map((tool) => ({
  type: 'function',
  function: { name: tool.name, description: tool.description, parameters: parametersOf(tool) },
}));

const RESPONSES_TOOLS: OpenAI.Responses.FunctionTool[] = [WEATHER, TIME].map((tool) => ({
  type: 'function',
  name: tool.name,
  description: tool.description,
  parameters: parametersOf(tool),
  strict: false,
}));

function told(error: unknown) {
  if (!(error instanceof APIError)) throw error;
  return { status: error.status, text: error.message };
}

const chat: Client = {
  name: 'openai, chat completions',

  async plain(ask) {
    const answer = await openai(ask).chat.completions.create({ model: ask.model, messages: user(ask) });
    return answer.choices[0]?.message.content ?? '';
  },

  async streamed(ask) {
    const stream = await openai(ask).chat.completions.create({ model: ask.model, messages: user(ask), stream: true });
    let text = '';
    let pieces = 0;
    for await (const chunk of stream) {
      const piece = chunk.choices[0]?.delta.content ?? '';
      text += piece;
      if (piece !== '') pieces++;
    }
    return { text, pieces };
  },

  async toolRound(ask, tools) {
    const messages = user(ask);
    const request = { model: ask.model, messages, tools: CHAT_TOOLS };
    const first = await openai(ask).chat.completions.create(request);
    answerCalls(messages, first.choices[0]?.message, tools);
    const second = await openai(ask).chat.completions.create(request);
    return second.choices[0]?.message.content ?? '';
  },

  async streamedToolRound(ask, tools) {
    const messages = user(ask);
    const request = { model: ask.model, messages, tools: CHAT_TOOLS };
    const first = await openai(ask).chat.completions.stream(request).finalChatCompletion();
    answerCalls(messages, first.choices[0]?.message, tools);
    const second = await openai(ask).chat.completions.stream(request).finalChatCompletion();
    return second.choices[0]?.message.content ?? '';
  },

  async structured(ask) {
    const answer = await openai(ask).chat.completions.parse({
      model: ask.model,
      messages: user(ask),
      response_format: zodResponseFormat(REPORT, 'report'),
    });
    return answer.choices[0]?.message.parsed;
  },

  async abort(ask) {
    const stream = await openai(ask).chat.completions.create({ model: ask.model, messages: user(ask), stream: true });
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content) stream.controller.abort();
  },

  told,
};

function user({ prompt }: Ask): OpenAI.ChatCompletionMessageParam[] {
  return [{ role: 'user', content: prompt }];
}

function answerCalls(
  messages: OpenAI.ChatCompletionMessageParam[],
  said: OpenAI.ChatCompletionMessage | undefined,
  tools: Toolbox,
): void {
  if (said === undefined) return;
  messages.push(said);
  for (const call of said.tool_calls ?? []) {
    if (call.type !== 'function') continue;
    const content = tools.run(call.function.name, call.function.arguments);
    messages.push({ role: 'tool', tool_call_id: call.id, content });
  }
}

const responses: Client = {
  name: 'openai, Responses',

  async plain(ask) {
    const answer = await openai(ask).responses.create({ model: ask.model, input: ask.prompt, store: false });
    return answer.output_text;
  },

  async streamed(ask) {
    const stream = openai(ask).responses.stream({ model: ask.model, input: ask.prompt, store: false });
    let pieces = 0;
    for await (const event of stream) if (event.type === 'response.output_text.delta') pieces++;
    return { text: (await stream.finalResponse()).output_text, pieces };
  },

  async toolRound(ask, tools) {
    const input: OpenAI.Responses.ResponseInputItem[] = [{ role: 'user', content: ask.prompt }];
    const request = { model: ask.model, input, store: false, tools: RESPONSES_TOOLS };
    const first = await openai(ask).responses.create(request);
    input.push(...asInput(first), ...results(first, tools));
    return (await openai(ask).responses.create(request)).output_text;
  },

  async streamedToolRound(ask, tools) {
    const input: OpenAI.Responses.ResponseInputItem[] = [{ role: 'user', content: ask.prompt }];
    const request = { model: ask.model, input, store: false, tools: RESPONSES_TOOLS };
    const first = await openai(ask).responses.stream(request).finalResponse();
    input.push(...asInput(first), ...results(first, tools));
    return (await openai(ask).responses.stream(request).finalResponse()).output_text;
  },

  async structured(ask) {
    const answer = await openai(ask).responses.parse({
      model: ask.model,
      input: ask.prompt,
      store: false,
      text: { format: zodTextFormat(REPORT, 'report') },
    });
    return answer.output_parsed;
  },

  async abort(ask) {
    const stream = await openai(ask).responses.create({
      model: ask.model,
      input: ask.prompt,
      store: false,
      stream: true,
    });
    for await (const event of stream) if (event.type === 'response.output_text.delta') stream.controller.abort();
  },

  told,
};

function results({ output }: OpenAI.Responses.Response, tools: Toolbox): OpenAI.Responses.ResponseInputItem[] {
  return output.flatMap((item) =>
    item.type === 'function_call'
      ? { type: 'function_call_output' as const, call_id: item.call_id, output: tools.run(item.name, item.arguments) }
      : [],
  );
}

/** What the model said, for the next request. The stream helper's own finding is taken out: OpenAI's API refuses it. */
function asInput({ output }: OpenAI.Responses.Response): OpenAI.Responses.ResponseInputItem[] {
  const input: OpenAI.Responses.ResponseInputItem[] = [];
  for (const item of output) {
    if (item.type === 'message' || item.type === 'reasoning') input.push(item);
    if (item.type !== 'function_call') continue;
    const { type, call_id, name, arguments: text } = item;
    input.push({ type, call_id, name, arguments: text });
  }
  return input;
}

scenarios(chat);
scenarios(responses);

for (const [model, code] of [
  ['sim-context', 'context_length_exceeded'],
  ['sim-nonsense', 'model_not_found'],
  ['sim-429', 'rate_limit_exceeded'],
]) {
  test(`openai is told ${code} when any target does ${model}, in both of its dialects`, async (t) => {
    for (const dialect of DIALECTS) {
      const asked = { url: (await simulated(t, dialect)).url, model: `up/${model}`, prompt: 'Hello' };
      for (const client of [chat, responses]) {
        const isCode = (error: unknown) => error instanceof APIError && error.code === code;
        await assert.rejects(client.plain(asked), isCode, `${client.name}, ${dialect}`);
      }
    }
  });
}
