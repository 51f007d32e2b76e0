import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { MessageCreateParamsNonStreaming } from '@anthropic-ai/sdk/resources/messages';
import { chatCodec } from '../../src/dialects/chat/codec.ts';
import type { WriteOptions } from '../../src/dialects/conversation/codec.ts';
import { messagesCodec } from '../../src/dialects/messages/codec.ts';
import { CHAT_MODEL, PIXEL } from './conversations.ts';
import { options, translate } from './translate.ts';

const HI: MessageCreateParamsNonStreaming['messages'] = [{ role: 'user', content: 'Hi' }];
const ASK = [...HI, { role: 'assistant', content: [{ type: 'tool_use', id: 't', name: 'f', input: {} }] }];

function toChat(request: object, more: Partial<WriteOptions> = {}) {
  return translate(messagesCodec, { model: 'm', max_tokens: 100, ...request }, chatCodec, options(CHAT_MODEL, more));
}

function untold(request: object, more?: Partial<WriteOptions>): string[] {
  return toChat(request, more).untold.map(({ weight, field }) => `${weight} ${field}`);
}

const result = (content: unknown, more: object = {}) => ({
  messages: [...ASK, { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't', content, ...more }] }],
});

describe('a Messages request for a chat model', () => {
  it('asks for the counts of a stream, and names the cap as the target does', () => {
    const { json } = toChat({ messages: HI, stream: true }, { maxTokensField: 'max_tokens' });
    assert.deepEqual(json, {
      model: CHAT_MODEL,
      messages: HI,
      max_tokens: 100,
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  it('moves the pictures of a result into a message behind all results', () => {
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PIXEL } };
    const { json } = toChat({
      messages: [
        ...HI,
        {
          role: 'assistant',
          content: [
            { type: 'tool_use', id: 't', name: 'f', input: {} },
            { type: 'tool_use', id: 'u', name: 'f', input: {} },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 't', content: [{ type: 'text', text: 'Shot' }, image] },
            { type: 'tool_result', tool_use_id: 'u', content: 'B' },
            { type: 'text', text: 'And?' },
          ],
        },
      ],
    });
    assert.deepEqual((json.messages as unknown[]).slice(2), [
      { role: 'tool', tool_call_id: 't', content: 'Shot' },
      { role: 'tool', tool_call_id: 'u', content: 'B' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Attached to the result of tool call t:' },
          { type: 'image_url', image_url: { url: `data:image/png;base64,${PIXEL}` } },
        ],
      },
      { role: 'user', content: 'And?' },
    ]);
  });

  for (const [content, expected] of [
    ['No such file', 'Error: No such file'],
    ['Error: no such file', 'Error: no such file'],
    ['[ERROR] 5', '[ERROR] 5'],
    [undefined, 'Error'],
  ] as const) {
    it(`says that a result is an error: ${content}`, () => {
      const { json } = toChat(result(content, { is_error: true }));
      assert.deepEqual((json.messages as unknown[]).at(-1), { role: 'tool', tool_call_id: 't', content: expected });
    });
  }

  it('refuses a beginning to continue, unless the target continues', () => {
    const request = { messages: [...HI, { role: 'assistant', content: 'The answer is (' }] };
    assert.deepEqual(untold(request), ['essential messages[1]']);
    assert.deepEqual(untold(request, { prefill: true }), []);
  });

  it('leaves the sampling to models that choose it themselves, and tells so', () => {
    const request = { messages: HI, temperature: 0.2, top_p: 1 };
    assert.deepEqual(untold(request), ['harmless temperature']);
    const { json, untold: none } = translate(
      messagesCodec,
      { model: 'm', max_tokens: 1, ...request },
      chatCodec,
      options('gpt-4o'),
    );
    assert.deepEqual([json.temperature, json.top_p, none], [0.2, 1, []]);
  });

  it('says a plain text document as text', () => {
    const source = { type: 'text', media_type: 'text/plain', data: 'Body' };
    const { json } = toChat({ messages: [{ role: 'user', content: [{ type: 'document', source, title: 'T' }] }] });
    assert.deepEqual(json.messages, [{ role: 'user', content: 'T\n\nBody' }]);
  });

  it('asks for a strict schema only where chat completions can enforce it', () => {
    const open = { type: 'object', properties: { a: { type: 'string' } }, additionalProperties: false };
    const strictOf = (schema: object) => {
      const { json } = toChat({ messages: HI, output_config: { format: { type: 'json_schema', schema } } });
      return (json.response_format as { json_schema: { strict?: boolean } }).json_schema.strict;
    };
    assert.equal(strictOf(open), undefined);
    assert.equal(strictOf({ ...open, required: ['a'] }), true);
  });

  const thinking = { type: 'thinking', thinking: 'hm', signature: 'sig' };
  const user = (block: object) => ({ messages: [{ role: 'user', content: [{ type: 'text', text: 'x' }, block] }] });
  const LOSSES: readonly (readonly [string, object, readonly string[]])[] = [
    [
      'thoughts',
      { messages: [...HI, { role: 'assistant', content: [thinking, { type: 'text', text: 'A' }] }, ...HI] },
      ['harmless messages[1].content[0]'],
    ],
    [
      'cache marks',
      {
        messages: [{ role: 'user', content: [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral' } }] }],
        system: [{ type: 'text', text: 's', cache_control: { type: 'ephemeral' } }],
      },
      ['harmless system[0].cache_control', 'harmless messages[0].content[0].cache_control'],
    ],
    ['top-k', { messages: HI, top_k: 5 }, ['harmless top_k']],
    ['a long user', { messages: HI, metadata: { user_id: 'u'.repeat(65) } }, ['harmless metadata.user_id']],
    [
      'too many stop sequences',
      { messages: HI, stop_sequences: ['1', '2', '3', '4', '5'] },
      ['essential stop_sequences'],
    ],
    [
      "Anthropic's own tools",
      { messages: HI, tools: [{ type: 'web_search_20250305', name: 'web_search' }] },
      ['essential tools[0]'],
    ],
    [
      'blocks of such tools',
      user({ type: 'search_result', source: 's', title: 't', content: [] }),
      ['essential messages[0].content[1]'],
    ],
    [
      'an image by id',
      user({ type: 'image', source: { type: 'file', file_id: 'f' } }),
      ['essential messages[0].content[1]'],
    ],
    [
      'a document by URL',
      user({ type: 'document', source: { type: 'url', url: 'https://x/y.pdf' } }),
      ['essential messages[0].content[1]'],
    ],
    ['a container', { messages: HI, container: 'c' }, ['essential container']],
    ['a region', { messages: HI, inference_geo: 'eu' }, ['essential inference_geo']],
    ['a service tier', { messages: HI, service_tier: 'standard_only' }, ['harmless service_tier']],
    ['what happens anyway', { messages: HI, service_tier: 'auto', speed: 'standard' }, []],
    [
      'members of a tool',
      { messages: HI, tools: [{ name: 'f', input_schema: { type: 'object' }, defer_loading: true }] },
      ['harmless tools[0].defer_loading'],
    ],
    ['a cap of nothing', { messages: HI, max_tokens: 0 }, ['essential max_tokens']],
    [
      'a moved picture',
      result([{ type: 'image', source: { type: 'url', url: 'https://x/y' } }]),
      ['harmless messages[2].content[0]'],
    ],
    ['disabled thinking', { messages: HI, thinking: { type: 'disabled' } }, ['harmless thinking']],
  ];
  for (const [name, request, expected] of LOSSES) {
    it(`tells of ${name}`, () => assert.deepEqual(untold(request), expected));
  }

  const THOUGHTS: readonly (readonly [object, Partial<WriteOptions>, unknown])[] = [
    [{ thinking: { type: 'enabled', budget_tokens: 1024 } }, {}, 'low'],
    [{ thinking: { type: 'enabled', budget_tokens: 10_000 } }, {}, 'medium'],
    [{ thinking: { type: 'enabled', budget_tokens: 32_000 } }, {}, 'high'],
    [{ thinking: { type: 'adaptive' }, output_config: { effort: 'xhigh' } }, {}, 'xhigh'],
    [{ thinking: { type: 'adaptive' } }, {}, undefined],
    [{ thinking: { type: 'disabled' } }, { reasoning: true }, 'none'],
    [{ thinking: { type: 'enabled', budget_tokens: 9000 } }, { reasoning: false }, undefined],
  ];
  for (const [request, more, expected] of THOUGHTS) {
    it(`effort of ${JSON.stringify(request)}, ${JSON.stringify(more)}`, () => {
      assert.equal(toChat({ messages: HI, ...request }, more).json.reasoning_effort, expected);
    });
  }
});
