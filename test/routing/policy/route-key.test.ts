import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WORST } from '../../../bench/routing/requests.ts';
import type { Endpoint } from '../../../src/dialects/endpoint.ts';
import { JsonMembers } from '../../../src/dialects/json-members.ts';
import { conversationHash } from '../../../src/routing/policy/conversation.ts';
import { openingOf } from '../../../src/routing/policy/opening.ts';
import { fingerprintOf, isRouteName, systemPrintOf } from '../../../src/routing/policy/route-key.ts';
import { membersOf, user } from './policy-rig.ts';

const keyOf = (body: unknown, endpoint: Endpoint = 'chat'): string => {
  const members = membersOf(body);
  return fingerprintOf(members, systemPrintOf(members, openingOf(endpoint, members)));
};
const system = (content: unknown) => ({ role: 'system', content });
const tool = (name: string, description = 'x') => ({
  type: 'function',
  function: { name, description, parameters: {} },
});
const PROMPT = 'You sort tickets of ACME.\n\nToday is Sunday, 22 November 2026, 18:30. Run 3f8a-77b1.';

test('what names nothing is plain', () => {
  assert.equal(keyOf({ messages: [user('hi')] }), 'plain');
  assert.equal(keyOf({ messages: [user('other words')], temperature: 1 }), 'plain');
  assert.equal(keyOf({ input: 'hi' }, 'responses'), 'plain');
  assert.equal(keyOf({ prompt: 'hi' }, 'completions'), 'plain');
});

test('the same system prompt is the same kind of work on another day, in another run, in other white space', () => {
  const key = keyOf({ messages: [system(PROMPT), user('hi')] });
  assert.match(key, /^sys-[\w-]{16}$/);
  for (const other of [
    'You sort tickets of ACME. Today is Monday, 1 January 2027, 6:05. Run 99aa-0c3d.',
    'YOU SORT TICKETS OF ACME.\t\tToday is Fri, 2 may 2031, 23:59. Run deadbeef-f00d.',
  ])
    assert.equal(keyOf({ messages: [system(other), user('something else')] }), key, other);
  assert.equal(keyOf({ messages: [{ role: 'developer', content: PROMPT }, user('hi')] }), key);
});

test('another prompt, another tool or another form of answer is another kind of work', () => {
  const base = { messages: [system(PROMPT), user('hi')] };
  const form = (name: string) => ({ response_format: { type: 'json_schema', json_schema: { name, schema: {} } } });
  const keys = [
    keyOf(base),
    keyOf({ messages: [system('You write poems.'), user('hi')] }),
    keyOf({ ...base, tools: [tool('read')] }),
    keyOf({ ...base, tools: [tool('read'), tool('write')] }),
    keyOf({ ...base, ...form('a') }),
    keyOf({ ...base, ...form('b') }),
    keyOf({ messages: [user('hi')], tools: [tool('read')] }),
  ];
  assert.equal(new Set(keys).size, keys.length);
});

test('the order of tools, what is said of them, and a text as the form of answer change nothing', () => {
  const base = { messages: [system(PROMPT), user('hi')] };
  assert.equal(
    keyOf({ ...base, tools: [tool('read'), tool('write', 'long')] }),
    keyOf({ ...base, tools: [tool('write'), tool('read', 'short, "name": "other"')] }),
  );
  assert.equal(keyOf({ ...base, response_format: { type: 'text' } }), keyOf(base));
});

test('each dialect has its place for a system prompt', () => {
  const messages = keyOf({ system: PROMPT, messages: [user('hi')] }, 'messages');
  assert.equal(keyOf({ system: PROMPT, messages: [user('again')] }, 'messages'), messages);
  assert.notEqual(messages, 'plain');
  const parts = keyOf({ system: [{ type: 'text', text: PROMPT }], messages: [user('hi')] }, 'messages');
  assert.notEqual(parts, 'plain');
  const responses = keyOf({ instructions: PROMPT, input: 'hi' }, 'responses');
  assert.equal(responses, messages);
  const items = keyOf({ input: [{ role: 'system', content: PROMPT }, user('hi')] }, 'responses');
  assert.equal(items, responses);
});

test('a system prompt too long to be read to its end is known by its beginning', () => {
  const long = `You sort tickets. ${'And so on. '.repeat(10_000)}`;
  const key = keyOf({ messages: [system(long), user('hi')] });
  assert.equal(keyOf({ messages: [system(`${long} more`), user('other')] }), key);
  assert.notEqual(keyOf({ messages: [system(`Now ${long}`), user('hi')] }), key);
  // A long first message of a user is none.
  assert.equal(keyOf({ messages: [user('word '.repeat(50_000))] }), 'plain');
});

test('a conversation keeps its name as it grows, whatever marks move in it', () => {
  const nameOf = (messages: readonly unknown[], endpoint: Endpoint = 'chat') => {
    const members = membersOf({ messages });
    const { firstUser } = openingOf(endpoint, members);
    return firstUser === undefined ? undefined : conversationHash(members, firstUser);
  };
  const answer = { role: 'assistant', content: 'yes' };
  const name = nameOf([system('x'), user('first')]);
  assert.equal(nameOf([system('x'), user('first'), answer, user('second')]), name);
  assert.notEqual(nameOf([system('x'), user('other')]), name);
  const marked = [{ type: 'text', text: 'first', cache_control: { type: 'ephemeral' } }];
  assert.equal(nameOf([user(marked)], 'messages'), nameOf([user('first'), answer], 'messages'));
  // A long first message is known by its beginning.
  const long = 'word '.repeat(20_000);
  assert.equal(nameOf([user(long)]), nameOf([user(long), answer, user('more')]));
  assert.notEqual(nameOf([user(`a ${long}`)]), nameOf([user(long)]));
  // Behind a long system prompt too, once there is enough of it.
  const far = [system('y'.repeat(32_700)), user('z'.repeat(5_000))];
  assert.ok(nameOf(far));
  assert.equal(nameOf(far), nameOf([...far, answer]));
});

test('a name that a client may give its kind of work', () => {
  for (const name of ['tickets', 'a/b:c.d_e-f', 'A1', 'x'.repeat(128)]) assert.ok(isRouteName(name), name);
  for (const name of ['', 'a;b', 'a b', '-a', 'ä', 'x'.repeat(129)]) assert.ok(!isRouteName(name), name);
});

test('odd requests have a key and a beginning, or none, and never fail', () => {
  const odd: readonly (readonly [Endpoint, unknown])[] = [
    ['chat', { messages: [] }],
    ['chat', { messages: ['x', 1, null] }],
    ['chat', { messages: [[]] }],
    ['chat', { messages: [{}] }],
    ['chat', { messages: [{ role: 1 }] }],
    ['chat', { messages: [{ role: 'user' }] }],
    [
      'chat',
      {
        messages: [
          { role: 'system', content: null },
          { role: 'user', content: null },
        ],
      },
    ],
    ['chat', { messages: 'x', tools: [{ name: {} }, { name: 'x'.repeat(500) }] }],
    ['messages', { system: null, messages: [user('hi')] }],
    ['responses', {}],
    ['count-tokens', { messages: [user('hi')] }],
  ];
  for (const [endpoint, body] of odd) {
    const members = membersOf(body);
    const opening = openingOf(endpoint, members);
    assert.match(fingerprintOf(members, systemPrintOf(members, opening)), /^(plain|sys-[\w-]{16})$/);
    if (opening.firstUser !== undefined) assert.equal(conversationHash(members, opening.firstUser).length, 22);
  }
  for (const { bytes } of WORST) {
    const members = JsonMembers.read(bytes);
    assert.ok(members instanceof JsonMembers);
    const opening = openingOf('chat', members);
    fingerprintOf(members, systemPrintOf(members, opening));
    if (opening.firstUser !== undefined) conversationHash(members, opening.firstUser);
  }
});
