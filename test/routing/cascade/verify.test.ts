import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { codecs } from '../../../src/dialects/codecs.ts';
import type { ChatDialect } from '../../../src/dialects/conversation/request.ts';
import type { DoubtCode } from '../../../src/routing/cascade/doubt.ts';
import { doubtAbout } from '../../../src/routing/cascade/verify.ts';

const SCHEMA = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
};

/** A request as each dialect says it. `tools`: one tool, `look_up(city)`. */
interface Wish {
  readonly json?: 'schema' | 'any';
  readonly tools?: true;
  readonly choice?: 'required' | 'none' | 'look_up';
  readonly cap?: number;
}

/** An answer as each dialect says it. */
interface Reply {
  readonly text?: string;
  readonly refusal?: string;
  readonly calls?: readonly (readonly [name: string, args: string])[];
  readonly cut?: true;
  readonly filtered?: true;
}

const REQUESTS: Readonly<Record<ChatDialect, (wish: Wish) => object>> = {
  chat: ({ json, tools, choice, cap }) => ({
    model: 'm',
    messages: [{ role: 'user', content: 'hello' }],
    ...(cap === undefined ? {} : { max_tokens: cap }),
    ...(json === 'schema'
      ? { response_format: { type: 'json_schema', json_schema: { name: 'place', schema: SCHEMA } } }
      : json === 'any'
        ? { response_format: { type: 'json_object' } }
        : {}),
    ...(tools ? { tools: [{ type: 'function', function: { name: 'look_up', parameters: SCHEMA } }] } : {}),
    ...(choice === undefined
      ? {}
      : { tool_choice: choice === 'look_up' ? { type: 'function', function: { name: choice } } : choice }),
  }),
  messages: ({ json, tools, choice, cap = 1024 }) => ({
    model: 'm',
    messages: [{ role: 'user', content: 'hello' }],
    max_tokens: cap,
    ...(json === 'schema' ? { output_config: { format: { type: 'json_schema', schema: SCHEMA } } } : {}),
    ...(tools ? { tools: [{ name: 'look_up', input_schema: SCHEMA }] } : {}),
    ...(choice === undefined
      ? {}
      : {
          tool_choice:
            choice === 'look_up' ? { type: 'tool', name: choice } : { type: choice === 'none' ? 'none' : 'any' },
        }),
  }),
  responses: ({ json, tools, choice, cap }) => ({
    model: 'm',
    input: 'hello',
    store: false,
    ...(cap === undefined ? {} : { max_output_tokens: cap }),
    ...(json === 'schema'
      ? { text: { format: { type: 'json_schema', name: 'place', schema: SCHEMA } } }
      : json === 'any'
        ? { text: { format: { type: 'json_object' } } }
        : {}),
    ...(tools ? { tools: [{ type: 'function', name: 'look_up', parameters: SCHEMA, strict: false }] } : {}),
    ...(choice === undefined
      ? {}
      : { tool_choice: choice === 'look_up' ? { type: 'function', name: choice } : choice }),
  }),
};

const ANSWERS: Readonly<Record<ChatDialect, (reply: Reply) => Record<string, unknown>>> = {
  chat: ({ text, refusal, calls = [], cut, filtered }) => ({
    id: 'a',
    object: 'chat.completion',
    model: 'm',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: text ?? null,
          refusal: refusal ?? null,
          ...(calls.length === 0
            ? {}
            : {
                tool_calls: calls.map(([name, args], at) => ({
                  id: `c${at}`,
                  type: 'function',
                  function: { name, arguments: args },
                })),
              }),
        },
        finish_reason: cut ? 'length' : filtered ? 'content_filter' : calls.length > 0 ? 'tool_calls' : 'stop',
      },
    ],
  }),
  messages: ({ text, refusal, calls = [], cut, filtered }) => ({
    id: 'a',
    type: 'message',
    role: 'assistant',
    model: 'm',
    content: [
      ...(text === undefined ? [] : [{ type: 'text', text }]),
      ...calls.map(([name, args], at) => ({
        type: 'tool_use',
        id: `c${at}`,
        name,
        input: args === '' ? {} : (tryParse(args) ?? { $unparsed_arguments: args }),
      })),
    ],
    stop_reason: cut
      ? 'max_tokens'
      : filtered || refusal !== undefined
        ? 'refusal'
        : calls.length > 0
          ? 'tool_use'
          : 'end_turn',
    stop_sequence: null,
    usage: { input_tokens: 1, output_tokens: 1 },
  }),
  responses: ({ text, refusal, calls = [], cut, filtered }) => ({
    id: 'a',
    object: 'response',
    model: 'm',
    status: cut || filtered ? 'incomplete' : 'completed',
    incomplete_details: cut ? { reason: 'max_output_tokens' } : filtered ? { reason: 'content_filter' } : null,
    output: [
      ...(text === undefined && refusal === undefined
        ? []
        : [
            {
              type: 'message',
              role: 'assistant',
              id: 'i',
              status: 'completed',
              content: [
                ...(text === undefined ? [] : [{ type: 'output_text', text, annotations: [] }]),
                ...(refusal === undefined ? [] : [{ type: 'refusal', refusal }]),
              ],
            },
          ]),
      ...calls.map(([name, args], at) => ({
        type: 'function_call',
        id: `f${at}`,
        call_id: `c${at}`,
        name,
        arguments: args,
      })),
    ],
  }),
};

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    assert.ok(error instanceof SyntaxError);
    return undefined;
  }
}

const CASES: readonly (readonly [what: string, wish: Wish, reply: Reply, expected: DoubtCode | undefined])[] = [
  ['text', {}, { text: 'Good morning.' }, undefined],
  ['text cut off at its end', {}, { text: 'Good mor', cut: true }, 'cut-off'],
  ['a label of no more tokens than were asked for', { cap: 16 }, { text: 'spam', cut: true }, undefined],
  ['text cut off by a cap too large for a label', { cap: 17 }, { text: 'The first', cut: true }, 'cut-off'],
  ['JSON cut off by however low a cap', { cap: 8, json: 'schema' }, { text: '{"city":', cut: true }, 'cut-off'],
  ['text that a filter ended', {}, { text: 'Good mor', filtered: true }, undefined],
  ['a refusal', {}, { refusal: 'I will not.' }, 'refused'],
  ['a refusal where JSON was asked for', { json: 'schema' }, { refusal: 'I will not.' }, 'refused'],
  ['a refusal in plain words', {}, { text: "I'm sorry, but I can't help with that request." }, 'refused'],
  ['the same with a typographer’s apostrophe', {}, { text: 'Sorry, I can’t assist with that.' }, 'refused'],
  ['a refusal without an excuse', {}, { text: 'I cannot provide that information.' }, 'refused'],
  ['an apology that goes on to answer', {}, { text: "I'm sorry to hear that. Try restarting it." }, undefined],
  ['a text about refusals', {}, { text: 'The model said: I cannot help with that.' }, undefined],
  ['nothing', {}, { text: ' \n ' }, 'empty'],
  ['a loop', {}, { text: `It is ${'and again '.repeat(80)}` }, 'repetition'],
  ['JSON that fits', { json: 'schema' }, { text: '{"city":"Oslo"}' }, undefined],
  ['JSON that does not', { json: 'schema' }, { text: '{"town":"Oslo"}' }, 'schema'],
  ['text in the place of JSON', { json: 'schema' }, { text: 'It is Oslo.' }, 'not-json'],
  ['JSON in a block of Markdown', { json: 'schema' }, { text: '```json\n{"city":"Oslo"}\n```' }, 'not-json'],
  ['a known call with arguments that fit', { tools: true }, { calls: [['look_up', '{"city":"Oslo"}']] }, undefined],
  [
    'a call in the place of JSON',
    { tools: true, json: 'schema' },
    { calls: [['look_up', '{"city":"Oslo"}']] },
    undefined,
  ],
  ['text beside a call', { tools: true }, { text: 'Let me see.', calls: [['look_up', '{"city":"Oslo"}']] }, undefined],
  ['text where a tool might have been called', { tools: true }, { text: 'It is Oslo.' }, undefined],
  ['an unknown tool', { tools: true }, { calls: [['look_down', '{"city":"Oslo"}']] }, 'unknown-tool'],
  [
    'a second call of an unknown tool',
    { tools: true },
    {
      calls: [
        ['look_up', '{"city":"Oslo"}'],
        ['x', '{}'],
      ],
    },
    'unknown-tool',
  ],
  ['a tool where none was offered', {}, { calls: [['look_up', '{}']] }, 'unknown-tool'],
  ['arguments that do not fit', { tools: true }, { calls: [['look_up', '{"city":1}']] }, 'tool-arguments'],
  ['arguments that are broken', { tools: true }, { calls: [['look_up', '{"city":']] }, 'tool-arguments'],
  ['no arguments where some are demanded', { tools: true }, { calls: [['look_up', '']] }, 'tool-arguments'],
  ['text where a call is demanded', { tools: true, choice: 'required' }, { text: 'It is Oslo.' }, 'no-tool-call'],
  ['text where one call is demanded by name', { tools: true, choice: 'look_up' }, { text: 'Oslo.' }, 'no-tool-call'],
  [
    'a call where none is allowed',
    { tools: true, choice: 'none' },
    { calls: [['look_up', '{"city":"Oslo"}']] },
    'unknown-tool',
  ],
];

for (const dialect of ['chat', 'messages', 'responses'] as const) {
  const codec = codecs[dialect];
  const look = (wish: Wish, reply: Reply, code = false) => {
    const conversation = codec.readRequest(Object.fromEntries(Object.entries(REQUESTS[dialect](wish))));
    assert.ok(!('mistake' in conversation), JSON.stringify(conversation));
    return doubtAbout({ conversation, code }, codec.readAnswer(ANSWERS[dialect](reply)).choices)?.code;
  };

  describe(`an answer in the dialect ${dialect}`, () => {
    for (const [what, wish, reply, expected] of CASES) {
      // Messages knows no other word for it than a refusal's.
      const filtered = dialect === 'messages' ? 'refused' : 'filtered';
      const code = reply.filtered ? filtered : expected;
      it(`is ${code === undefined ? 'taken' : `doubted (${code})`}: ${what}`, () => {
        assert.equal(look(wish, reply), code);
      });
    }

    it('is looked through for code only where code was asked for', () => {
      const broken = { text: 'Here:\n```js\nfunction f( {\n```\n' };
      assert.equal(look({}, broken), undefined);
      assert.equal(look({}, broken, true), 'broken-code');
    });
  });
}

describe('an answer of several choices', () => {
  const conversation = codecs.chat.readRequest({ model: 'm', n: 2, messages: [{ role: 'user', content: 'hi' }] });
  assert.ok(!('mistake' in conversation));
  const choice = (text: string) => ({ parts: [{ kind: 'text' as const, text }], finish: { reason: 'stop' as const } });

  it('is doubted for the worst of them', () => {
    assert.equal(doubtAbout({ conversation, code: false }, [choice('one'), choice('')])?.code, 'empty');
    assert.equal(doubtAbout({ conversation, code: false }, [choice('one'), choice('two')]), undefined);
  });

  it('is doubted where there is none', () => {
    assert.equal(doubtAbout({ conversation, code: false }, [])?.code, 'empty');
  });
});
