import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { semanticScope, splitConversation } from '../../src/cache/conversation-scope.ts';
import { routeFingerprint, type ScopeOwner, type ScopeRoute } from '../../src/cache/scope.ts';
import { codecs } from '../../src/dialects/codecs.ts';
import type { ChatDialect } from '../../src/dialects/conversation/request.ts';
import type { Endpoint } from '../../src/dialects/endpoint.ts';
import { JsonMembers } from '../../src/dialects/json-members.ts';

const SECRET = Buffer.alloc(32, 7);
const OWNER: ScopeOwner = { tenant: 'acme', user: undefined, credential: undefined };
const ROUTE: ScopeRoute = { endpoint: 'chat', fingerprint: routeFingerprint('smart', [], '') };
const ENDPOINTS: Readonly<Record<ChatDialect, Endpoint>> = {
  chat: 'chat',
  messages: 'messages',
  responses: 'responses',
};

function split(body: object | string, owner = OWNER, route = ROUTE, dialect: ChatDialect = 'chat') {
  const members = JsonMembers.read(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));
  assert.ok(members instanceof JsonMembers);
  const conversation = codecs[dialect].readRequest(members.json);
  assert.ok(!('mistake' in conversation), JSON.stringify(conversation));
  const request = { body: members, headers: '' };
  return splitConversation(
    SECRET,
    owner,
    { ...route, endpoint: ENDPOINTS[dialect] },
    request,
    conversation.turns.at(-1),
  );
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

test('two questions in one setting', () => {
  const one = split(BASE);
  const other = split(asking('France, what is its capital?', { stream: true, user: 'ann' }));
  assert.equal(one?.question, 'what is the capital of France?');
  assert.equal(other?.question, 'France, what is its capital?');
  assert.equal(one?.setting, other?.setting);
});

test('questions of several parts, and the short form of the Responses API', () => {
  const parts = split(
    asking([
      { type: 'text', text: 'what is' },
      { type: 'text', text: 'the "capital"\n?' },
    ]),
  );
  assert.equal(parts?.question, 'what is\nthe "capital"\n?');
  const [one, other] = ['Who?', 'Who is it?'].map((input) => split({ model: 'm', input }, OWNER, ROUTE, 'responses'));
  assert.equal(other?.question, 'Who is it?');
  assert.equal(one?.setting, other?.setting);
});

describe('another setting', () => {
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
    ['a member of the question that nobody knows', { messages: [BASE.messages[0], { ...BASE.messages[1], mood: 1 }] }],
    ['a member of a part that nobody knows', asking([{ type: 'text', text: BASE.messages[1]?.content, mood: 1 }])],
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
    test(`for ${name}`, () => {
      const other = split({ ...BASE, ...change });
      assert.ok(other !== undefined);
      assert.notEqual(other.setting, split(BASE)?.setting);
    });

  test('where values differ that nobody knows, deep in a message', () => {
    const settings = [1, 2].map((mood) => split({ ...BASE, messages: [{ ...BASE.messages[1], mood }] })?.setting);
    assert.equal(new Set(settings).size, 2);
  });

  test('for another owner or route; another scope for another embedder or version of the guards', () => {
    const settings = [
      split(BASE),
      split(BASE, { ...OWNER, tenant: 'umbrella' }),
      split(BASE, { ...OWNER, user: 'ann' }),
      split(BASE, OWNER, { ...ROUTE, fingerprint: 'other' }),
    ].map((one) => one?.setting ?? '');
    const scopes = [
      ...settings.map((setting) => semanticScope(SECRET, setting, ['embedder/3', 'guards/1'])),
      semanticScope(SECRET, settings[0] ?? '', ['embedder/4', 'guards/1']),
      semanticScope(SECRET, settings[0] ?? '', ['embedder/3', 'guards/2']),
      semanticScope(Buffer.alloc(32, 8), settings[0] ?? '', ['embedder/3', 'guards/1']),
    ];
    assert.equal(new Set(scopes).size, 7);
  });
});

test('a question with more members than are read has none', () => {
  const crowd = Object.fromEntries(Array.from({ length: 100_000 }, (_, at) => [`m${at}`, at]));
  assert.equal(split({ model: 'm', messages: [{ ...crowd, ...BASE.messages[1] }] }), undefined);
  assert.equal(split({ model: 'm', messages: [{ ...BASE.messages[1], ...crowd }] }), undefined);
});

test('what is no question of plain text has none', () => {
  const image = { type: 'image_url', image_url: { url: 'https://x/y.png' } };
  assert.equal(split(asking([{ type: 'text', text: 'what is this?' }, image])), undefined);
  assert.equal(split({ ...BASE, messages: [BASE.messages[1], { role: 'assistant', content: 'Par' }] }), undefined);
  assert.equal(split(asking('')), undefined);
});

describe('a body that could be read in two ways has none', () => {
  const text = JSON.stringify(BASE);
  const bodies: readonly (readonly [string, string])[] = [
    ['an escaped key', text.replace('"content":"what', '"\\u0063ontent":"what')],
    ['the question twice', text.replace('"content":"what', '"content":"who","content":"what')],
    ['a role twice', text.replace('"role":"user"', '"role":"system","role":"user"')],
  ];
  for (const [name, body] of bodies)
    test(name, () => {
      assert.notEqual(body, text);
      assert.equal(split(body), undefined);
    });
});

/** Bodies of one conversation in a dialect, from its turns, the question last. */
type Said = { readonly role: string; readonly content: unknown; readonly [more: string]: unknown };
const bodyOf: Readonly<Record<ChatDialect, (turns: readonly Said[]) => object>> = {
  chat: (messages) => ({ model: 'm', temperature: 0, messages }),
  messages: (messages) => ({ model: 'm', max_tokens: 9, system: 'be brief', messages }),
  responses: (input) => ({ model: 'm', instructions: 'be brief', input }),
};
const textPart: Readonly<Record<ChatDialect, (role: string, text: string) => Record<string, unknown>>> = {
  chat: (_, text) => ({ type: 'text', text }),
  messages: (_, text) => ({ type: 'text', text }),
  responses: (role, text) => ({ type: role === 'assistant' ? 'output_text' : 'input_text', text }),
};

describe('no two pasts share a setting', () => {
  const words = fc.string({
    unit: fc.constantFrom('a', 'b', ' ', '"', '\\', '[', '{', ',', '}', ']', 'é'),
    minLength: 1,
  });
  const turn = fc.record({ role: fc.constantFrom('user', 'assistant'), text: words, parts: fc.boolean() });
  const past = fc.array(turn, { minLength: 1, maxLength: 5 });
  const at = fc.nat(4);

  for (const dialect of ['chat', 'messages', 'responses'] as const) {
    const saidOf = ({ role, text, parts }: { role: string; text: string; parts: boolean }): Said => ({
      role,
      content: parts ? [textPart[dialect](role, text)] : text,
    });
    const settingOf = (turns: readonly Said[], question: string, indent?: number) => {
      const body = bodyOf[dialect]([...turns, { role: 'user', content: question }]);
      const found = split(JSON.stringify(body, null, indent), OWNER, ROUTE, dialect);
      assert.equal(found?.question, question);
      return found?.setting;
    };

    test(`${dialect}: the same past has the same setting, whatever is asked`, () => {
      fc.assert(
        fc.property(past, words, words, (turns, one, other) => {
          const said = turns.map(saidOf);
          assert.equal(settingOf(said, one), settingOf(said, other));
        }),
      );
    });

    test(`${dialect}: another past has another, whatever differs and wherever`, () => {
      const changes: readonly ((turn: Said, text: string) => Said | readonly Said[])[] = [
        (one) => ({ ...one, role: one.role === 'user' ? 'assistant' : 'user' }),
        (one, text) => ({ ...one, content: `${text}x${JSON.stringify(one.content)}` }),
        (one, text) => ({ ...one, content: [textPart[dialect](one.role, text), textPart[dialect](one.role, text)] }),
        (one) => ({ ...one, content: typeof one.content === 'string' ? `${one.content} ` : 'x' }),
        (one) => ({ ...one, name: 'ann' }),
        (one) => ({ ...one, mood: { deep: [1] } }),
        (one, text) => ({
          ...one,
          content: [{ ...textPart[dialect](one.role, text), cache_control: { type: 'ephemeral' } }],
        }),
        (one) => [one, one],
        () => [],
      ];
      fc.assert(
        fc.property(past, at, fc.constantFrom(...changes), words, words, (turns, index, change, text, question) => {
          const said = turns.map(saidOf);
          const place = index % said.length;
          const other = said.flatMap((one, where) => (where === place ? change(one, text) : one));
          assert.notEqual(settingOf(said, question), settingOf(other, question));
        }),
        { numRuns: 300 },
      );
    });

    test(`${dialect}: nor has the same past in another order`, () => {
      fc.assert(
        fc.property(past, words, (turns, question) => {
          const said = turns.map(saidOf);
          const back = said.toReversed();
          fc.pre(JSON.stringify(said) !== JSON.stringify(back));
          assert.notEqual(settingOf(said, question), settingOf(back, question));
        }),
      );
    });

    test(`${dialect}: what moves from the past into the question is no longer the past`, () => {
      fc.assert(
        fc.property(past, words, words, (turns, one, other) => {
          const said = turns.map(saidOf);
          assert.notEqual(
            settingOf([...said, { role: 'user', content: one }], other),
            settingOf(said, `${one}${other}`),
          );
        }),
      );
    });
  }
});

test('hundreds of turns cost a hash: nothing of them is parsed, written again or copied', () => {
  const turns = Array.from({ length: 400 }, (_, at) => ({
    role: at % 2 === 0 ? 'user' : 'assistant',
    content: `${at} ${'"[{'.repeat(300)}`,
  }));
  const members = JsonMembers.read(Buffer.from(JSON.stringify({ ...BASE, messages: [...turns, BASE.messages[1]] })));
  assert.ok(members instanceof JsonMembers);
  const last = { role: 'user', parts: [{ kind: 'text', text: BASE.messages[1]?.content ?? '' }] } as const;
  const parse = JSON.parse;
  const written = JSON.stringify;
  let parsed = 0;
  JSON.parse = (text: string) => {
    parsed += text.length;
    return parse(text);
  };
  JSON.stringify = () => assert.fail('something was written');
  try {
    assert.ok(splitConversation(SECRET, OWNER, ROUTE, { body: members, headers: '' }, last));
  } finally {
    JSON.parse = parse;
    JSON.stringify = written;
  }
  assert.ok(parsed < 100, `${parsed} characters were parsed`);
});
