import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { Conversation, Part, Turn } from '../../src/dialects/conversation/request.ts';
import { responsesCodec } from '../../src/dialects/responses/codec.ts';
import { needsStoredState } from '../../src/dialects/responses/stored-state.ts';
import type { JsonRecord } from '../../src/failures/json-record.ts';
import { conforms } from '../conformance/conforms.ts';
import { CLIENTS } from './responses-clients.ts';

const OPTIONS = { model: 'gpt-5.2', defaultMaxTokens: 4096, prefill: undefined };

function understood(json: JsonRecord): Conversation {
  const read = responsesCodec.readRequest(json);
  assert.ok(!('mistake' in read), JSON.stringify(read));
  return read;
}

function mistaken(json: JsonRecord): { param: string | undefined; message: string } {
  const read = responsesCodec.readRequest(json);
  assert.ok('mistake' in read, 'it was understood');
  return read;
}

/** Without where it stood and what only names items: the meaning. */
function meaning(conversation: Conversation): unknown {
  const { extras, unheld, ...rest } = conversation;
  return JSON.parse(JSON.stringify(rest, (key, value) => (key === 'at' || key === 'source' ? undefined : value)));
}

for (const [client, request] of Object.entries(CLIENTS)) {
  test(`${client}: its request read and written again means the same, and fits OpenAI's schema`, () => {
    const before = understood(request);
    const { json, untold } = responsesCodec.writeRequest(before, { ...OPTIONS, model: before.model });
    assert.deepEqual(
      untold.filter(({ weight }) => weight === 'essential'),
      [],
    );
    assert.deepEqual(meaning(understood(json)), meaning(before));
    assert.deepEqual(understood(json).extras, { store: false, ...before.extras });
    // The public schema wants an id on reasoning; the API takes it without, and codex sends it so.
    if (client !== 'codex') assert.deepEqual(conforms('response.request', json), []);
  });
}

test("codex: reasoning, calls and results are turns, each result with its call's id", () => {
  const { instructions, turns, tools, extras, reasoning, unheld } = understood(CLIENTS.codex);
  assert.deepEqual(
    instructions.map(({ role }) => role),
    ['system', 'developer'],
  );
  const shape = turns.map(({ role, parts }) => [role, ...parts.map((part) => part.kind)]);
  assert.deepEqual(shape, [
    ['user', 'text'],
    ['user', 'text'],
    ['assistant', 'reasoning', 'text', 'tool-call', 'tool-call'],
    ['user', 'tool-result', 'tool-result'],
  ]);
  assert.deepEqual(tools[1], {
    kind: 'custom',
    name: 'apply_patch',
    description: 'Edits files.',
    grammar: { syntax: 'lark', definition: 'start: begin_patch' },
  });
  assert.equal(extras.verbosity, 'low');
  assert.deepEqual(reasoning, { effort: 'medium', display: 'auto' });
  assert.deepEqual(Object.keys(extras).sort(), [
    'client_metadata',
    'include',
    'prompt_cache_key',
    'store',
    'verbosity',
  ]);
  assert.deepEqual(unheld, ['input[4].phase']);
});

test('an AI SDK request: pictures, files, schema, log-probabilities, a named tool', () => {
  const { turns, format, logprobs, toolChoice, maxTokens, extras } = understood(CLIENTS.aiSdk);
  const sources = turns[0]?.parts.map((part) => ('source' in part ? part.source.by : part.kind));
  assert.deepEqual(sources, ['text', 'url', 'base64', 'url']);
  assert.equal(format?.kind, 'schema');
  assert.equal(logprobs, 2);
  assert.deepEqual(toolChoice, { kind: 'named', name: 'f' });
  assert.equal(maxTokens, 300);
  assert.deepEqual(extras, { store: false });
});

test('what asks for nothing is nothing', () => {
  const { format, tools, toolChoice, reasoning, sampling, extras, includeUsage } = understood(CLIENTS.langchain);
  assert.deepEqual(
    { format, tools, toolChoice, reasoning },
    { format: undefined, tools: [], toolChoice: undefined, reasoning: undefined },
  );
  assert.deepEqual(sampling, {});
  assert.deepEqual(extras, { metadata: { run: '1' } });
  assert.ok(includeUsage);
});

const CHOICES: readonly (readonly [unknown, unknown])[] = [
  ['required', { kind: 'required' }],
  [
    { type: 'custom', name: 'c' },
    { kind: 'named', name: 'c' },
  ],
  [
    { type: 'allowed_tools', mode: 'required', tools: [{ type: 'function', name: 'f' }] },
    { kind: 'allowed', mode: 'required', names: ['f'] },
  ],
  [{ type: 'file_search' }, { kind: 'opaque', dialect: 'responses', value: { type: 'file_search' } }],
];
for (const [choice, expected] of CHOICES) {
  test(`tool_choice ${JSON.stringify(choice)} there and back`, () => {
    const tools = [
      { type: 'function', name: 'f', parameters: { type: 'object' }, strict: true },
      { type: 'custom', name: 'c' },
      { type: 'file_search', vector_store_ids: ['vs_1'] },
    ];
    const read = understood({ model: 'm', input: 'x', tools, tool_choice: choice });
    assert.deepEqual(read.toolChoice, expected);
    const { json } = responsesCodec.writeRequest(read, OPTIONS);
    assert.deepEqual(json.tool_choice, choice);
    assert.deepEqual(json.tools, tools);
  });
}

const STATE: readonly (readonly [JsonRecord, string | undefined])[] = [
  [{ previous_response_id: 'resp_1', input: 'x' }, 'previous_response_id'],
  [{ previous_response_id: 'resp_1' }, 'previous_response_id'],
  [{ conversation: 'conv_1', input: 'x' }, 'conversation'],
  [{ prompt: { id: 'pmpt_1' } }, 'prompt'],
  [{ background: true, input: 'x' }, 'background'],
  [{ store: true, input: 'x' }, 'store'],
  [
    {
      input: [
        { role: 'user', content: 'x' },
        { type: 'item_reference', id: 'msg_1' },
      ],
    },
    'input[1]',
  ],
  [{ input: 'x', store: false, background: false, previous_response_id: null }, undefined],
  [{ input: 'x' }, undefined],
];
for (const [request, param] of STATE) {
  test(`${JSON.stringify(request)} needs ${param === undefined ? 'nothing kept' : 'a target that keeps responses'}`, () => {
    const needed = needsStoredState(understood({ model: 'm', ...request }));
    assert.equal(needed?.param, param);
    if (needed !== undefined) assert.match(needed.message, /keeps no responses.*(?:[Ss]end)/);
  });
}

const MISTAKES: readonly (readonly [JsonRecord, string])[] = [
  [{ input: 'x' }, 'model'],
  [{ model: 'm' }, 'input'],
  [{ model: 'm', input: 5 }, 'input'],
  [{ model: 'm', input: [5] }, 'input[0]'],
  [{ model: 'm', input: [{}] }, 'input[0].type'],
  [{ model: 'm', input: [{ role: 'robot', content: 'x' }] }, 'input[0].role'],
  [{ model: 'm', input: [{ role: 'user' }] }, 'input[0].content'],
  [{ model: 'm', input: [{ role: 'user', content: [{ type: 'input_image' }] }] }, 'input[0].content[0].image_url'],
  [{ model: 'm', input: [{ type: 'function_call_output', output: 'x' }] }, 'input[0].call_id'],
  [{ model: 'm', input: [{ type: 'function_call', call_id: 'c', name: 'f', arguments: {} }] }, 'input[0].arguments'],
  [{ model: 'm', input: 'x', tools: [{ type: 'function' }] }, 'tools[0].name'],
  [{ model: 'm', input: 'x', tool_choice: 'maybe' }, 'tool_choice'],
  [{ model: 'm', input: 'x', text: { format: { type: 'xml' } } }, 'text.format.type'],
  [{ model: 'm', input: 'x', max_output_tokens: 'many' }, 'max_output_tokens'],
];
for (const [request, param] of MISTAKES) {
  test(`${JSON.stringify(request)} is a mistake in ${param}`, () => {
    assert.equal(mistaken(request).param, param);
  });
}

test('no JSON makes the reader throw', () => {
  const items = fc.record(
    {
      type: fc.constantFrom(
        'message',
        'function_call',
        'function_call_output',
        'reasoning',
        'custom_tool_call',
        'zzz',
        7,
      ),
      role: fc.constantFrom('user', 'assistant', 'x', null),
      content: fc.jsonValue({ maxDepth: 3 }),
      call_id: fc.jsonValue({ maxDepth: 1 }),
      name: fc.jsonValue({ maxDepth: 1 }),
      output: fc.jsonValue({ maxDepth: 2 }),
      summary: fc.jsonValue({ maxDepth: 2 }),
      encrypted_content: fc.oneof(
        fc.string(),
        fc.base64String().map((text) => `bw1.${text}`),
      ),
      arguments: fc.jsonValue({ maxDepth: 1 }),
    },
    { requiredKeys: [] },
  );
  const anything = fc.jsonValue({ maxDepth: 3 });
  const requests = fc.record(
    {
      model: fc.oneof(fc.constant('m'), anything),
      input: fc.oneof(fc.array(items), anything),
      instructions: anything,
      tools: fc.oneof(fc.array(anything), anything),
      tool_choice: anything,
      text: fc.oneof(fc.record({ format: anything }), anything),
      reasoning: anything,
      include: anything,
      store: anything,
      stream: anything,
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(requests, (request) => {
      const read = responsesCodec.readRequest(request as JsonRecord);
      if ('mistake' in read) return read.message.length > 0;
      responsesCodec.writeRequest(read, OPTIONS);
      needsStoredState(read);
      return true;
    }),
    { numRuns: 500 },
  );
});

const TEXT = fc.string({ unit: 'grapheme', maxLength: 12 });
const text = TEXT.map((value): Part => ({ kind: 'text', text: value }));
const call = fc.record({
  n: fc.nat(999),
  args: fc.json({ maxDepth: 2 }),
  type: fc.constantFrom('function' as const, 'custom' as const),
});
const calls = call.map(
  ({ n, args, type }): Part => ({ kind: 'tool-call', id: `call_${n}`, name: 'f', arguments: args, type }),
);
const result = fc.tuple(call, fc.array(text, { minLength: 1, maxLength: 3 })).map(([{ n, type }, content]): Part => {
  return { kind: 'tool-result', callId: `call_${n}`, content, isError: false, type };
});
const turns = fc.array(
  fc.oneof(
    fc.array(text, { minLength: 1, maxLength: 3 }).map((parts): Turn => ({ role: 'user', parts })),
    fc
      .array(fc.oneof(text, calls), { minLength: 1, maxLength: 4 })
      .map((parts): Turn => ({ role: 'assistant', parts })),
    fc.array(result, { minLength: 1, maxLength: 3 }).map((parts): Turn => ({ role: 'user', parts })),
  ),
  { minLength: 1, maxLength: 8 },
);

test('any conversation written and read again keeps its roles, order, ids and arguments byte for byte', () => {
  fc.assert(
    fc.property(turns, (some) => {
      const conversation: Conversation = { ...understood({ model: 'm', input: 'x' }), source: 'chat', turns: some };
      const { json } = responsesCodec.writeRequest(conversation, OPTIONS);
      assert.deepEqual(flat(understood(json).turns), flat(some));
    }),
    { numRuns: 300 },
  );
});

/** Each part with its role: how parts are spread over turns of one role is no meaning. */
function flat(some: readonly Turn[]): unknown {
  return JSON.parse(
    JSON.stringify(
      some.flatMap(({ role, parts }) => parts.map((part) => ({ role, part }))),
      (key, value) => (key === 'at' ? undefined : value),
    ),
  );
}

test('what Responses cannot say is reported under the name the client knows', () => {
  const conversation: Conversation = {
    ...understood({ model: 'm', input: 'x' }),
    source: 'chat',
    stop: ['END'],
    choices: 2,
    sampling: { seed: 7, topK: 3, logitBias: { 5: -100 }, presencePenalty: 0 },
    extras: { store: false, metadata: { a: 'b' }, prediction: {}, modalities: ['text', 'audio'] },
    turns: [{ role: 'user', parts: [{ kind: 'audio', data: '', format: 'wav', at: 'messages[0].content[0]' }] }],
  };
  const { json, untold } = responsesCodec.writeRequest(conversation, OPTIONS);
  assert.deepEqual(
    untold.map(({ field, weight }) => `${weight} ${field}`),
    [
      'essential messages[0].content[0]',
      'harmless prediction',
      'essential modalities',
      'essential stop',
      'essential n',
      'essential logit_bias',
      'harmless top_k',
      'harmless seed',
    ],
  );
  assert.deepEqual(json.metadata, { a: 'b' });
  assert.equal(json.store, false);
});

test('a tool that chat does not call strict is not made so; a failed call says so; a foreign thought is left out and told', () => {
  const conversation: Conversation = {
    ...understood({ model: 'm', input: 'x' }),
    source: 'messages',
    tools: [{ kind: 'function', name: 'f', description: undefined, parameters: { type: 'object' }, strict: undefined }],
    turns: [
      {
        role: 'assistant',
        parts: [
          { kind: 'reasoning', text: 'Hm', origin: 'messages', signature: 's', at: 'messages[0].content[0]' },
          { kind: 'tool-call', id: 'toolu_1', name: 'f', arguments: '{}', type: 'function' },
        ],
      },
      {
        role: 'user',
        parts: [
          {
            kind: 'tool-result',
            callId: 'toolu_1',
            content: [{ kind: 'text', text: 'no such file' }],
            isError: true,
            type: 'function',
          },
        ],
      },
    ],
  };
  const { json, untold } = responsesCodec.writeRequest(conversation, OPTIONS);
  assert.deepEqual(json.tools, [{ type: 'function', name: 'f', parameters: { type: 'object' }, strict: false }]);
  assert.deepEqual(json.input, [
    { type: 'function_call', call_id: 'toolu_1', name: 'f', arguments: '{}' },
    { type: 'function_call_output', call_id: 'toolu_1', output: 'Error: no such file' },
  ]);
  assert.deepEqual(
    untold.map(({ field, weight }) => `${weight} ${field}`),
    ['harmless messages[0].content[0]'],
  );
});
