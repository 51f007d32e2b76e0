import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { splitConversation } from '../../src/cache/conversation-scope.ts';
import { routeFingerprint, type ScopeOwner, type ScopeRoute } from '../../src/cache/scope.ts';
import { codecs } from '../../src/dialects/codecs.ts';
import { JsonMembers } from '../../src/dialects/json-members.ts';

const SECRET = Buffer.alloc(32, 7);
const OWNER: ScopeOwner = { tenant: 'acme', user: undefined, credential: undefined };
const ROUTE: ScopeRoute = { endpoint: 'chat', fingerprint: routeFingerprint('smart', [], '') };

function split(
  body: object | string,
  owner = OWNER,
  route = ROUTE,
  basis: readonly string[] = ['embedder/3', 'guards/1'],
) {
  const members = JsonMembers.read(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));
  assert.ok(members instanceof JsonMembers);
  const conversation = codecs.chat.readRequest(members.json);
  assert.ok(!('mistake' in conversation));
  return splitConversation(SECRET, owner, route, { body: members, headers: '' }, conversation, basis);
}

const BASE = {
  model: 'smart',
  temperature: 0,
  messages: [
    { role: 'system', content: 'be brief' },
    { role: 'user', content: 'what is the capital of France?' },
  ],
};
const asking = (content: unknown, more = {}) => ({
  ...BASE,
  ...more,
  messages: [BASE.messages[0], { role: 'user', content }],
});

test('two questions in one scope', () => {
  const one = split(BASE);
  const other = split(asking('France, what is its capital?', { stream: true, user: 'ann' }));
  assert.equal(one?.question, 'what is the capital of France?');
  assert.equal(other?.question, 'France, what is its capital?');
  assert.equal(one?.scope, other?.scope);
});

describe('another scope', () => {
  const changes: readonly [string, object][] = [
    ['another system prompt', { messages: [{ role: 'system', content: 'be long' }, BASE.messages[1]] }],
    [
      'an earlier turn',
      {
        messages: [
          BASE.messages[0],
          { role: 'user', content: 'hi' },
          { role: 'assistant', content: 'hi' },
          BASE.messages[1],
        ],
      },
    ],
    ['a name of the speaker', { messages: [BASE.messages[0], { ...BASE.messages[1], name: 'ann' }] }],
    ['tools', { tools: [{ type: 'function', function: { name: 'f', parameters: {} } }] }],
    ['a format', { response_format: { type: 'json_object' } }],
    ['another temperature', { temperature: 0.1 }],
    ['a seed', { seed: 1 }],
    ['a stop', { stop: 'x' }],
    ['a cap', { max_tokens: 5 }],
    ['logprobs', { logprobs: true }],
    ['more choices', { n: 2 }],
    ['an effort', { reasoning_effort: 'low' }],
    ['a field that nobody knows', { brand_new_field: 1 }],
  ];
  for (const [name, change] of changes)
    test(`for ${name}`, () => assert.notEqual(split({ ...BASE, ...change })?.scope, split(BASE)?.scope));

  test('for another owner, route, embedder or version of the guards', () => {
    const scopes = [
      split(BASE),
      split(BASE, { ...OWNER, tenant: 'umbrella' }),
      split(BASE, { ...OWNER, user: 'ann' }),
      split(BASE, OWNER, { ...ROUTE, fingerprint: 'other' }),
      split(BASE, OWNER, ROUTE, ['embedder/4', 'guards/1']),
      split(BASE, OWNER, ROUTE, ['embedder/3', 'guards/2']),
    ].map((one) => one?.scope);
    assert.equal(new Set(scopes).size, 6);
  });
});

test('what is no question of plain text has none', () => {
  const image = { type: 'image_url', image_url: { url: 'https://x/y.png' } };
  assert.equal(split(asking([{ type: 'text', text: 'what is this?' }, image])), undefined);
  assert.equal(split({ ...BASE, messages: [BASE.messages[1], { role: 'assistant', content: 'Par' }] }), undefined);
  assert.equal(split(asking('')), undefined);
});

test('a body with an escaped key could be read in two ways, and has none', () => {
  const body = JSON.stringify(BASE).replace('"content":"what', '"\\u0063ontent":"what');
  assert.notEqual(body, JSON.stringify(BASE));
  assert.equal(split(body), undefined);
});

test('a new field of a conversation is an error of the compiler', () => {
  const nothingIn = (_rest: Readonly<Record<string, never>>): void => {};
  const { known: _, ...rest } = { known: 1 };
  nothingIn(rest);
  const { known: __, ...more } = { known: 1, forgotten: 2 };
  // @ts-expect-error: a field was left
  nothingIn(more);
});
