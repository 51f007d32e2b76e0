import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { semanticRig } from './rig.ts';

const RESET = 'How do I reset the password of a router?';
const RESET_TOO = 'How can I reset the password of a router?';
const HIT = /^semantic; sim=[01]\.\d{3}; /;
const LET_IN = '{mode: live, threshold: 0.75, multiTurn: exact-prefix}';

interface Said {
  readonly role: string;
  readonly content: unknown;
  readonly [more: string]: unknown;
}

const PAST: readonly Said[] = [
  { role: 'user', content: 'Hello.' },
  { role: 'assistant', content: 'Hello. What do you want to know about routers?' },
];

const DIALECTS = [
  ['/v1/chat/completions', (said: readonly Said[]) => ({ model: 'm', messages: said })],
  ['/v1/messages', (said: readonly Said[]) => ({ model: 'm', max_tokens: 100, messages: said })],
  ['/v1/responses', (said: readonly Said[]) => ({ model: 'm', input: said })],
] as const;

const behind = (past: readonly Said[], question: string, more: object = {}) => ({
  model: 'm',
  messages: [...past, { role: 'user', content: question }],
  ...more,
});

describe('behind the same earlier turns a near question gets the answer that is kept', () => {
  for (const [path, bodyOf] of DIALECTS)
    test(path, async (t) => {
      const rig = await semanticRig(t, { cache: 'exact: off', semantic: LET_IN });
      const ask = async (past: readonly Said[], content: string) => {
        const told = await rig.ask(bodyOf([...past, { role: 'user', content }]), { path });
        await rig.proxy.runtime.semantic?.settled();
        return told;
      };
      assert.equal((await ask(PAST, RESET)).cache, 'miss; reason=unseen');
      assert.equal(rig.embedder.calls, 0);
      const kept = await ask(PAST, RESET);
      assert.equal(kept.cache, 'miss; reason=not-found');
      const given = await ask(PAST, RESET_TOO);
      assert.match(given.cache ?? '', HIT);
      assert.equal(given.text, kept.text);
      assert.equal(rig.calls, 2);
      // Without the turns it is another question, and so it is behind others.
      assert.equal((await ask([], RESET_TOO)).cache, 'miss; reason=not-found');
      assert.equal((await ask([...PAST, ...PAST], RESET_TOO)).cache, 'miss; reason=unseen');
      assert.equal((await ask([...PAST, ...PAST], RESET_TOO)).cache, 'miss; reason=not-found');
    });
});

test('a route that does not say so lets no earlier turns in', async (t) => {
  const rig = await semanticRig(t, { cache: 'exact: off' });
  for (let time = 0; time < 3; time++)
    assert.equal((await rig.ask(behind(PAST, RESET))).cache, 'miss; reason=multi-turn');
  assert.equal(rig.embedder.calls, 0);
});

describe('no answer crosses to another past', () => {
  const others: readonly (readonly [string, readonly Said[]])[] = [
    ['another text', [{ role: 'user', content: 'Hello' }, ...PAST.slice(1)]],
    ['another role', PAST.map((said) => ({ ...said, role: said.role === 'user' ? 'assistant' : 'user' }))],
    ['another order', PAST.toReversed()],
    ['one turn less', PAST.slice(1)],
    ['one turn more', [...PAST, { role: 'user', content: 'Of routers by Acme.' }]],
    ['a name', PAST.map((said) => ({ ...said, name: 'ann' }))],
    ['a member that nobody knows', PAST.map((said) => ({ ...said, mood: 1 }))],
    ['the same text in parts', PAST.map((said) => ({ ...said, content: [{ type: 'text', text: said.content }] }))],
    [
      'a mark for the provider’s cache',
      PAST.map(({ role, content }) => ({
        role,
        content: [{ type: 'text', text: content, cache_control: { type: 'ephemeral' } }],
      })),
    ],
    ['a system prompt', [{ role: 'system', content: 'Be brief.' }, ...PAST]],
    ['a word of the system in between', [...PAST, { role: 'system', content: 'Be brief.' }]],
  ];
  test('however little differs', async (t) => {
    const rig = await semanticRig(t, { cache: 'exact: off', semantic: LET_IN });
    for (let time = 0; time < 2; time++) await rig.ask(behind(PAST, RESET));
    await rig.proxy.runtime.semantic?.settled();
    for (const [what, past] of others) {
      const told = [await rig.ask(behind(past, RESET_TOO)), await rig.ask(behind(past, RESET_TOO))];
      assert.deepEqual(
        told.map(({ status, cache }) => [status, cache]),
        [
          [200, 'miss; reason=unseen'],
          [200, 'miss; reason=not-found'],
        ],
        what,
      );
      await rig.proxy.runtime.semantic?.settled();
    }
    assert.match((await rig.ask(behind(PAST, RESET_TOO))).cache ?? '', HIT, 'it was there all the time');
  });
});

describe('takes no part, though earlier turns are let in', () => {
  const call = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } };
  const f = { type: 'function', function: { name: 'f', parameters: { type: 'object', properties: {} } } };
  const image = { type: 'image_url', image_url: { url: 'https://images.example.com/a.png' } };
  const bodies: readonly (readonly [string, string, object])[] = [
    ['tools', 'declared tools', behind(PAST, RESET, { tools: [f] })],
    ['tools', 'a search by the provider', behind(PAST, RESET, { web_search_options: {} })],
    [
      'tools',
      'a call and its result, long ago',
      behind(
        [
          { role: 'user', content: 'Hello.' },
          { role: 'assistant', content: null, tool_calls: [call] },
          { role: 'tool', tool_call_id: 'c1', content: '42' },
          ...PAST,
        ],
        RESET,
      ),
    ],
    ['non-text', 'a picture, long ago', behind([{ role: 'user', content: [image] }, ...PAST], RESET)],
    [
      'non-text',
      'what a model thought',
      behind([{ role: 'assistant', content: 'Hi.', reasoning_content: 'They greet.' }, ...PAST], RESET),
    ],
    ['non-text', 'a refusal', behind([{ role: 'assistant', content: null, refusal: 'No.' }, ...PAST], RESET)],
    ['reference', 'what leans on the past', behind(PAST, 'Tell me more about the second one, please.')],
    ['freshness', 'what ages', behind(PAST, 'What is the latest firmware of a router?')],
  ];
  for (const [reason, what, body] of bodies)
    test(what, async (t) => {
      const rig = await semanticRig(t, { cache: 'exact: off', semantic: LET_IN });
      for (let time = 0; time < 2; time++) assert.equal((await rig.ask(body)).cache, `miss; reason=${reason}`);
      assert.equal(rig.embedder.calls, 0);
    });

  test('turns that the provider keeps, a stored prompt, an item by reference', async (t) => {
    const rig = await semanticRig(t, { cache: 'exact: off', semantic: LET_IN });
    const asked = [...PAST, { role: 'user', content: RESET }];
    const bodies: readonly (readonly [object, string])[] = [
      [{ model: 'm', input: RESET, previous_response_id: 'resp_1' }, 'multi-turn'],
      [{ model: 'm', input: asked, previous_response_id: 'resp_1' }, 'multi-turn'],
      [{ model: 'm', input: asked, prompt: { id: 'pmpt_1' } }, 'multi-turn'],
      [{ model: 'm', input: [{ type: 'item_reference', id: 'msg_1' }, ...asked] }, 'non-text'],
    ];
    for (const [body, reason] of bodies)
      assert.equal((await rig.ask(body, { path: '/v1/responses' })).cache, `miss; reason=${reason}`);
    assert.equal(rig.embedder.calls, 0);
  });
});

describe('the guards know that the turns before may have given words a meaning', () => {
  const pairs = [
    ['What does a plan cost per month?', 'What does the plan cost per month?'],
    ['How do I delete a draft from the archive?', 'How do I remove a draft from the archive?'],
  ] as const;
  for (const [kept, asked] of pairs)
    test(`${kept} / ${asked}`, async (t) => {
      const rig = await semanticRig(t, {
        cache: 'exact: off',
        semantic: '{mode: live, threshold: 0.5, multiTurn: exact-prefix, judge: {target: e/judge}}',
      });
      for (let time = 0; time < 2; time++) await rig.ask(behind(PAST, kept));
      await rig.proxy.runtime.semantic?.settled();
      assert.equal((await rig.ask(behind(PAST, asked))).cache, 'miss; reason=vetoed');
      assert.deepEqual(rig.embedder.prompts, [], 'no judge is asked: it does not know the turns');
    });
});

describe('ten conversations that come once cost no vector', () => {
  const modes = [
    ['live', LET_IN, {}],
    ['shadow', '{mode: shadow, multiTurn: exact-prefix}', {}],
    ['live, and the client wants no kept answer', LET_IN, { headers: { 'cache-control': 'no-cache' } }],
  ] as const;
  for (const [what, semantic, options] of modes)
    test(what, async (t) => {
      const rig = await semanticRig(t, { semantic });
      const { semantic: cache } = rig.proxy.runtime;
      for (let at = 0; at < 10; at++)
        await rig.ask(behind([{ role: 'user', content: `Hello ${at}.` }, ...PAST], RESET), options);
      await cache?.settled();
      assert.equal(rig.embedder.calls, 0);
      assert.deepEqual((await cache?.report())?.indexes ?? [], []);
      const again = await rig.ask(behind([{ role: 'user', content: 'Hello 3.' }, ...PAST], RESET_TOO), options);
      assert.equal(again.status, 200);
      await new Promise((resolve) => setImmediate(resolve));
      await cache?.settled();
      assert.equal(rig.embedder.calls, 1);
    });
});
