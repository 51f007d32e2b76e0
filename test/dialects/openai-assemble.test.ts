import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assembleChat, OpenAiAssembler } from '../../src/dialects/openai-assemble.ts';

type Json = Record<string, unknown>;

function assemble(...events: Json[]) {
  const assembler = new OpenAiAssembler();
  for (const event of events) assembler.add(JSON.parse(JSON.stringify(event)));
  return assembler.result();
}

/** The message that the deltas of one choice make. */
function message(...deltas: Json[]): unknown {
  const { completion } = assemble(...deltas.map((delta) => ({ choices: [{ index: 0, delta }] })));
  const [choice] = completion.choices as Json[];
  return choice?.message;
}

const toolCalls = (...pieces: Json[]): unknown => {
  const made = message(...pieces.map((piece) => ({ tool_calls: [piece] }))) as Json;
  return (made.tool_calls as Json[]).map(({ id, function: callee }) => [
    id,
    (callee as Json).name,
    (callee as Json).arguments,
  ]);
};

describe('a chat stream is put together', () => {
  it('into the completion that the call would have given without stream', () => {
    const base = {
      id: 'c1',
      object: 'chat.completion.chunk',
      created: 5,
      model: 'm',
      system_fingerprint: 'fp',
      service_tier: 'default',
      obfuscation: 'xyz',
    };
    const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 };
    const { completion, unfinished } = assemble(
      {
        ...base,
        choices: [
          { index: 0, delta: { role: 'assistant', content: '', refusal: null }, logprobs: null, finish_reason: null },
        ],
        usage: null,
      },
      { ...base, choices: [{ index: 0, delta: { content: 'Hel' }, logprobs: null, finish_reason: null }], usage: null },
      {
        ...base,
        choices: [{ index: 0, delta: { content: 'lo 🦀' }, logprobs: null, finish_reason: null }],
        usage: null,
      },
      { ...base, choices: [{ index: 0, delta: {}, logprobs: null, finish_reason: 'stop' }], usage: null },
      { ...base, choices: [], usage },
    );
    assert.deepEqual(completion, {
      id: 'c1',
      object: 'chat.completion',
      created: 5,
      model: 'm',
      system_fingerprint: 'fp',
      service_tier: 'default',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'Hello 🦀', refusal: null },
          logprobs: null,
          finish_reason: 'stop',
        },
      ],
      usage,
    });
    assert.deepEqual(unfinished, []);
  });

  it('with several choices, interleaved', () => {
    const at = (index: number, content: string, finish_reason: string | null = null) => ({
      choices: [{ index, delta: { content }, finish_reason }],
    });
    const { completion, unfinished } = assemble(at(1, 'x'), at(0, 'a'), at(1, 'y'), at(0, 'b', 'stop'));
    const choices = completion.choices as Json[];
    assert.deepEqual(
      choices.map((choice) => [choice.index, (choice.message as Json).content]),
      [
        [0, 'ab'],
        [1, 'xy'],
      ],
    );
    assert.deepEqual(unfinished, [1]);
  });

  it('with refusals, reasoning and text fields that nobody knows', () => {
    assert.deepEqual(message({ refusal: 'I ' }, { refusal: 'can’t' }), {
      role: 'assistant',
      content: null,
      refusal: 'I can’t',
    });
    assert.deepEqual(
      message(
        { reasoning_content: 'a', thought: 'x' },
        { reasoning_content: 'b', thought: 'y', content: null },
        { content: 'c' },
      ),
      { role: 'assistant', content: 'c', refusal: null, reasoning_content: 'ab', thought: 'xy' },
    );
  });

  it('with reasoning details and annotations in order', () => {
    assert.deepEqual(
      message({ reasoning_details: [{ text: 'a' }] }, { reasoning_details: [{ text: 'b' }], annotations: [1] }),
      {
        role: 'assistant',
        content: null,
        refusal: null,
        reasoning_details: [{ text: 'a' }, { text: 'b' }],
        annotations: [1],
      },
    );
  });

  it('with audio: data and transcript continued, the id kept', () => {
    assert.deepEqual(
      message(
        { audio: { id: 'a', transcript: 'He' } },
        { audio: { id: 'a', data: 'AA', transcript: 'y' } },
        { audio: { data: 'BB', expires_at: 7 } },
      ),
      {
        role: 'assistant',
        content: null,
        refusal: null,
        audio: { id: 'a', transcript: 'Hey', data: 'AABB', expires_at: 7 },
      },
    );
  });

  it('with logprobs extended', () => {
    const of = (token: string) => ({
      choices: [{ index: 0, delta: { content: token }, logprobs: { content: [{ token }], refusal: null } }],
    });
    const [choice] = assemble(of('a'), of('b')).completion.choices as Json[];
    assert.deepEqual(choice?.logprobs, { content: [{ token: 'a' }, { token: 'b' }] });
  });

  it('with the function call of old', () => {
    assert.deepEqual(message({ function_call: { name: 'f', arguments: '' } }, { function_call: { arguments: '{}' } }), {
      role: 'assistant',
      content: null,
      refusal: null,
      function_call: { name: 'f', arguments: '{}' },
    });
  });

  it('with fields of a choice that nobody knows', () => {
    const [choice] = assemble({
      choices: [{ index: 0, delta: {}, content_filter_results: { hate: {} }, finish_reason: 'stop' }],
    }).completion.choices as Json[];
    assert.deepEqual(choice?.content_filter_results, { hate: {} });
  });

  it('without choices where the stream had none', () => {
    assert.deepEqual(assemble({ id: 'c', choices: [] }).completion, {
      id: 'c',
      object: 'chat.completion',
      choices: [],
    });
  });

  it('as a text completion where it is one', () => {
    const of = (text: string, finish_reason: string | null) => ({
      id: 't',
      object: 'text_completion',
      choices: [{ index: 0, text, logprobs: { tokens: [text] }, finish_reason }],
    });
    assert.deepEqual(assemble(of('a', null), of('b', 'length')).completion, {
      id: 't',
      object: 'text_completion',
      choices: [{ index: 0, text: 'ab', logprobs: { tokens: ['a', 'b'] }, finish_reason: 'length' }],
    });
  });

  it('from a hundred thousand events in time that grows with their number', () => {
    const assembler = new OpenAiAssembler();
    const before = process.cpuUsage();
    for (let count = 0; count < 100_000; count++) {
      assembler.add({
        choices: [{ index: 0, delta: { content: 'tok ' }, logprobs: { content: [{ token: 'tok ' }] } }],
      });
    }
    const [choice] = assembler.result().completion.choices as Json[];
    assert.ok(choice);
    const { content } = choice.message as { content: string };
    assert.equal(content.length, 400_000);
    // Linear: about a tenth of a second. Quadratic: minutes.
    assert.ok(process.cpuUsage(before).user < 5_000_000);
  });

  it('without letting an event reach the prototype', () => {
    const assembler = new OpenAiAssembler();
    assembler.add(
      JSON.parse(
        '{"__proto__":{"polluted":1},"choices":[{"index":0,"__proto__":{"polluted":1},"delta":{"__proto__":{"polluted":1},"audio":{"__proto__":{"polluted":1}}}}]}',
      ),
    );
    assembler.result();
    assert.equal(Reflect.get({}, 'polluted'), undefined);
  });
});

describe('tool calls are put together', () => {
  const piece = (index: number | undefined, id: string | undefined, name: string | undefined, args: string): Json => ({
    index,
    id,
    type: 'function',
    function: { name, arguments: args },
  });

  it('by their index', () => {
    assert.deepEqual(
      toolCalls(
        piece(0, 'a', 'f', ''),
        piece(1, 'b', 'g', '{'),
        piece(0, undefined, undefined, '{"x":'),
        piece(1, undefined, undefined, '}'),
        piece(0, undefined, undefined, '1}'),
      ),
      [
        ['a', 'f', '{"x":1}'],
        ['b', 'g', '{}'],
      ],
    );
  });

  it('by their id where the index is missing', () => {
    assert.deepEqual(
      toolCalls(
        piece(undefined, 'a', 'f', '{}'),
        piece(undefined, 'b', 'f', '{"y":'),
        piece(undefined, 'b', undefined, '2}'),
      ),
      [
        ['a', 'f', '{}'],
        ['b', 'f', '{"y":2}'],
      ],
    );
  });

  it('as one where neither index nor id tells more', () => {
    assert.deepEqual(toolCalls(piece(undefined, undefined, 'f', '{'), piece(undefined, undefined, undefined, '}')), [
      [undefined, 'f', '{}'],
    ]);
  });

  it('as two where whole calls share an index (Gemini)', () => {
    assert.deepEqual(toolCalls(piece(0, 'a', 'f', '{}'), piece(0, 'b', 'f', '{"z":3}')), [
      ['a', 'f', '{}'],
      ['b', 'f', '{"z":3}'],
    ]);
  });

  it('as one where each piece comes with a new id (older vLLM)', () => {
    assert.deepEqual(
      toolCalls(piece(0, 'r1', 'f', ''), piece(0, 'r2', undefined, '{"x":'), piece(0, 'r3', undefined, '1}')),
      [['r1', 'f', '{"x":1}']],
    );
  });

  it('as one where the name comes later, with yet another id', () => {
    assert.deepEqual(toolCalls(piece(0, 'r1', undefined, ''), piece(0, 'r2', 'f', '{}')), [['r1', 'f', '{}']]);
  });

  it('with the id and name repeated in each piece', () => {
    assert.deepEqual(toolCalls(piece(0, 'a', 'f', '{'), piece(0, 'a', 'f', '}')), [['a', 'f', '{}']]);
  });

  it('with content null, and whatever else the provider put on the call', () => {
    assert.deepEqual(
      message(
        { content: '' },
        {
          tool_calls: [
            {
              index: 0,
              id: 'a',
              function: { name: 'f', arguments: '{}' },
              extra_content: { google: { thought_signature: 's' } },
            },
          ],
        },
      ),
      {
        role: 'assistant',
        content: null,
        refusal: null,
        tool_calls: [
          {
            id: 'a',
            type: 'function',
            function: { name: 'f', arguments: '{}' },
            extra_content: { google: { thought_signature: 's' } },
          },
        ],
      },
    );
  });
});

describe('assembleChat', () => {
  it('takes the bytes of a stream and passes over what is no part of the answer', () => {
    const bytes = Buffer.from(
      ': hi\n\ndata: {"id":"c","choices":[{"index":0,"delta":{"content":"a"}}]}\n\ndata: {broken\n\ndata: {"choices":[{"index":0,"delta":{"content":"b"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
    );
    const { id, choices } = assembleChat(bytes);
    assert.equal(id, 'c');
    assert.deepEqual(choices, [
      { index: 0, message: { role: 'assistant', content: 'ab', refusal: null }, logprobs: null, finish_reason: 'stop' },
    ]);
  });
});
