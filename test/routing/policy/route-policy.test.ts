import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SessionPins } from '../../../src/routing/policy/session-pins.ts';
import { asks, book, decide, policyOf, price, RULES, said, TIERS, user } from './policy-rig.ts';

const PLAIN = policyOf(`${TIERS}, ${RULES}, default: medium`);
const EVIDENCE = policyOf(`${TIERS}, ${RULES}, evidence: {}`);
const HARD = `Prove step by step. First, then, finally, if and unless: ${'In 1998 ACME and Bob Smith built $x^2 + y_1 = \\frac{3}{4}$; '.repeat(90)}\n\`\`\`python\ndef f(x): return x\n\`\`\`\n- one\n- two\n- three`;

const CHOICES: readonly (readonly [
  what: string,
  text: string,
  taskType: string | undefined,
  tier: string,
  task: string | undefined,
])[] = [
  ['a rule that fits', 'CLASSIFY this', undefined, 'small', 'classification'],
  ['a phrase written with a capital', 'label this', undefined, 'small', 'classification'],
  ['the first of two rules', 'Prove and classify', undefined, 'small', 'classification'],
  ['no rule', 'hello', undefined, 'medium', undefined],
  ['the client’s word, before any rule', 'classify', 'reasoning', 'large', 'reasoning'],
  ['a task of the client’s that no rule tells', 'hello', 'coding', 'medium', 'coding'],
  ['a task that has no tier', 'classify', 'poetry', 'medium', 'poetry'],
];

for (const [what, text, taskType, tier, task] of CHOICES) {
  test(`the tier of ${what}`, () => {
    const decision = decide(PLAIN, asks(said(text), { taskType }));
    assert.deepEqual([decision.tier, decision.task, decision.bumped], [tier, task, false]);
    assert.equal(decision.model, { small: 'cheap', medium: 'mid', large: 'smart' }[tier]);
    assert.ok(decision.reasons.length > 0);
  });
}

test('a complex request goes one tier up, and none above the last', () => {
  const up = decide(PLAIN, asks(said(`classify ${HARD}`)));
  assert.ok((up.complexity ?? 0) > 0.8, String(up.complexity));
  assert.deepEqual([up.tier, up.bumped, up.task], ['medium', true, 'classification']);
  const last = decide(PLAIN, asks(said(HARD)));
  assert.deepEqual([last.tier, last.bumped], ['large', false]);
  const never = decide(policyOf(`${TIERS}, ${RULES}, bumpAt: 1`), asks(said(`classify ${HARD}`)));
  assert.deepEqual([never.tier, never.bumped], ['small', false]);
});

const vision = {
  model: 'auto',
  messages: [
    user([
      { type: 'text', text: 'classify' },
      { type: 'image_url', image_url: { url: 'https://x/y.png' } },
    ]),
  ],
};
const schema = said('classify', { response_format: { type: 'json_schema', json_schema: { name: 'x', schema: {} } } });
const tools = said('classify', { tools: [{ type: 'function', function: { name: 'f' } }] });

const GATES: readonly (readonly [what: string, body: object, lacks: 'vision' | 'schema' | 'tools'])[] = [
  ['a picture', vision, 'vision'],
  ['a schema', schema, 'schema'],
  ['a tool', tools, 'tools'],
];

for (const [what, body, capability] of GATES) {
  test(`a tier that cannot read ${what} is out, and the next better one serves`, () => {
    const policy = policyOf(`${TIERS}, ${RULES}`, { cheap: { lacks: [capability] } });
    const decision = decide(policy, asks(body));
    assert.deepEqual([decision.tier, decision.model], ['medium', 'mid']);
    assert.ok(
      decision.reasons.some((reason) => reason.includes(`cheap lacks ${capability}`)),
      decision.reasons.join('\n'),
    );
    assert.equal(decide(policy, asks(said('classify'))).model, 'cheap');
  });
}

test('a window that is probably too small is out; where all are, the largest is asked', () => {
  const policy = policyOf(`${TIERS}, ${RULES}`, {
    cheap: { contextWindow: 1_000 },
    mid: { contextWindow: 4_000 },
    smart: { contextWindow: 2_000 },
  });
  const words = (tokens: number) => asks(said(`classify ${'word '.repeat((tokens * 4) / 5)}`));
  assert.equal(decide(policy, words(500)).model, 'cheap');
  assert.equal(decide(policy, words(3_000)).model, 'mid');
  assert.equal(decide(policy, words(9_000)).model, 'mid');
  // A picture is not counted by its bytes.
  const url = `data:image/png;base64,${'A'.repeat(50_000)}`;
  const picture = {
    model: 'auto',
    messages: [
      user([
        { type: 'text', text: 'classify' },
        { type: 'image_url', image_url: { url } },
      ]),
    ],
  };
  assert.equal(decide(policy, asks(picture)).model, 'cheap');
});

test('where only a cheaper tier can serve, it does', () => {
  const policy = policyOf(`${TIERS}, ${RULES}`, { mid: { lacks: ['tools'] }, smart: { lacks: ['tools'] } });
  assert.equal(decide(policy, asks({ ...tools, messages: [user('prove')] })).model, 'cheap');
});

test('where none can serve, the tier of the rules is asked and says why not', () => {
  const lacks = { lacks: ['tools'] } as const;
  const policy = policyOf(`${TIERS}, ${RULES}`, { cheap: lacks, mid: lacks, smart: lacks });
  assert.equal(decide(policy, asks(tools)).model, 'cheap');
});

test('a model that is not allowed never serves, whatever else can', () => {
  const allows = (model: string) => model === 'cheap';
  assert.equal(decide(PLAIN, asks(said('prove')), { allows }).model, 'cheap');
  assert.equal(PLAIN.decide(asks(said('x')), { ...contextOf(), allows: () => false }), undefined);
  const lacking = policyOf(`${TIERS}, ${RULES}`, { cheap: { lacks: ['tools'] } });
  assert.equal(decide(lacking, asks(tools), { allows }).model, 'cheap');
});

function contextOf() {
  return { tenant: '', price: () => undefined, book: undefined, pins: new SessionPins(), now: 0, dry: false };
}

test('with evidence, the strong model serves until the cheap one is admitted', () => {
  const easy = asks(said('classify'));
  const unknown = decide(EVIDENCE, easy);
  assert.deepEqual([unknown.model, unknown.verdict?.state, unknown.tier], ['smart', 'observe', 'small']);
  assert.deepEqual(unknown.pair, { cheap: 'cheap', strong: 'smart' });
  assert.equal(decide(EVIDENCE, easy, { book: book('admitted', 'cheap') }).model, 'cheap');
  assert.equal(decide(EVIDENCE, easy, { book: book('suspended', 'strong') }).model, 'smart');
  const hard = decide(EVIDENCE, asks(said('prove')), { book: book('admitted', 'cheap') });
  assert.deepEqual([hard.model, hard.pair, hard.verdict], ['smart', undefined, undefined]);
});

test('who only wants to know draws no lots and leaves no trace', () => {
  const pins = new SessionPins();
  const asked: string[] = [];
  const evidence = {
    consult: () => assert.fail('asked'),
    peek: () => {
      asked.push('peek');
      return { state: 'admitted', n: 9, loss: 0, upper: 0.02 } as const;
    },
  };
  const decision = decide(EVIDENCE, asks(said('classify')), { book: evidence, pins, dry: true });
  assert.deepEqual([decision.model, asked, pins.size], ['cheap', ['peek'], 0]);
});

test('where the reference cannot serve there is nothing to measure against', () => {
  const policy = policyOf(`${TIERS}, ${RULES}, evidence: {}`, { smart: { lacks: ['tools'] } });
  const decision = decide(policy, asks(tools), { book: book('observe', 'strong') });
  assert.deepEqual([decision.model, decision.pair], ['cheap', undefined]);
});

test('a reference in the middle leaves what is above it alone', () => {
  const policy = policyOf(`${TIERS}, ${RULES}, evidence: {reference: medium}`);
  assert.deepEqual(decide(policy, asks(said('classify'))).pair, { cheap: 'cheap', strong: 'mid' });
  const above = decide(policy, asks(said('prove')));
  assert.deepEqual([above.model, above.pair], ['smart', undefined]);
});

test('a cascade is proposed where a cheaper model serves, and the reference could', () => {
  const policy = policyOf(`${TIERS}, ${RULES}, cascade: on`);
  assert.deepEqual(decide(policy, asks(said('classify'))).cascade, { cheap: 'cheap', strong: 'smart' });
  assert.equal(decide(policy, asks(said('prove'))).cascade, undefined);
  assert.equal(decide(PLAIN, asks(said('classify'))).cascade, undefined);
  const careful = policyOf(`${TIERS}, ${RULES}, cascade: on, evidence: {}`);
  assert.equal(decide(careful, asks(said('classify'))).cascade, undefined);
  assert.ok(decide(careful, asks(said('classify')), { book: book('admitted', 'cheap') }).cascade);
});

const CALL = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } };
const TOOL_TURN: readonly object[] = [
  { role: 'assistant', tool_calls: [CALL] },
  { role: 'tool', tool_call_id: 'c', content: 'done' },
];

/** A conversation: what the user says first, and then more of it, or a call and its result. */
function loop(first: string, ...then: readonly string[]): { model: string; messages: object[] } {
  const messages: object[] = [user(first)];
  for (const one of then)
    messages.push(...(one === 'tool' ? TOOL_TURN : [{ role: 'assistant', content: 'yes' }, user(one)]));
  return { model: 'auto', messages };
}

test('inside a tool loop a session stays with its model', () => {
  const pins = new SessionPins();
  assert.equal(decide(EVIDENCE, asks(loop('classify')), { pins, book: book('canary', 'cheap') }).model, 'cheap');
  const kept = decide(EVIDENCE, asks(loop('classify', 'tool')), { pins, book: book('canary', 'strong') });
  assert.deepEqual([kept.model, kept.pinned, kept.verdict?.serve], ['cheap', true, 'cheap']);
  // The user’s next words are decided anew.
  const next = decide(EVIDENCE, asks(loop('classify', 'tool', 'label more')), { pins, book: book('canary', 'strong') });
  assert.deepEqual([next.model, next.pinned], ['smart', false]);
  // And what is up stays up.
  const up = decide(EVIDENCE, asks(loop('classify', 'tool', 'label more', 'tool')), {
    pins,
    book: book('admitted', 'cheap'),
  });
  assert.deepEqual([up.model, up.pinned], ['smart', true]);
});

test('inside a tool loop it moves up where its model is suspended, or cannot go on, or the client says so', () => {
  const begin = (pins: SessionPins) =>
    decide(EVIDENCE, asks(loop('classify')), { pins, book: book('admitted', 'cheap') });
  const suspended = new SessionPins();
  begin(suspended);
  assert.equal(
    decide(EVIDENCE, asks(loop('classify', 'tool')), { pins: suspended, book: book('suspended', 'strong') }).model,
    'smart',
  );

  const said = new SessionPins();
  begin(said);
  assert.equal(
    decide(EVIDENCE, asks(loop('classify', 'tool'), { taskType: 'reasoning' }), {
      pins: said,
      book: book('canary', 'cheap'),
    }).model,
    'smart',
  );

  const narrow = policyOf(`${TIERS}, ${RULES}`, { cheap: { contextWindow: 200 } });
  const full = new SessionPins();
  assert.equal(decide(narrow, asks(loop('classify')), { pins: full }).model, 'cheap');
  const long = loop('classify', 'tool');
  long.messages.push({ role: 'tool', tool_call_id: 'd', content: 'words '.repeat(500) });
  const moved = decide(narrow, asks(long), { pins: full });
  assert.equal(moved.model, 'mid');
  // Back in a short turn of the same loop it does not go down again.
  assert.equal(decide(narrow, asks(loop('classify', 'tool')), { pins: full }).model, 'mid');
});

test('tools that come and go, and a route key that changes, leave a conversation with its model', () => {
  const pins = new SessionPins();
  const tools = (...names: readonly string[]) => ({
    tools: names.map((name) => ({ type: 'function', function: { name } })),
  });
  const first = { ...loop('classify'), ...tools('a') };
  assert.equal(decide(EVIDENCE, asks(first), { pins, book: book('canary', 'cheap') }).model, 'cheap');
  const more = { ...loop('classify', 'tool'), ...tools('a', 'b') };
  const kept = decide(EVIDENCE, asks(more, { routeName: 'other' }), { pins, book: book('canary', 'strong') });
  assert.deepEqual([kept.model, kept.pinned], ['cheap', true]);
});

test('a session whose past is kept by the provider stays where that is', () => {
  const pins = new SessionPins();
  const request = (body: object) => asks({ model: 'auto', ...body }, { endpoint: 'responses', session: 's' });
  assert.equal(decide(PLAIN, request({ input: 'prove' }), { pins }).model, 'smart');
  const next = decide(PLAIN, request({ input: 'classify', previous_response_id: 'r1' }), { pins });
  assert.deepEqual([next.model, next.pinned], ['smart', true]);
  assert.equal(decide(PLAIN, request({ input: 'classify' }), { pins }).model, 'cheap');
});

test('`pin: off` decides each request by itself', () => {
  const policy = policyOf(`${TIERS}, ${RULES}, evidence: {}, pin: off`);
  const pins = new SessionPins();
  decide(policy, asks(loop('classify')), { pins, book: book('canary', 'cheap') });
  assert.equal(decide(policy, asks(loop('classify', 'tool')), { pins, book: book('canary', 'strong') }).model, 'smart');
  assert.equal(pins.size, 0);
});

test('tenants that begin a conversation with the same words have nothing to do with each other', () => {
  const pins = new SessionPins();
  decide(EVIDENCE, asks(loop('classify')), { pins, tenant: 'a', book: book('canary', 'cheap') });
  assert.equal(
    decide(EVIDENCE, asks(loop('classify', 'tool')), { pins, tenant: 'b', book: book('canary', 'strong') }).model,
    'smart',
  );
});

const LONG = `prove ${'word '.repeat(40_000)}`;
const after = (text: string) => loop(LONG, text);

test('a move to a cheaper model has to save more than the prompt cache it leaves', () => {
  const prices = (cheap: number) => (model: string) =>
    model === 'smart' ? price(3, 0.3, 15) : price(cheap, cheap / 10, 5 * cheap);
  const run = (cheap: number, later: number) => {
    const pins = new SessionPins();
    assert.equal(decide(PLAIN, asks(loop(LONG)), { pins, price: prices(cheap) }).model, 'smart');
    return decide(PLAIN, asks(after('classify it')), { pins, price: prices(cheap), now: 1_000_000 + later });
  };
  // 50,000 tokens at $0.3 a million where they are kept, at $1 elsewhere: a cent and a half against five.
  const stays = run(1, 60_000);
  assert.deepEqual([stays.model, stays.pinned], ['smart', true]);
  assert.match(stays.reasons.at(-1) ?? '', /stays with smart, whose provider holds some \d+ tokens of it/);
  // At $0.1 it pays; and after the cache is gone there is nothing to lose.
  assert.equal(run(0.1, 60_000).model, 'cheap');
  assert.equal(run(1, 600_000).model, 'cheap');
});

test('where no price tells of a prompt cache, the rules decide', () => {
  const pins = new SessionPins();
  decide(PLAIN, asks(loop(LONG)), { pins });
  assert.equal(decide(PLAIN, asks(after('classify it')), { pins }).model, 'cheap');
});

test('ten thousand conversations leave a bounded memory', () => {
  const pins = new SessionPins();
  for (let count = 0; count < 30_000; count++) pins.set(`s${count}`, { model: 'cheap', at: 0, tokens: 0 });
  assert.ok(pins.size <= 20_000);
  assert.ok(pins.get('s29999'));
});
