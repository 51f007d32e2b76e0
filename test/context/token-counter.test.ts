import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import { get_encoding } from 'tiktoken';
import { TokenCounter } from '../../src/context/token-counter.ts';
import { tokenMargin } from '../../src/context/token-margin.ts';
import { pieces } from '../../src/context/unbroken-runs.ts';
import { FakeClock } from '../breakers/fake-clock.ts';

const tokenizer = get_encoding('o200k_base');
after(() => tokenizer.free());
const tokens = (text: string): number => tokenizer.encode_ordinary(text).length;

/** No limit of time decides here: the machine may be slow. */
const counter = new TokenCounter({ limit: 300_000, idle: 300_000 });
after(() => counter.close());
const body = (content: unknown): Buffer =>
  Buffer.from(JSON.stringify({ model: 'm', messages: [{ role: 'user', content }] }));

describe('pieces', () => {
  const words = fc.constantFrom(
    'the quick ',
    'brown\n',
    '    ',
    '语言',
    '😀',
    'a',
    '=-',
    '1234',
    'naïve ',
    '{"k":',
    '\u3000',
  );
  const text = fc
    .array(fc.tuple(words, fc.nat({ max: 400 })), { maxLength: 8 })
    .map((runs) => runs.map(([word, times]) => word.repeat(times)).join(''));

  test('are the whole text, in short runs, with no character torn', () => {
    fc.assert(
      fc.property(text, (whole) => {
        const cut = [...pieces(whole)];
        assert.equal(cut.join(''), whole);
        for (const piece of cut) {
          assert.ok(piece.isWellFormed() && piece.length > 0);
          assert.doesNotMatch(piece, /\S{258}|\s{258}/u);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('have no fewer tokens than the whole', () => {
    fc.assert(
      fc.property(text, (whole) => {
        const sum = [...pieces(whole)].reduce((total, piece) => total + tokens(piece), 0);
        // BPE is no shortest cover: rare accidents of the merge order may win a token back.
        assert.ok(sum >= Math.floor(tokens(whole) * 0.995), `${sum} < ${tokens(whole)}`);
      }),
      { numRuns: 60 },
    );
  });
});

describe('the counter', () => {
  test('counts at least the tokens of the text, and not many more', async () => {
    const text = 'It was a bright cold day in April, and the clocks were striking thirteen. '.repeat(50);
    const counted = await counter.count(body(text), 'gpt-4o');
    assert.ok(counted !== undefined);
    assert.ok(counted >= tokens(text), String(counted));
    assert.ok(counted <= tokens(text) * 1.1 + 50, String(counted));
    assert.equal(await counter.count(body(text), 'gpt-4o'), counted);
  });

  test('keeps a margin for other tokenizers, more of it for other scripts', async () => {
    const count = async (text: string, model: string) => (await counter.count(body(text), model)) ?? 0;
    const english = 'The margin grows with what we do not know. '.repeat(100);
    const exact = await count(english, 'gpt-4o');
    assert.ok((await count(english, 'claude-sonnet-4-6')) >= 1.35 * exact);
    assert.ok((await count(english, 'claude-opus-4-7')) >= 1.53 * exact);
    const hindi = 'नमस्ते दुनिया '.repeat(100);
    assert.ok((await count(hindi, 'some-model')) > 2 * (await count(hindi, 'gpt-4o')));
  });

  test('leaves out what has a bound of its own', async () => {
    const data = 'QUJD'.repeat(5000);
    const counted = await counter.count(
      body([
        { type: 'image_url', image_url: { url: `data:image/png;base64,${data}` } },
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data } },
        { type: 'input_audio', input_audio: { data, format: 'wav' } },
      ]),
      'gpt-4o',
    );
    assert.ok(counted !== undefined && counted < 200, String(counted));
  });

  for (const [name, content] of [
    ['a megabyte of one letter', 'a'.repeat(1_000_000)],
    ['a megabyte of blanks', ' '.repeat(1_000_000)],
    ['special tokens and torn characters', '<|endoftext|>\ud800'],
  ] as const) {
    test(`counts ${name}`, async () => assert.ok(((await counter.count(body(content), 'gpt-4o')) ?? 0) > 0));
  }

  test('is answered late by nothing: past its time a count is unknown', async () => {
    const clock = new FakeClock();
    const slow = new TokenCounter({ clock, limit: 100 });
    const counting = slow.count(body('hello'), 'gpt-4o');
    clock.advance(100);
    assert.equal(await counting, undefined);
    await slow.close();
  });

  test('lets only so many wait, and counts no body that is too long', async () => {
    const clock = new FakeClock();
    const small = new TokenCounter({ clock, queue: 2, longest: 1000 });
    assert.equal(await small.count(body('x'.repeat(1000)), 'gpt-4o'), undefined);
    assert.equal(small.running, false);
    const waiting = [small.count(body('a'), 'gpt-4o'), small.count(body('b'), 'gpt-4o')];
    // Refused at once, not when the thread comes to it.
    const later = new Promise((resolve) => setImmediate(resolve, 'waits'));
    assert.equal(await Promise.race([small.count(body('c'), 'gpt-4o'), later]), undefined);
    await small.close();
    assert.deepEqual(await Promise.all(waiting), [undefined, undefined]);
  });

  test('ends its thread when idle, and starts another when needed', async () => {
    const clock = new FakeClock(performance.timeOrigin + performance.now());
    const lazy = new TokenCounter({ clock, limit: 300_000, idle: 1000 });
    assert.equal(lazy.running, false);
    const first = await lazy.count(body('hello'), 'gpt-4o');
    assert.equal(lazy.running, true);
    clock.advance(1000);
    assert.equal(lazy.running, false);
    assert.equal(await lazy.count(body('hello'), 'gpt-4o'), first);
    await lazy.close();
  });
});

test('the tokenizer is ours for OpenAI’s models since GPT-4o, and for no others', () => {
  for (const model of [
    'gpt-4o',
    'gpt-4.1-mini',
    'gpt-5.6-luna',
    'gpt-6',
    'o3',
    'openai/gpt-4o',
    'ft:gpt-4o-mini:x',
    'gpt-oss-120b',
  ])
    assert.ok(tokenMargin(model).factor < 1.1, model);
  for (const model of [
    'gpt-4',
    'gpt-4-turbo',
    'gpt-3.5-turbo',
    'claude-opus-4-7',
    'claude-next',
    'gemini-2.5-pro',
    'ollama3',
  ])
    assert.ok(tokenMargin(model).factor > 1.3, model);
});

describe('texts and prompts', () => {
  test('are counted each by itself, without a margin', async () => {
    const texts = ['', 'Hello, world.', 'नमस्ते दुनिया', 'a'.repeat(200)];
    assert.deepEqual(await counter.countEach(texts), texts.map(tokens));
  });

  test('a prompt’s sketch counts it and each of its tools, and is the same where only a date differs', async () => {
    const tools = [{ type: 'function', function: { name: 'f' } }, { name: 'g' }, { type: 'web_search' }];
    const prompt = (day: number) => `Be brief. Today is 2026-11-${day}.`;
    const first = await counter.sketch(prompt(21), JSON.stringify(tools));
    assert.equal(first?.tokens, tokens(prompt(21)));
    assert.deepEqual(
      first.tools,
      tools.map((tool, index) => ({
        name: ['f', 'g', 'web_search'][index],
        tokens: tokens(JSON.stringify(tool)),
      })),
    );
    const second = await counter.sketch(prompt(22), '');
    assert.deepEqual([second?.key, second?.signature, second?.tools], [first.key, first.signature, []]);
  });

  test('are unknown when too long, or too late', async () => {
    const clock = new FakeClock();
    const small = new TokenCounter({ clock, longest: 100 });
    assert.equal(await small.countEach(['x'.repeat(60), 'y'.repeat(60)]), undefined);
    assert.equal(await small.sketch('x'.repeat(60), 'y'.repeat(60)), undefined);
    const late = small.countEach(['x'], 50);
    clock.advance(50);
    assert.equal(await late, undefined);
    await small.close();
  });
});
