import assert from 'node:assert/strict';
import { type OpenAiRequest, readOpenAiRequest } from '../../../src/dialects/openai-request.ts';
import type { GuardedEndpoint } from '../../../src/tenants/guard/read-element.ts';

/** A step of a conversation, in no dialect. */
export type Step =
  | { readonly user: string }
  | { readonly assistant: string }
  | { readonly call: readonly [name: string, args: unknown] | readonly [name: string, args: unknown, id: string] };

const TOOLS: Readonly<Record<GuardedEndpoint, unknown>> = {
  chat: [{ type: 'function', function: { name: 'read_file', parameters: { type: 'object' } } }],
  messages: [{ name: 'read_file', input_schema: { type: 'object' } }],
  responses: [{ type: 'function', name: 'read_file', parameters: { type: 'object' } }],
};

/** `args` is text as a model wrote it, or a value. */
function text(args: unknown): string {
  return typeof args === 'string' ? args : JSON.stringify(args);
}

function chatStep(step: Step, id: string): unknown[] {
  if ('user' in step) return [{ role: 'user', content: step.user }];
  if ('assistant' in step) return [{ role: 'assistant', content: step.assistant }];
  const [name, args] = step.call;
  return [
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id, type: 'function', function: { name, arguments: text(args) } }],
    },
    { role: 'tool', tool_call_id: id, content: 'not found' },
  ];
}

function messagesStep(step: Step, id: string): unknown[] {
  if ('user' in step) return [{ role: 'user', content: [{ type: 'text', text: step.user }] }];
  if ('assistant' in step) return [{ role: 'assistant', content: [{ type: 'text', text: step.assistant }] }];
  const [name, args] = step.call;
  const input = typeof args === 'string' ? JSON.parse(args) : args;
  return [
    { role: 'assistant', content: [{ id, input, name, type: 'tool_use' }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: id, content: 'not found' }] },
  ];
}

function responsesStep(step: Step, id: string): unknown[] {
  if ('user' in step) return [{ role: 'user', content: [{ type: 'input_text', text: step.user }] }];
  if ('assistant' in step) {
    return [{ type: 'message', role: 'assistant', content: [{ type: 'output_text', text: step.assistant }] }];
  }
  const [name, args] = step.call;
  return [
    { type: 'reasoning', id: `rs_${id}`, summary: [] },
    { type: 'function_call', call_id: id, name, arguments: text(args) },
    { type: 'function_call_output', call_id: id, output: 'not found' },
  ];
}

const STEPS = { chat: chatStep, messages: messagesStep, responses: responsesStep };

/** A request whose body shows the steps, as the proxy reads it. */
export function requestOf(endpoint: GuardedEndpoint, steps: readonly Step[], more: object = {}): OpenAiRequest {
  const elements = steps.flatMap((step, index) =>
    STEPS[endpoint](step, ('call' in step ? step.call[2] : undefined) ?? `call_${index}`),
  );
  const system =
    endpoint === 'messages' ? [] : [{ role: 'system', content: 'You use "tools" \\ and {"arguments":"x"}.' }];
  const conversation =
    endpoint === 'responses' ? { input: [...system, ...elements] } : { messages: [...system, ...elements] };
  return read(endpoint, { model: 'm', max_tokens: 9, ...conversation, tools: TOOLS[endpoint], ...more });
}

export function read(endpoint: GuardedEndpoint, body: object | string): OpenAiRequest {
  const request = readOpenAiRequest(endpoint, Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));
  assert.ok(request.ok);
  return request;
}

export function times<T>(count: number, make: (index: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}
