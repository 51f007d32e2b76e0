import assert from 'node:assert/strict';
import { test } from 'node:test';
import Anthropic, { APIError } from '@anthropic-ai/sdk';
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod';
import { until } from '../chaos/until.ts';
import type { Ask, Client } from './client.ts';
import { scenarios } from './scenarios.ts';
import { DIALECTS, type Dialect, simulated } from './stand.ts';
import { parametersOf, REPORT, TIME, type Toolbox, WEATHER } from './toolbox.ts';

function anthropic({ url }: Ask): Anthropic {
  return new Anthropic({ baseURL: url, apiKey: 'any', maxRetries: 0 });
}

const TOOLS: Anthropic.Tool[] = [WEATHER, TIME].map((tool) => ({
  name: tool.name,
  description: tool.description,
  input_schema: parametersOf(tool),
}));

const messages: Client = {
  name: '@anthropic-ai/sdk',
  maker: 'anthropic',

  async plain(ask) {
    return textOf(await anthropic(ask).messages.create(request(ask)));
  },

  async streamed(ask) {
    const stream = anthropic(ask).messages.stream(request(ask));
    let pieces = 0;
    stream.on('text', () => pieces++);
    return { text: textOf(await stream.finalMessage()), pieces };
  },

  async toolRound(ask, tools) {
    const asked = { ...request(ask), tools: TOOLS };
    const first = await anthropic(ask).messages.create(asked);
    return textOf(await anthropic(ask).messages.create({ ...asked, messages: answered(asked.messages, first, tools) }));
  },

  async streamedToolRound(ask, tools) {
    const asked = { ...request(ask), tools: TOOLS };
    const first = await anthropic(ask).messages.stream(asked).finalMessage();
    const next = { ...asked, messages: answered(asked.messages, first, tools) };
    return textOf(await anthropic(ask).messages.stream(next).finalMessage());
  },

  async structured(ask) {
    const answer = await anthropic(ask).messages.parse({
      ...request(ask),
      output_config: { format: zodOutputFormat(REPORT) },
    });
    return answer.parsed_output;
  },

  async abort(ask) {
    const stream = await anthropic(ask).messages.create({ ...request(ask), stream: true });
    for await (const event of stream) if (event.type === 'content_block_delta') stream.controller.abort();
  },

  told(error) {
    if (!(error instanceof APIError)) throw error;
    return { status: error.status, text: error.message };
  },
};

function request({ model, prompt }: Ask) {
  return { model, max_tokens: 1000, messages: [{ role: 'user' as const, content: prompt }] };
}

function textOf({ content }: Anthropic.Message): string {
  return content.map((block) => (block.type === 'text' ? block.text : '')).join('');
}

function answered(
  before: Anthropic.MessageParam[],
  { content }: Anthropic.Message,
  tools: Toolbox,
): Anthropic.MessageParam[] {
  const results = content.flatMap((block) =>
    block.type === 'tool_use'
      ? {
          type: 'tool_result' as const,
          tool_use_id: block.id,
          content: tools.run(block.name, JSON.stringify(block.input)),
        }
      : [],
  );
  return [...before, { role: 'assistant', content }, { role: 'user', content: results }];
}

scenarios(messages);

test('@anthropic-ai/sdk does not repeat by itself what the proxy says is not worth it', async (t) => {
  const { url, records } = await simulated(t, 'messages');
  const impatient = new Anthropic({ baseURL: url, apiKey: 'any' });
  await assert.rejects(impatient.messages.create(request({ url, model: 'up/sim-401', prompt: 'Hello' })), APIError);
  await until('the exchange is settled', () => records.length > 0);
  assert.equal(records.length, 1);
});

test('@anthropic-ai/sdk counts tokens where the target can, and hears of it where it cannot', async (t) => {
  const count = async (dialect: Dialect) => {
    const { url } = await simulated(t, dialect);
    const { max_tokens: _, ...counted } = request({ url, model: 'up/sim-ok', prompt: 'Hello' });
    return new Anthropic({ baseURL: url, apiKey: 'any' }).messages.countTokens(counted);
  };
  assert.ok((await count('messages')).input_tokens > 0);
  await assert.rejects(count('chat'), (error) => error instanceof APIError && error.status === 400);
});

for (const [model, type] of [
  ['sim-400', 'invalid_request_error'],
  ['sim-nonsense', 'not_found_error'],
  ['sim-429', 'rate_limit_error'],
  ['sim-500', 'api_error'],
  ['sim-overloaded', 'overloaded_error'],
]) {
  test(`@anthropic-ai/sdk is told ${type} when any target does ${model}`, async (t) => {
    for (const dialect of DIALECTS) {
      const asked = { url: (await simulated(t, dialect)).url, model: `up/${model}`, prompt: 'Hello' };
      await assert.rejects(
        anthropic(asked).messages.create(request(asked)),
        (error) => error instanceof APIError && error.type === type,
        dialect,
      );
    }
  });
}
