import assert from 'node:assert/strict';
import fc from 'fast-check';
import { codecs } from '../../../src/dialects/codecs.ts';
import type { ChatDialect, Conversation } from '../../../src/dialects/conversation/request.ts';
import { JsonMembers } from '../../../src/dialects/json-members.ts';

/** One step of an agent: what the user says, if anything; what the model does; what the tools say to that. */
export interface Step {
  readonly question: string | undefined;
  readonly instruction: string | undefined;
  readonly picture: boolean;
  readonly thought: boolean;
  readonly marked: boolean;
  readonly calls: readonly { readonly arguments: string; readonly result: string }[];
  readonly answer: string;
}

const words = fc
  .array(fc.constantFrom('alpha', 'beta\n', '“gamma”', '语言', '\\"', '😀', '], {', 'delta '), {
    minLength: 1,
    maxLength: 60,
  })
  .map((all) => all.join(' '));

const step: fc.Arbitrary<Step> = fc.record({
  question: fc.option(words, { nil: undefined, freq: 2 }),
  instruction: fc.option(words, { nil: undefined, freq: 12 }).map((one) => one ?? undefined),
  picture: fc.boolean(),
  thought: fc.boolean(),
  marked: fc.boolean(),
  calls: fc.array(fc.record({ arguments: fc.constantFrom('{}', '{"a":1}', '{"path":"x"}'), result: words }), {
    maxLength: 3,
  }),
  answer: words,
});

export const steps = fc.array(step, { minLength: 4, maxLength: 40, size: 'max' });

const SCHEMA = { type: 'object', properties: {} };

/** The steps as a request that ends with something to answer. */
export function requestOf(dialect: ChatDialect, all: readonly Step[], system: string | undefined): object {
  if (dialect === 'chat') return chatRequest(all, system);
  return dialect === 'messages' ? messagesRequest(all, system) : responsesRequest(all, system);
}

export function read(dialect: ChatDialect, request: object): { conversation: Conversation; body: JsonMembers } {
  // Written with spaces and odd spellings: bytes that nobody here would write so.
  return readBytes(dialect, Buffer.from(JSON.stringify(request, null, 1).replaceAll('“', '\\u201c')));
}

export function readBytes(dialect: ChatDialect, bytes: Buffer): { conversation: Conversation; body: JsonMembers } {
  const body = JsonMembers.read(bytes);
  assert.ok(body instanceof JsonMembers);
  const conversation = codecs[dialect].readRequest(body.json);
  if ('mistake' in conversation) assert.fail(`${conversation.param}: ${conversation.message}`);
  return { conversation, body };
}

function chatRequest(all: readonly Step[], system: string | undefined): object {
  const messages: object[] = system === undefined ? [] : [{ role: 'system', content: system }];
  for (const [index, { question, instruction, picture, calls, answer }] of all.entries()) {
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } };
    if (question !== undefined || index === 0) {
      const text = question ?? 'Begin.';
      messages.push({ role: 'user', content: picture ? [{ type: 'text', text }, image] : text });
    }
    if (instruction !== undefined) messages.push({ role: 'developer', content: instruction });
    const id = (call: number) => `call_${index}_${call}`;
    if (calls.length > 0) {
      messages.push({
        role: 'assistant',
        content: null,
        tool_calls: calls.map((call, number) => {
          return { id: id(number), type: 'function', function: { name: 'f', arguments: call.arguments } };
        }),
      });
      for (const [number, call] of calls.entries())
        messages.push({ role: 'tool', tool_call_id: id(number), content: call.result });
    } else messages.push({ role: 'assistant', content: answer, unheard_of: 1 });
  }
  messages.push({ role: 'user', content: 'And?' });
  return { model: 'gpt-5.2', messages, tools: [{ type: 'function', function: { name: 'f', parameters: SCHEMA } }] };
}

function messagesRequest(all: readonly Step[], system: string | undefined): object {
  const messages: { role: string; content: string | object[] }[] = [];
  const say = (role: string, content: object[]): void => {
    const last = messages.at(-1);
    if (last?.role === role && Array.isArray(last.content)) last.content.push(...content);
    else messages.push({ role, content });
  };
  for (const [index, { question, picture, thought, marked, calls, answer }] of all.entries()) {
    if (question !== undefined || index === 0) {
      const text = {
        type: 'text',
        text: question ?? 'Begin.',
        ...(marked ? { cache_control: { type: 'ephemeral' } } : {}),
      };
      const source = { type: 'base64', media_type: 'image/png', data: 'AAAA' };
      say('user', picture ? [text, { type: 'image', source }] : [text]);
    }
    const thinking = thought ? [{ type: 'thinking', thinking: 'Hm.', signature: `sig-${index}==` }] : [];
    const id = (call: number) => `toolu_${index}_${call}`;
    if (calls.length > 0) {
      const uses = calls.map((call, number) => {
        return { type: 'tool_use', id: id(number), name: 'f', input: JSON.parse(call.arguments) };
      });
      say('assistant', [...thinking, ...uses]);
      const results = calls.map((call, number) => {
        return { type: 'tool_result', tool_use_id: id(number), content: call.result };
      });
      say('user', results);
    } else say('assistant', [...thinking, { type: 'text', text: answer }]);
  }
  say('user', [{ type: 'text', text: 'And?', cache_control: { type: 'ephemeral' } }]);
  return {
    model: 'claude-opus-4-8',
    max_tokens: 100,
    ...(system === undefined ? {} : { system }),
    messages,
    tools: [{ name: 'f', input_schema: SCHEMA }],
  };
}

function responsesRequest(all: readonly Step[], system: string | undefined): object {
  const input: object[] = [];
  for (const [index, { question, instruction, thought, calls, answer }] of all.entries()) {
    if (question !== undefined || index === 0)
      input.push({ role: 'user', content: [{ type: 'input_text', text: question ?? 'Begin.' }] });
    if (instruction !== undefined) input.push({ role: 'developer', content: instruction });
    if (thought) input.push({ type: 'reasoning', id: `rs_${index}`, summary: [], encrypted_content: 'xyz' });
    for (const [number, call] of calls.entries())
      input.push({
        type: 'function_call',
        id: `fc_${index}_${number}`,
        call_id: `c_${index}_${number}`,
        name: 'f',
        arguments: call.arguments,
      });
    for (const [number, call] of calls.entries())
      input.push({ type: 'function_call_output', call_id: `c_${index}_${number}`, output: call.result });
    if (calls.length === 0) input.push({ role: 'assistant', content: answer });
  }
  input.push({ role: 'user', content: 'And?' });
  return {
    model: 'gpt-5.2',
    store: false,
    ...(system === undefined ? {} : { instructions: system }),
    input,
    tools: [{ type: 'function', name: 'f', parameters: SCHEMA, strict: false }],
  };
}
