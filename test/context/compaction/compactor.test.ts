import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cutPoints } from '../../../src/context/compaction/boundaries.ts';
import {
  type CompactionAsk,
  type CompactionResult,
  Compactor,
  type CompactorOptions,
} from '../../../src/context/compaction/compactor.ts';
import type { SummaryAsk } from '../../../src/context/compaction/summaries.ts';
import { TokenCounter } from '../../../src/context/token-counter.ts';
import { FakeClock } from '../../breakers/fake-clock.ts';
import { requestAfter, session } from './growing.ts';
import { read } from './long-conversations.ts';

const SESSION = session(60, 400);
const CAP = 8000;

/** Four bytes a token. */
const tokensOf = (texts: readonly string[]) => texts.map((text) => Math.ceil(Buffer.byteLength(text) / 4));

function rig(options: Partial<CompactorOptions> = {}) {
  const clock = new FakeClock();
  const counted: string[] = [];
  const asked: SummaryAsk[] = [];
  const failures: unknown[] = [];
  const compactor = new Compactor({
    clock,
    count: async (texts) => {
      counted.push(...texts);
      return tokensOf(texts);
    },
    onFailure: (why) => failures.push(why),
    ...options,
  });
  const ask = (
    rounds: number,
    more: Partial<CompactionAsk> = {},
    request = requestAfter('messages', SESSION, rounds),
  ) =>
    compactor.compact({
      scope: 'acme/coder',
      settings: { maxInputTokens: CAP, keepTurns: 4, summarizer: 'small', wait: 30_000 },
      model: 'gpt-5.2',
      ...read('messages', request),
      deadline: clock.now() + 10_000,
      summarize: async (one) => {
        asked.push(one);
        return `Summary ${asked.length}.`;
      },
      ...more,
    });
  return { clock, counted, asked, failures, compactor, ask };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

function turnsOf(result: CompactionResult): number {
  assert.equal(result.kind, 'compacted');
  return result.kind === 'compacted' ? result.turns : 0;
}

/** The first round at which the session is cut. */
async function firstCut(): Promise<number> {
  for (let rounds = 1; rounds < 60; rounds++) if ((await rig().ask(rounds)).kind === 'compacted') return rounds;
  return assert.fail('never cut');
}

describe('the original is passed', () => {
  for (const [name, summarize] of [
    ['fails', async () => Promise.reject(new Error('the summarizer is down'))],
    ['says nothing', async () => ' '],
    ['has no answer', async () => undefined],
    ['writes more than it was given', async () => 'word '.repeat(100_000)],
  ] as const) {
    it(`where the summarizer ${name}`, async () => {
      const { ask, failures } = rig();
      const result = await ask(await firstCut(), { summarize });
      assert.deepEqual([result.kind, result.kind === 'untouched' && result.why], ['untouched', 'unsummarized']);
      assert.equal(failures.length > 0, name === 'fails' || name.startsWith('writes'));
    });
  }

  it('where the summary is late; the next request has it', async () => {
    const { ask, clock } = rig();
    const rounds = await firstCut();
    let answer: (text: string) => void = () => undefined;
    const late = ask(rounds, { summarize: () => new Promise((resolve) => (answer = resolve)) });
    await settled();
    clock.advance(10_000);
    assert.equal((await late).kind, 'untouched');
    answer('Late, but good.');
    await settled();
    const next = await ask(rounds, { summarize: async () => assert.fail('asked again') });
    assert.ok(next.kind === 'compacted' && next.body.includes('Late, but good.'));
    assert.equal(clock.pending, 0);
  });

  it('where its tokens are not known in time', async () => {
    const { ask } = rig({ count: async () => undefined });
    assert.deepEqual(await ask(50), { kind: 'untouched', why: 'uncounted', tokens: undefined, waitedMs: 0 });
  });

  it('where it is short, and then nothing is counted', async () => {
    const { ask, counted } = rig();
    assert.deepEqual(await ask(1), { kind: 'untouched', why: 'short', tokens: undefined, waitedMs: 0 });
    assert.deepEqual(counted, []);
  });
});

it('a summarizer that failed is let alone for a while, and the summary from before still serves', async () => {
  const { ask, clock, asked } = rig();
  const rounds = await firstCut();
  const first = turnsOf(await ask(rounds));
  const made = asked.length;
  let failed = 0;
  const summarize = async () => {
    failed++;
    return undefined;
  };
  const later = await ask(59, { summarize });
  // What was prepared ahead is good; behind it nothing could be made.
  assert.ok(turnsOf(later) >= first);
  const attempts = failed;
  assert.ok(attempts >= 1);
  assert.equal(turnsOf(await ask(59, { summarize })), turnsOf(later));
  assert.equal(failed, attempts);
  clock.advance(30_000);
  const healed = await ask(59);
  assert.ok(turnsOf(healed) > turnsOf(later));
  assert.ok(asked.length > made);
  assert.ok(later.kind === 'compacted' && healed.kind === 'compacted' && healed.tokensAfter < later.tokensAfter);
});

it('one summary is asked for, however many requests want it at once; another agent has its own', async () => {
  const { ask, asked } = rig();
  const rounds = await firstCut();
  const results = await Promise.all(Array.from({ length: 5 }, () => ask(rounds)));
  const [one] = results;
  assert.ok(
    results.every((result) => result.kind === 'compacted' && one?.kind === 'compacted' && result.body.equals(one.body)),
  );
  assert.equal(asked.length, 1);
  await ask(rounds, { scope: 'acme/writer' });
  assert.equal(asked.length, 2);
});

it('a long conversation nobody has seen before is summarized in parts that the summarizer can read', async () => {
  const { ask, asked } = rig();
  const result = await ask(60);
  assert.equal(result.kind, 'compacted');
  assert.ok(asked.length >= 2, String(asked.length));
  for (const { text } of asked) assert.ok(text.length / 4 < CAP * 1.1, String(text.length));
  // Another process, which has seen it grow, cuts at the same place.
  const grown = rig();
  let last: CompactionResult | undefined;
  for (let rounds = 1; rounds <= 60; rounds++) {
    last = await grown.ask(rounds);
    await settled();
  }
  assert.ok(last !== undefined);
  assert.equal(turnsOf(last), turnsOf(result));
});

it('asks no dozens of questions about a conversation many times its cap', async () => {
  const { ask, asked } = rig();
  const settings = { maxInputTokens: 2000, keepTurns: 2, summarizer: 'small', wait: 30_000 };
  assert.equal((await ask(60, { settings })).kind, 'compacted');
  assert.ok(asked.length >= 5 && asked.length <= 16, String(asked.length));
});

it('counts only turns it has not seen, and a cache mark that moves makes no turn new', async () => {
  const { ask, counted, asked } = rig();
  const rounds = await firstCut();
  await ask(rounds);
  const [before, summaries] = [counted.length, asked.length];
  const moved = JSON.parse(JSON.stringify(requestAfter('messages', SESSION, rounds)));
  moved.messages[0].content[0].cache_control = { type: 'ephemeral' };
  const again = await ask(rounds, {}, moved);
  assert.equal(counted.length, before);
  assert.equal(asked.length, summaries);
  assert.ok(again.kind === 'compacted' && again.body.includes('"cache_control":{"type":"ephemeral"}'));
});

it('only so many summaries are made at once', async () => {
  const { ask, compactor } = rig({ atOnce: 2 });
  const rounds = await firstCut();
  const never = () => new Promise<undefined>(() => undefined);
  for (const scope of ['a', 'b', 'c']) void ask(rounds, { scope, summarize: never });
  await settled();
  assert.equal(compactor.summaries.making, 2);
});

it('the tokens of the model asked for count, not those of our tokenizer', async () => {
  const rounds = (await firstCut()) - 1;
  assert.equal((await rig().ask(rounds)).kind, 'untouched');
  const claude = await rig().ask(rounds, { model: 'claude-opus-4-8' });
  assert.equal(claude.kind, 'compacted');
});

it('works with the real counter', async () => {
  const counter = new TokenCounter({ limit: 300_000 });
  try {
    const { ask } = rig({ count: (texts) => counter.countEach(texts) });
    const result = await ask(59);
    assert.ok(result.kind === 'compacted' && result.tokensAfter <= CAP, JSON.stringify(result));
    assert.ok(result.tokensBefore > 3 * CAP);
  } finally {
    await counter.close();
  }
});

it('a conversation that takes long to count is counted in portions, each once', async () => {
  const { counted, clock } = rig();
  const words = 'word '.repeat(60_000);
  const messages = Array.from({ length: 6 }, (_, index) => ({
    role: index % 2 === 0 ? 'user' : 'assistant',
    content: `${index} ${words}`,
  }));
  const request = {
    model: 'claude-opus-4-8',
    max_tokens: 100,
    messages: [...messages, { role: 'user', content: 'And?' }],
  };
  const portions: number[] = [];
  const late = rig({
    clock,
    count: async (texts) => {
      portions.push(texts.length);
      clock.advance(6_000);
      return tokensOf(texts);
    },
  });
  const settings = { maxInputTokens: 1_000_000, keepTurns: 4, summarizer: 'small', wait: 30_000 };
  const asked = () => late.ask(1, { settings, deadline: clock.now() + 10_000 }, request);
  assert.deepEqual([(await asked()).kind, portions.length], ['untouched', 2]);
  const results = [await asked(), await asked(), await asked()];
  const last = results.at(-1);
  assert.ok(last?.kind === 'untouched' && last.why === 'short' && (last.tokens ?? 0) > 300_000);
  assert.equal(
    portions.reduce((sum, texts) => sum + texts, 0),
    messages.length + 2,
    'each text once: the messages, the question and the tools',
  );
  assert.ok(
    portions.every((texts) => texts <= 2),
    'a portion has no more than 500,000 characters',
  );
  assert.deepEqual(counted, []);
});

it('gives up what is being made when it is closed, and makes nothing any more', async () => {
  const { ask, compactor, clock } = rig();
  const rounds = await firstCut();
  let given: AbortSignal | undefined;
  const waiting = ask(rounds, {
    summarize: ({ signal }) => {
      given = signal;
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined)));
    },
  });
  await settled();
  assert.equal(compactor.summaries.making, 1);
  await compactor.close();
  assert.equal(given?.aborted, true);
  assert.equal((await waiting).kind, 'untouched');
  assert.equal(compactor.summaries.making, 0);
  assert.equal((await ask(rounds, { summarize: async () => assert.fail('asked after the end') })).kind, 'untouched');
  assert.equal(clock.pending, 0);
});

it('two hundred thousand results of one call take no time that grows with their square', () => {
  const call = { kind: 'tool-call', type: 'function', id: 'c', name: 'f', arguments: '{}' } as const;
  const result = { kind: 'tool-result', type: 'function', callId: 'c', isError: false, content: [] } as const;
  const turns = [
    { role: 'user' as const, parts: [] },
    { role: 'assistant' as const, parts: [call] },
    ...Array.from({ length: 200_000 }, () => ({ role: 'user' as const, parts: [result] })),
    { role: 'user' as const, parts: [] },
  ];
  // With the square it would be twenty thousand million steps: minutes.
  const points = cutPoints(turns);
  assert.deepEqual([points[0], points[1], points.at(-1)], [true, true, true]);
  assert.equal(points.filter(Boolean).length, 3);
});
