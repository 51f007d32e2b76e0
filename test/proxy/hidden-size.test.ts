import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isRecord } from '../../src/failures/json-record.ts';
import { type Rig, rig } from '../chaos/rig.ts';

const KEY = 'bw_acme_key_0123456789abcdef';
/** An output token costs a thousandth of a dollar, and the model writes a thousand of them at most: a dollar. */
const CONFIG = `
state: memory
models: {m: {targets: [{target: a/sim-usage-20-1, maxOutputTokens: 1000, price: {input: "$0/M", output: "$1000/M"}}]}}
tenants: {acme: {keys: [${KEY}], budget: {limit: $0.50, per: day}}}
`;

const MESSAGES = [{ role: 'user', content: 'hello' }];

const PATHS = {
  chat: '/chat/completions',
  completions: '/completions',
  messages: '/messages',
  responses: '/responses',
} as const;

type Case = readonly [endpoint: keyof typeof PATHS, says: string, body: string | Record<string, unknown>];

async function post({ proxy }: Rig, [endpoint, , body]: Case): Promise<Response> {
  return fetch(`${proxy.url}/v1${PATHS[endpoint]}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify({ model: 'm', ...body }),
  });
}

/** What could cost more than the budget has, though it looks small. */
const TOO_LARGE: readonly Case[] = [
  ['chat', 'names no cap', { messages: MESSAGES }],
  ['chat', 'names its cap as another dialect does', { messages: MESSAGES, max_output_tokens: 1 }],
  ['chat', 'names two caps', { messages: MESSAGES, max_completion_tokens: 1, max_tokens: 1000 }],
  ['chat', 'names two caps, the larger one first', { messages: MESSAGES, max_completion_tokens: 1000, max_tokens: 1 }],
  ['chat', 'has a cap below nothing, which some servers take for none', { messages: MESSAGES, max_tokens: -1 }],
  ['chat', 'has a cap of nothing, which some servers take for none', { messages: MESSAGES, max_tokens: 0 }],
  ['chat', 'has no cap beside one', { messages: MESSAGES, max_completion_tokens: 1, max_tokens: -1 }],
  [
    'chat',
    'has a cap that is no number any more',
    `{"model": "m", "messages": ${JSON.stringify(MESSAGES)}, "max_tokens": 1e999}`,
  ],
  ['chat', 'has more to be generated than shown', { messages: MESSAGES, max_tokens: 1, best_of: 1000 }],
  [
    'chat',
    'brings a prediction, of which what is wrong is paid for as output',
    { messages: MESSAGES, max_tokens: 1, prediction: { type: 'content', content: 'x'.repeat(1000) } },
  ],
  ['completions', 'names its cap as another dialect does', { prompt: 'a', max_completion_tokens: 1, max_tokens: 1000 }],
  ['completions', 'has a thousand prompts', { prompt: Array.from({ length: 1000 }, () => 'a'), max_tokens: 1 }],
  [
    'completions',
    'has a thousand prompts of numbers',
    { prompt: Array.from({ length: 1000 }, () => [1]), max_tokens: 1 },
  ],
  ['completions', 'has many of many', { prompt: ['a', [1, 2]], max_tokens: 1, n: 20, best_of: 500 }],
  [
    'messages',
    'names its cap as another dialect does',
    { messages: MESSAGES, max_completion_tokens: 1, max_tokens: 1000 },
  ],
  ['messages', 'names it as a third dialect does', { messages: MESSAGES, max_output_tokens: 1, max_tokens: 1000 }],
  ['responses', 'names its cap as another dialect does', { input: 'hello', max_tokens: 1 }],
  ['responses', 'names no cap', { input: 'hello' }],
];

test('what may cost more than a budget has is not let in, however it is written', async (t) => {
  const r = await rig(t, { config: CONFIG, asides: true });
  for (const one of TOO_LARGE) {
    const [endpoint, says] = one;
    const answer = await post(r, one);
    const text = await answer.text();
    assert.equal(answer.status, 429, `a request to ${endpoint} that ${says}: ${text}`);
    assert.match(text, /insufficient_quota|rate_limit_error/, `${endpoint}: ${says}`);
  }
  assert.equal(r.upstreams[0]?.requestCount, 0);
});

/** What means one thing to this proxy and may mean another to a provider. */
const UNCLEAR: readonly Case[] = [
  ['chat', 'N', { messages: MESSAGES, max_tokens: 1, N: 1000 }],
  ['chat', 'Max_Tokens', { messages: MESSAGES, max_tokens: 1, Max_Tokens: 1000 }],
  [
    'chat',
    'max_token\u017f, which Go reads as max_tokens',
    { messages: MESSAGES, max_tokens: 1, 'max_token\u017f': 1000 },
  ],
  ['chat', 'Service_Tier', { messages: MESSAGES, max_tokens: 1, Service_Tier: 'priority' }],
  ['completions', 'Best_Of', { prompt: 'a', max_tokens: 1, Best_Of: 1000 }],
  ['completions', 'Prompt', { prompt: 'a', max_tokens: 1, Prompt: ['a', 'b'] }],
  ['completions', 'a best_of in quotes, which some servers read', { prompt: 'a', max_tokens: 1, best_of: '1000' }],
  ['responses', 'a wish that is paid for later', { input: 'a', max_output_tokens: 1, background: true }],
  ['responses', 'Background', { input: 'a', max_output_tokens: 1, Background: true }],
];

test('what providers may read in another way than this proxy is refused', async (t) => {
  const r = await rig(t, { config: CONFIG, asides: true });
  for (const one of UNCLEAR) {
    const [endpoint, says] = one;
    const answer = await post(r, one);
    const text = await answer.text();
    assert.equal(answer.status, 400, `a request to ${endpoint} with ${says}: ${text}`);
  }
  assert.equal(r.upstreams[0]?.requestCount, 0);
});

/** The same, small enough. */
const FITTING: readonly Case[] = [
  ['chat', 'a cap', { messages: MESSAGES, max_tokens: 10 }],
  ['chat', 'two caps', { messages: MESSAGES, max_completion_tokens: 10, max_tokens: 20 }],
  [
    'chat',
    'a member that its dialect does not know',
    { messages: MESSAGES, max_tokens: 10, max_output_tokens: 10_000 },
  ],
  ['completions', 'one prompt of numbers', { prompt: [1, 2, 3, 4], max_tokens: 10 }],
  ['completions', 'ten prompts', { prompt: Array.from({ length: 10 }, () => 'a'), max_tokens: 10 }],
];

test('what fits is let in', async (t) => {
  const r = await rig(t, { config: CONFIG, asides: true });
  for (const one of FITTING) {
    const answer = await post(r, one);
    assert.equal(answer.status, 200, `${one[0]} with ${one[1]}: ${await answer.text()}`);
  }
});

for (const clamp of [false, true]) {
  test(`a cap ${clamp ? 'that a budget set' : 'of the client'} is told in the words that the provider heeds`, async (t) => {
    const r = await rig(t, {
      providers:
        'providers: {a: {preset: deepseek, baseUrl: up(a), apiKey: k}, b: {preset: openai, baseUrl: up(a), apiKey: k}}',
      config: CONFIG.replace(
        'm: {',
        `b: {targets: [{target: b/sim-usage-20-1, price: {input: "$0", output: "$1000"}}]}, m: {`,
      ).replace('limit: $0.50, per: day}', `limit: $0.50, per: day}, clamp: ${clamp}`),
    });
    const wanted = clamp ? 600 : 10;
    for (const model of ['m', 'b']) {
      const answer = await post(r, [
        'chat',
        '',
        { model, messages: MESSAGES, max_completion_tokens: wanted, max_tokens: null },
      ]);
      assert.equal(answer.status, 200, await answer.text());
    }
    const caps = r.upstreams[0]?.requests.map(({ body }) => {
      assert.ok(isRecord(body));
      return [body.max_tokens, body.max_completion_tokens];
    });
    assert.deepEqual(
      caps,
      clamp
        ? [
            [500, 500],
            [null, 499],
          ]
        : [
            [10, 10],
            [null, 10],
          ],
    );
  });
}
