import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { MessagesStreamProgress } from '../../src/dialects/messages/stream-progress.ts';
import { readMessagesTokens } from '../../src/dialects/messages/usage.ts';
import { readUsage } from '../../src/dialects/openai-usage.ts';
import { MOST_TOKENS, NO_TOKENS, type ReportedTokens, tokenCount } from '../../src/dialects/reported-tokens.ts';
import { readResponsesTokens } from '../../src/dialects/responses/usage.ts';
import { tokensOf } from '../../src/providers/wire.ts';
import { events } from '../translation/translate.ts';

type Case = readonly [name: string, usage: object, expected: Partial<ReportedTokens>];

const CHAT: readonly Case[] = [
  [
    'OpenAI, with everything',
    {
      prompt_tokens: 1000,
      completion_tokens: 300,
      total_tokens: 1300,
      prompt_tokens_details: { cached_tokens: 640, cache_write_tokens: 128, audio_tokens: 20 },
      completion_tokens_details: { reasoning_tokens: 200, audio_tokens: 10 },
    },
    {
      promptTokens: 1000,
      cachedTokens: 640,
      cacheWriteTokens: 128,
      audioInputTokens: 20,
      completionTokens: 300,
      reasoningTokens: 200,
      audioOutputTokens: 10,
    },
  ],
  [
    'xAI, whose reasoning is not in the completion',
    {
      prompt_tokens: 10_120,
      completion_tokens: 1499,
      total_tokens: 14_428,
      prompt_tokens_details: { cached_tokens: 128 },
      completion_tokens_details: { reasoning_tokens: 2809 },
    },
    { promptTokens: 10_120, cachedTokens: 128, completionTokens: 4308, reasoningTokens: 2809 },
  ],
  [
    'Gemini, whose thoughts are in the total only',
    { prompt_tokens: 20, completion_tokens: 151, total_tokens: 553 },
    { promptTokens: 20, completionTokens: 533 },
  ],
  [
    'one whose uncounted reasoning is as much as was cached',
    {
      prompt_tokens: 100,
      completion_tokens: 5,
      total_tokens: 145,
      prompt_tokens_details: { cached_tokens: 40 },
      completion_tokens_details: { reasoning_tokens: 40 },
    },
    { promptTokens: 100, cachedTokens: 40, completionTokens: 45, reasoningTokens: 40 },
  ],
  [
    'DeepSeek',
    {
      prompt_tokens: 100,
      completion_tokens: 5,
      total_tokens: 105,
      prompt_cache_hit_tokens: 64,
      prompt_cache_miss_tokens: 36,
    },
    { promptTokens: 100, cachedTokens: 64, completionTokens: 5 },
  ],
  [
    'a gateway to Anthropic',
    {
      prompt_tokens: 100,
      completion_tokens: 5,
      cache_read_input_tokens: 40,
      cache_creation_input_tokens: 30,
      cache_creation: { ephemeral_1h_input_tokens: 10, ephemeral_5m_input_tokens: 20 },
    },
    { promptTokens: 100, cachedTokens: 40, cacheWriteTokens: 30, cacheWrite1hTokens: 10, completionTokens: 5 },
  ],
  [
    'one that counts the cache in the total only',
    { prompt_tokens: 100, completion_tokens: 5, total_tokens: 145, cached_tokens: 40 },
    { promptTokens: 140, cachedTokens: 40, completionTokens: 5 },
  ],
  [
    'Moonshot',
    { prompt_tokens: 9, completion_tokens: 1, cached_tokens: 4 },
    { promptTokens: 9, cachedTokens: 4, completionTokens: 1 },
  ],
  ['embeddings', { prompt_tokens: 9, total_tokens: 9 }, { promptTokens: 9 }],
];

const MESSAGES: readonly Case[] = [
  [
    'Anthropic, whose input leaves the cache out',
    {
      input_tokens: 10,
      cache_read_input_tokens: 4000,
      cache_creation_input_tokens: 300,
      cache_creation: { ephemeral_5m_input_tokens: 100, ephemeral_1h_input_tokens: 200 },
      output_tokens: 50,
      output_tokens_details: { thinking_tokens: 20 },
    },
    {
      promptTokens: 4310,
      cachedTokens: 4000,
      cacheWriteTokens: 300,
      cacheWrite1hTokens: 200,
      completionTokens: 50,
      reasoningTokens: 20,
    },
  ],
  [
    'only the parts of what was written',
    {
      input_tokens: 1,
      output_tokens: 2,
      cache_creation: { ephemeral_5m_input_tokens: 3, ephemeral_1h_input_tokens: 4 },
    },
    { promptTokens: 8, cacheWriteTokens: 7, cacheWrite1hTokens: 4, completionTokens: 2 },
  ],
];

const RESPONSES: readonly Case[] = [
  [
    'OpenAI',
    {
      input_tokens: 100,
      input_tokens_details: { cached_tokens: 60, cache_write_tokens: 20 },
      output_tokens: 30,
      output_tokens_details: { reasoning_tokens: 25 },
      total_tokens: 130,
    },
    { promptTokens: 100, cachedTokens: 60, cacheWriteTokens: 20, completionTokens: 30, reasoningTokens: 25 },
  ],
  [
    'reasoning in the total only',
    { input_tokens: 32, output_tokens: 9, total_tokens: 135 },
    { promptTokens: 32, completionTokens: 103 },
  ],
];

describe('usage is read from', () => {
  for (const [wire, cases] of [
    ['chat', CHAT],
    ['messages', MESSAGES],
    ['responses', RESPONSES],
  ] as const) {
    for (const [name, usage, expected] of cases) {
      test(`${wire}: ${name}`, () => assert.deepEqual(tokensOf(wire, { usage }), { ...NO_TOKENS, ...expected }));
    }
  }
});

describe('hostile counts', () => {
  const numbers = fc.oneof(
    fc.double(),
    fc.integer(),
    fc.constantFrom(-1, 1e300, Number.MAX_SAFE_INTEGER, MOST_TOKENS, '5', null, true, [], {}, Number.NaN),
  );
  const names = [
    'prompt_tokens',
    'completion_tokens',
    'input_tokens',
    'output_tokens',
    'total_tokens',
    'cached_tokens',
  ];
  names.push('cache_read_input_tokens', 'cache_creation_input_tokens', 'reasoning_tokens', 'prompt_cache_hit_tokens');
  const details = [
    'prompt_tokens_details',
    'completion_tokens_details',
    'input_tokens_details',
    'output_tokens_details',
    'cache_creation',
  ];
  const inner = [
    'cached_tokens',
    'cache_write_tokens',
    'audio_tokens',
    'reasoning_tokens',
    'ephemeral_1h_input_tokens',
    'thinking_tokens',
  ];
  const detail = fc.oneof(numbers, fc.dictionary(fc.constantFrom(...inner), numbers));
  const usage = fc
    .tuple(fc.dictionary(fc.constantFrom(...names), numbers), fc.dictionary(fc.constantFrom(...details), detail))
    .map(([counts, parts]) => ({ ...counts, ...parts }));

  test('never become anything but whole numbers that can be added up', () => {
    fc.assert(
      fc.property(usage, usage, (first, second) => {
        const readings = [
          readUsage(first),
          readResponsesTokens(first),
          readMessagesTokens(second, readMessagesTokens(first)),
        ];
        for (const tokens of readings) {
          for (const count of Object.values(tokens ?? {})) {
            assert.ok(Number.isSafeInteger(count) && count >= 0 && count <= 4 * MOST_TOKENS, String(count));
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  test('are no counts', () => {
    for (const value of [-1, 1e10, Number.POSITIVE_INFINITY, Number.NaN, '5', null, undefined]) {
      assert.equal(tokenCount(value), undefined);
    }
    assert.equal(tokenCount(1.9), 1);
  });
});

describe('of a stream of messages that is cut', () => {
  const take = (progress: MessagesStreamProgress, said: readonly object[]): void => {
    const bytes = said
      .map((event) => `event: ${Reflect.get(event, 'type')}\ndata: ${JSON.stringify(event)}\n\n`)
      .join('');
    for (const event of events(Buffer.from(bytes))) progress.take(event, false);
  };

  test('the input is known from its first event, and counts only grow', () => {
    const progress = new MessagesStreamProgress();
    const usage = { input_tokens: 10, cache_read_input_tokens: 90, cache_creation_input_tokens: 5, output_tokens: 1 };
    take(progress, [{ type: 'message_start', message: { usage } }]);
    assert.deepEqual(progress.usage, {
      ...NO_TOKENS,
      promptTokens: 105,
      cachedTokens: 90,
      cacheWriteTokens: 5,
      completionTokens: 1,
    });
    take(progress, [{ type: 'message_delta', delta: {}, usage: { input_tokens: 0, output_tokens: 40 } }]);
    assert.equal(progress.usage?.promptTokens, 105);
    assert.equal(progress.usage?.completionTokens, 40);
    // Tools of the provider's own read on: the cumulative input grows.
    take(progress, [{ type: 'message_delta', delta: {}, usage: { input_tokens: 500, output_tokens: 60 } }]);
    assert.equal(progress.usage?.promptTokens, 595);
  });
});
