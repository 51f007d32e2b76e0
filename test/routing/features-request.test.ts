import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { WORST } from '../../bench/routing/requests.ts';
import type { Endpoint } from '../../src/dialects/endpoint.ts';
import { JsonMembers } from '../../src/dialects/json-members.ts';
import { featuresOf, tallyOf } from '../../src/routing/features/features.ts';
import { headOf, tailOf } from '../../src/routing/features/json-text.ts';
import { HEAD_BYTES, promptText, TAIL_BYTES } from '../../src/routing/features/prompt-text.ts';
import { MOST_WORK, readPrompt } from '../../src/routing/features/read-prompt.ts';

function members(bytes: Buffer): JsonMembers {
  const body = JsonMembers.read(bytes);
  assert.ok(body instanceof JsonMembers);
  return body;
}

const read = (endpoint: Endpoint, body: unknown) => readPrompt(endpoint, members(Buffer.from(JSON.stringify(body))));

const user = (content: unknown) => ({ role: 'user', content });
const reminder = '<system-reminder>Prove everything step by step in python.</system-reminder>';

const TURNS: readonly (readonly [string, Endpoint, object])[] = [
  ['the last of several', 'chat', { messages: [user('first'), { role: 'assistant', content: 'yes' }, user('Fix it')] }],
  ['behind a system prompt', 'chat', { messages: [{ role: 'system', content: 'x' }, user('Fix it')] }],
  [
    'before results of tools',
    'chat',
    { messages: [user('Fix it'), { role: 'assistant', tool_calls: [] }, { role: 'tool', content: 'prove' }] },
  ],
  [
    'in parts',
    'chat',
    {
      messages: [
        user([
          { type: 'text', text: 'Fix' },
          { type: 'text', text: 'it' },
        ]),
      ],
    },
  ],
  ['a prompt', 'completions', { prompt: 'Fix it' }],
  [
    'with a reminder as a part of its own',
    'messages',
    {
      messages: [
        user([
          { type: 'text', text: reminder },
          { type: 'text', text: 'Fix it' },
        ]),
      ],
    },
  ],
  [
    'behind a turn that is only a reminder',
    'messages',
    { messages: [user('Fix it'), user([{ type: 'text', text: reminder }])] },
  ],
  [
    'before a result with a reminder beside it',
    'messages',
    {
      messages: [
        user('Fix it'),
        user([
          { type: 'tool_result', content: 'x' },
          { type: 'text', text: 'go on' },
        ]),
      ],
    },
  ],
  ['an input', 'responses', { input: 'Fix it' }],
  [
    'an item',
    'responses',
    {
      input: [
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Fix it' }] },
        { type: 'function_call_output', output: 'x' },
      ],
    },
  ],
  [
    'with a role inside of another member',
    'chat',
    { messages: [user('Fix it'), { role: 'assistant', tool_calls: [{ role: 'user', content: 'no' }] }] },
  ],
  ['with members in another order', 'chat', { messages: [{ content: 'Fix it', name: 'a', role: 'user' }] }],
];

for (const [what, endpoint, body] of TURNS) {
  test(`the user's last turn is found: ${what} (${endpoint})`, () => {
    const prompt = read(endpoint, { model: 'auto', ...body });
    assert.equal(prompt?.head.trim().replace('\n', ' '), 'Fix it');
  });
}

test('a reminder longer than the head leaves room for what the user says', () => {
  const long = `<system-reminder>${'Prove it in python. '.repeat(1_000)}</system-reminder>\n`;
  const parts = [long, 'Fix it', long].map((text) => ({ type: 'text', text }));
  assert.equal(read('messages', { messages: [user(parts)] })?.head, 'Fix it');
  const sandwich = `<system-reminder>x</system-reminder>${'Fix it. '.repeat(400)}<system-reminder>x</system-reminder>`;
  assert.equal(read('messages', { messages: [user([{ type: 'text', text: sandwich }])] })?.length, 3_200);
});

test('a request without a text of the user gives nothing', () => {
  for (const body of [
    {},
    { messages: [] },
    { messages: 'no' },
    { messages: [1, 'a'] },
    { messages: [user(5)] },
    { messages: [user('')] },
  ]) {
    assert.equal(read('chat', body), undefined);
  }
  assert.equal(read('chat', { messages: [{ role: 'system', content: 'x' }] }), undefined);
});

test('flags tell of tools, forms, pictures and a tool loop', () => {
  const picture = { type: 'image_url', image_url: { url: 'data:' } };
  const prompt = read('chat', {
    tools: [{ type: 'function' }],
    response_format: { type: 'json_schema', json_schema: {} },
    messages: [user([{ type: 'text', text: 'Fix it' }, picture]), { role: 'tool', content: 'x' }],
  });
  assert.deepEqual(prompt?.flags, { tools: true, structured: true, images: true, inToolLoop: true });
  const plain = read('chat', { tools: [], response_format: { type: 'text' }, messages: [user('Fix it')] });
  assert.deepEqual(plain?.flags, { tools: false, structured: false, images: false, inToolLoop: false });
});

test('tool schemas and system prompts move no feature of the text', () => {
  const hard = 'Prove step by step that x^2 = 4 in python. '.repeat(200);
  const tools = [{ type: 'function', function: { name: 'prove', description: hard } }];
  const messages = [{ role: 'system', content: hard }, user('hi there')];
  const prompt = read('chat', { tools, messages });
  assert.ok(prompt);
  assert.deepEqual(tallyOf(prompt), tallyOf(promptText('hi there')));
});

test('a request and the text in it give the same features', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 1, maxLength: 2_000 }), (text) => {
      const prompt = read('chat', { messages: [user(text)] });
      if (text.trim() === '') {
        assert.equal(prompt, undefined);
        return;
      }
      assert.ok(prompt);
      // A lone surrogate is no UTF-8 and was replaced on the way.
      const sent = Buffer.from(JSON.stringify(text)).toString('utf8');
      assert.deepEqual(featuresOf(prompt), featuresOf(promptText(JSON.parse(sent))));
    }),
  );
});

test('whatever stands around it, the last turn is what JSON.parse would find', () => {
  const other = fc.record({
    role: fc.constantFrom('assistant', 'system', 'tool'),
    content: fc.string(),
    more: fc.jsonValue(),
  });
  fc.assert(
    fc.property(
      fc.array(other, { maxLength: 6 }),
      fc.string().map((text) => `x${text}`),
      fc.array(other, { maxLength: 6 }),
      (before, text, after) => {
        const prompt = read('chat', { messages: [...before, user(text), ...after] });
        assert.equal(prompt?.head, promptText(text).head);
      },
    ),
  );
});

test('a string of JSON can be cut at any byte', () => {
  const text = 'a\\b"c\n\u00e9\u{1f600}\\\\d\u0001';
  const bytes = Buffer.from(JSON.stringify(text).replaceAll('\u00e9', '\\u00e9'));
  const span = { start: 1, end: bytes.length - 1 };
  for (let most = 1; most <= bytes.length; most++) {
    const head = headOf(bytes, span, most);
    assert.ok(text.startsWith(head.replaceAll('\ufffd', '')), `head of ${most}: ${JSON.stringify(head)}`);
    assert.equal(typeof tailOf(bytes, span, most), 'string');
  }
  assert.equal(tailOf(bytes, span, bytes.length), text);
});

test('the end of a long turn is looked at as well as its beginning', () => {
  const prompt = read('chat', { messages: [user(`BEGIN ${'x'.repeat(50_000)} END`)] });
  assert.ok(prompt?.head.startsWith('BEGIN'));
  assert.ok(prompt?.tail.endsWith('END'));
  assert.equal(prompt?.length, 50_010);
});

for (const { name, bytes } of WORST) {
  test(`bounded work, counted and not timed: ${name}`, () => {
    const work = { left: MOST_WORK };
    const prompt = readPrompt('chat', members(bytes), work);
    // A search left to native code may end a little beyond what was left: a sixteenth of the bytes it passed over.
    assert.ok(MOST_WORK - work.left <= MOST_WORK + bytes.length / 16, `${MOST_WORK - work.left} of work`);
    if (prompt === undefined) return;
    assert.ok(tallyOf(prompt).chars <= HEAD_BYTES + TAIL_BYTES);
  });
}

test('a turn that is too far from the end is not searched for', () => {
  const after = Array.from({ length: 20_000 }, () => ({ role: 'tool', content: 'done' }));
  assert.equal(read('chat', { messages: [user('Fix it'), ...after] }), undefined);
  const near = after.slice(0, 1_000);
  assert.equal(read('chat', { messages: [user('Fix it'), ...near] })?.head, 'Fix it');
});

test('half a megabyte of a tool result is passed over by native code', () => {
  const work = { left: MOST_WORK };
  const body = { messages: [user('Fix it'), { role: 'tool', content: 'x'.repeat(500_000) }] };
  assert.ok(readPrompt('chat', members(Buffer.from(JSON.stringify(body))), work));
  assert.ok(MOST_WORK - work.left < 40_000);
});
