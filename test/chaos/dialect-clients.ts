import assert from 'node:assert/strict';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { ChatCompletionStream } from 'openai/lib/ChatCompletionStream';
import { hashText, joinTokens, SeededText } from '../../src/simulator/words.ts';
import type { Rig } from './rig.ts';
import { dataOf } from './stream-reading.ts';

export type DialectName = 'chat' | 'messages' | 'responses';

/** An answer as an official client of its dialect understands it, in words of no dialect. */
export interface Told {
  readonly text: string;
  readonly calls: readonly { readonly id: string; readonly name: string; readonly args: unknown }[];
  /** `stop`, `tools`, `length` or `refusal`. */
  readonly finish: string;
  readonly usage: readonly [prompt: number, completion: number];
  readonly headers: Headers;
}

/** Why there was no answer, as an official client tells it. */
export interface Refused {
  readonly status: number | undefined;
  readonly type: string | null | undefined;
  readonly code: string | null | undefined;
  readonly message: string;
  readonly headers: Headers | undefined;
}

/** A turn of a conversation with tools: what was asked, what was called, what came of it. */
export interface ToolTurn {
  readonly calls: Told['calls'];
  readonly results: readonly string[];
}

export interface Ask {
  readonly model?: string;
  readonly tools?: boolean;
  /** A turn before: the model called tools, and these are their results. */
  readonly turn?: ToolTurn;
  readonly signal?: AbortSignal;
}

/** The same conversation from one dialect's official client. */
export interface DialectClient {
  readonly path: string;
  /** A request's own members beside `model` and `stream`. */
  readonly fields: Readonly<Record<string, unknown>>;
  whole(rig: Rig, ask?: Ask): Promise<Told>;
  streamed(rig: Rig, ask?: Ask): Promise<Told>;
}

/** What every model of the simulator answers to {@link PROMPT}. */
export const WHOLE_TEXT = joinTokens(new SeededText(hashText('hello'), 32));
const PROMPT = { role: 'user', content: 'hello' } as const;

const PARAMETERS = {
  type: 'object' as const,
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
};
const DESCRIPTION = 'The weather in a city.';

const anthropic = ({ proxy }: Rig) => new Anthropic({ baseURL: proxy.url, apiKey: 'client', maxRetries: 0 });

const chat: DialectClient = {
  path: '/v1/chat/completions',
  fields: { messages: [PROMPT] },
  async whole(rig, ask = {}) {
    const { data, response } = await rig.openai.chat.completions.create(chatRequest(ask), options(ask)).withResponse();
    return chatTold(data, response.headers);
  },
  async streamed(rig, ask = {}) {
    const request = { ...chatRequest(ask), stream: true as const, stream_options: { include_usage: true } };
    const { response, data } = await rig.openai.chat.completions.create(request, options(ask)).withResponse();
    const stream = ChatCompletionStream.fromReadableStream(data.toReadableStream());
    return chatTold(await stream.finalChatCompletion(), response.headers);
  },
};

const messages: DialectClient = {
  path: '/v1/messages',
  fields: { max_tokens: 1000, messages: [PROMPT] },
  async whole(rig, ask = {}) {
    const { data, response } = await anthropic(rig).messages.create(messagesRequest(ask), options(ask)).withResponse();
    return messageTold(data, response.headers);
  },
  async streamed(rig, ask = {}) {
    const stream = anthropic(rig).messages.stream(messagesRequest(ask), options(ask));
    const message = await stream.finalMessage();
    return messageTold(message, stream.response?.headers ?? new Headers());
  },
};

const responses: DialectClient = {
  path: '/v1/responses',
  fields: { input: [PROMPT] },
  async whole(rig, ask = {}) {
    const { data, response } = await rig.openai.responses.create(responsesRequest(ask), options(ask)).withResponse();
    return responseTold(data, response.headers);
  },
  async streamed(rig, ask = {}) {
    const request = { ...responsesRequest(ask), stream: true as const };
    const { data, response } = await rig.openai.responses.create(request, options(ask)).withResponse();
    let text = '';
    let last: OpenAI.Responses.Response | undefined;
    for await (const event of data) {
      if (event.type === 'response.output_text.delta') text += event.delta;
      if (event.type === 'response.completed' || event.type === 'response.incomplete') last = event.response;
    }
    assert.ok(last, 'the stream ended without a last event, and the client did not notice');
    const told = responseTold(last, response.headers);
    assert.equal(text, told.text, 'the deltas and the last response say the same');
    return told;
  },
};

export const CLIENTS: Readonly<Record<DialectName, DialectClient>> = { chat, messages, responses };
export const DIALECTS = Object.keys(CLIENTS) as readonly DialectName[];

function options({ signal }: Ask): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}

function chatRequest({ model = 'm', tools, turn }: Ask) {
  const tool = {
    type: 'function' as const,
    function: { name: 'weather', description: DESCRIPTION, parameters: PARAMETERS },
  };
  const history: OpenAI.ChatCompletionMessageParam[] = [PROMPT];
  if (turn !== undefined) {
    const tool_calls = turn.calls.map(({ id, name, args }) => {
      return { id, type: 'function' as const, function: { name, arguments: JSON.stringify(args) } };
    });
    history.push({ role: 'assistant', content: null, tool_calls });
    turn.calls.forEach(({ id }, i) => {
      history.push({ role: 'tool', tool_call_id: id, content: turn.results[i] ?? '' });
    });
  }
  return { model, messages: history, ...(tools === true ? { tools: [tool] } : {}) };
}

function messagesRequest({ model = 'm', tools, turn }: Ask) {
  const history: Anthropic.MessageParam[] = [PROMPT];
  if (turn !== undefined) {
    const uses = turn.calls.map(({ id, name, args }) => ({ type: 'tool_use' as const, id, name, input: args }));
    const results = turn.calls.map(({ id }, i) => {
      return { type: 'tool_result' as const, tool_use_id: id, content: turn.results[i] ?? '' };
    });
    history.push({ role: 'assistant', content: uses }, { role: 'user', content: results });
  }
  const tool = { name: 'weather', description: DESCRIPTION, input_schema: PARAMETERS };
  return { model, max_tokens: 1000, messages: history, ...(tools === true ? { tools: [tool] } : {}) };
}

function responsesRequest({ model = 'm', tools, turn }: Ask) {
  const input: OpenAI.Responses.ResponseInputItem[] = [PROMPT];
  for (const { id, name, args } of turn?.calls ?? []) {
    input.push({ type: 'function_call', call_id: id, name, arguments: JSON.stringify(args) });
  }
  turn?.calls.forEach(({ id }, i) => {
    input.push({ type: 'function_call_output', call_id: id, output: turn.results[i] ?? '' });
  });
  const tool = {
    type: 'function' as const,
    name: 'weather',
    description: DESCRIPTION,
    parameters: PARAMETERS,
    strict: true,
  };
  return { model, input, ...(tools === true ? { tools: [tool] } : {}) };
}

function chatTold({ choices: [choice], usage }: OpenAI.ChatCompletion, headers: Headers): Told {
  const finishes = {
    stop: 'stop',
    length: 'length',
    tool_calls: 'tools',
    content_filter: 'refusal',
    function_call: 'tools',
  };
  return {
    text: choice?.message.content ?? '',
    calls: (choice?.message.tool_calls ?? []).flatMap((call) =>
      call.type === 'function'
        ? [{ id: call.id, name: call.function.name, args: JSON.parse(call.function.arguments) }]
        : [],
    ),
    finish: choice === undefined ? 'none' : finishes[choice.finish_reason],
    usage: [usage?.prompt_tokens ?? 0, usage?.completion_tokens ?? 0],
    headers,
  };
}

function messageTold(message: Anthropic.Message, headers: Headers): Told {
  const { content, stop_reason } = message;
  // A provider may leave it out, whatever the types say; then it is passed on so.
  const { usage }: { readonly usage?: Anthropic.Usage } = message;
  const finishes: Readonly<Record<string, string>> = { end_turn: 'stop', max_tokens: 'length', tool_use: 'tools' };
  return {
    text: content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
    calls: content.flatMap((block) =>
      block.type === 'tool_use' ? [{ id: block.id, name: block.name, args: block.input }] : [],
    ),
    finish: finishes[stop_reason ?? ''] ?? String(stop_reason),
    usage: [usage?.input_tokens ?? 0, usage?.output_tokens ?? 0],
    headers,
  };
}

function responseTold(response: OpenAI.Responses.Response, headers: Headers): Told {
  const parts = response.output.flatMap((item) => (item.type === 'message' ? item.content : []));
  const calls = response.output.flatMap((item) =>
    item.type === 'function_call' ? [{ id: item.call_id, name: item.name, args: JSON.parse(item.arguments) }] : [],
  );
  const completed = calls.length > 0 ? 'tools' : 'stop';
  return {
    text: parts.map((part) => (part.type === 'output_text' ? part.text : '')).join(''),
    calls,
    finish: response.status === 'completed' ? completed : 'length',
    usage: [response.usage?.input_tokens ?? 0, response.usage?.output_tokens ?? 0],
    headers,
  };
}

/** The error a call of an official client ends in; an answer fails the test. */
export async function refusedBy(call: PromiseLike<unknown>): Promise<Refused> {
  const error = await call.then(
    () => assert.fail('it was answered'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof OpenAI.APIError || error instanceof Anthropic.APIError, String(error));
  const { status, message, headers } = error;
  const body = error.error as { error?: { code?: string }; code?: string } | undefined;
  const code = error instanceof OpenAI.APIError ? error.code : body?.error?.code;
  return { status, type: error.type, code, message, headers };
}

/** A streamed answer as the bytes say it. */
export interface RawStream {
  readonly status: number;
  readonly headers: Headers;
  readonly raw: string;
  readonly events: readonly Readonly<Record<string, unknown>>[];
  readonly text: string;
  /** In-band errors, in order. */
  readonly errors: readonly { readonly code?: string; readonly type?: string; readonly message: string }[];
  /** The dialect's finish or end was there. */
  readonly finished: boolean;
}

export function postTo({ proxy }: Rig, path: string, body: unknown, headers: Record<string, string> = {}) {
  return fetch(proxy.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer client', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

/** Asks for a stream and reads it to its end, whatever that is. */
export async function readRaw(rig: Rig, dialect: DialectName): Promise<RawStream> {
  const { path, fields } = CLIENTS[dialect];
  const response = await postTo(rig, path, { model: 'm', stream: true, ...fields });
  const raw = await response.text();
  const events = dataOf(raw)
    .filter((data) => data !== '[DONE]')
    .map((data) => JSON.parse(data) as Record<string, unknown>);
  return {
    status: response.status,
    headers: response.headers,
    raw,
    events,
    text: events.map((event) => textIn(event)).join(''),
    errors: events.flatMap((event) => (isError(event) ? [event.error as RawStream['errors'][number]] : [])),
    finished: /\[DONE\]|"finish_reason":"|message_stop|message_delta|response\.(completed|incomplete)/.test(raw),
  };
}

function isError(event: Readonly<Record<string, unknown>>): boolean {
  return event.error !== undefined && event.error !== null;
}

interface Delta {
  readonly choices?: readonly { readonly delta?: { readonly content?: string | null } }[];
  readonly delta?: string | { readonly text?: string };
  readonly type?: string;
}

function textIn({ type, choices, delta }: Delta): string {
  if (choices !== undefined) return choices[0]?.delta?.content ?? '';
  if (type === 'response.output_text.delta') return typeof delta === 'string' ? delta : '';
  return typeof delta === 'object' ? (delta.text ?? '') : '';
}
