import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AnswerCache } from '../../../src/cache/answer-cache.ts';
import { semanticScope } from '../../../src/cache/conversation-scope.ts';
import type { Embedder } from '../../../src/cache/embedders/embedder.ts';
import { GUARD_VERSION } from '../../../src/cache/guards/index.ts';
import { Idempotency } from '../../../src/cache/idempotency/idempotency.ts';
import { LocalIdempotencyStore } from '../../../src/cache/idempotency/local-store.ts';
import type { SemanticLookup } from '../../../src/cache/semantic/lookup-result.ts';
import type { AskModel, ModelUse, SemanticAsk } from '../../../src/cache/semantic/semantic-ask.ts';
import { SemanticCache } from '../../../src/cache/semantic/semantic-cache.ts';
import { VectorIndexes } from '../../../src/cache/semantic/vector-indexes.ts';
import { MemoryCacheStore } from '../../../src/cache/store/memory-store.ts';
import { DEFAULT_SEMANTIC } from '../../../src/config/build-cache.ts';
import type { JudgeConfig, SemanticSettings } from '../../../src/config/cache-config.ts';
import { openMemoryStore } from '../../../src/state/local/memory-store.ts';
import { NO_TENANT, SpendingBudget } from '../../../src/state/spending-budget.ts';
import { FakeClock } from '../../breakers/fake-clock.ts';

const LIMITS = { maxBytes: 1e7, perTenant: 1e7 };
const TERMS = { ...LIMITS, maxEntry: 1e6, epoch: '', idempotencyTtl: undefined };
const LIVE: SemanticSettings = { ...DEFAULT_SEMANTIC, mode: 'live', threshold: 0.9 };
/** Nano-dollars, of a word. */
const JUDGE_COST = 400;
const JUDGE: JudgeConfig = { target: 'j/judge', band: 0.03, timeout: 2_000, budget: undefined };

interface BenchOptions {
  /** What questions lie at what angle, in degrees: their cosine is that of the difference. */
  readonly angles: Readonly<Record<string, number>>;
  readonly shadowOnly?: boolean;
  readonly judge?: AskModel;
  /** Nobody knows what the judge costs. */
  readonly unpriced?: boolean;
  /** Below the share of hits audited: this one is. Default 0.5. */
  readonly random?: () => number;
}

/** A semantic cache whose embedder lays each question at a given angle. */
function bench({ angles, shadowOnly = false, judge, unpriced = false, random = () => 0.5 }: BenchOptions) {
  const clock = new FakeClock();
  const { budgets } = openMemoryStore({ clock });
  let holds = 0;
  const vetoes: string[] = [];
  const troubles: string[] = [];
  const certificates: string[] = [];
  const spent: ModelUse[] = [];
  const embedder: Embedder = {
    id: 'e/x',
    dimensions: 2,
    shadowOnly,
    embed: async ([text = '']) => {
      const angle = ((angles[text] ?? 180) * Math.PI) / 180;
      return [Float32Array.of(Math.cos(angle), Math.sin(angle))];
    },
    close: () => undefined,
  };
  const onTrouble = () => undefined;
  const answers = new AnswerCache({
    store: new MemoryCacheStore({ clock, limits: LIMITS }),
    idempotency: new Idempotency({
      store: new LocalIdempotencyStore(clock, new MemoryCacheStore({ clock, limits: LIMITS })),
      clock,
      random: () => 0,
      onTrouble,
    }),
    terms: TERMS,
    clock,
    random: () => 0,
    onTrouble,
  });
  const indexes = new VectorIndexes({
    clock,
    ...LIMITS,
    directory: undefined,
    redis: undefined,
    onTrouble: (what) => void troubles.push(what),
  });
  const cache = new SemanticCache({
    embedder,
    embedTimeout: 1_000,
    indexes,
    answers,
    askModel: judge ?? (() => Promise.reject(new Error('no judge'))),
    holdForJudge: async ({ budget: limits }) => {
      if (limits === undefined) return { settle: () => undefined };
      const budget = new SpendingBudget({ store: budgets, clock, tenant: NO_TENANT, ...limits });
      const hold = unpriced ? undefined : await budget.hold(`judge-${holds++}`, JUDGE_COST);
      return hold && { settle: (nanos) => void hold.settle(nanos) };
    },
    clock,
    random,
    events: {
      looked: () => undefined,
      vetoed: (guard) => void vetoes.push(guard),
      wouldHit: () => undefined,
      audited: () => undefined,
      certificate: (_key, { kind }) => void certificates.push(kind),
      trouble: (what) => void troubles.push(what),
    },
  });
  const askOf = (text: string, more: Partial<SemanticAsk> = {}): SemanticAsk => ({
    tenant: 'acme',
    route: 'm',
    fingerprint: 'f',
    settings: LIVE,
    threshold: undefined,
    question: {
      text,
      earlierTurns: 0,
      stored: false,
      tools: false,
      nonText: false,
      choices: 1,
      logprobs: false,
      temperature: undefined,
    },
    epoch: '',
    maxAge: Number.POSITIVE_INFINITY,
    deadline: clock.now() + 60_000,
    split: () => ({ setting: 'setting', question: text }),
    textOf: (body) => body.toString(),
    onSpent: (use) => void spent.push(use),
    ...more,
  });
  let made = 0;
  return {
    cache,
    clock,
    answers,
    vetoes,
    troubles,
    certificates,
    spent,
    ask: (text: string, more?: Partial<SemanticAsk>): Promise<SemanticLookup> => cache.lookup(askOf(text, more)),
    async keep(text: string, answer: string, tags: readonly string[] = []): Promise<string> {
      const place = await cache.place(askOf(text));
      assert.ok(place !== undefined);
      const key = `key${made++}`.padEnd(32, '_');
      const { scope, question } = place;
      const meta = { key, tenant: 'acme', model: 'm', user: undefined, tags, target: 'a/m', cost: 5 };
      const body = Buffer.from(answer);
      const entry = answers.keep(
        { ...meta, inputTokens: 1, cachedTokens: 0, outputTokens: 1, near: { scope, question }, body },
        { ttl: 60_000, staleIfError: undefined },
        clock.now(),
      );
      assert.ok(entry !== undefined);
      cache.keep(entry, place, LIVE);
      await cache.settled();
      return key;
    },
  };
}

const ADD = 'How do I add a user to a team?';
const ADD_TOO = 'How can I add a user to a team?';
const ADD_AS_WELL = 'How to add a user to a team?';
/** Said so differently that the guards leave it to a judge. */
const REWORDED = ['What is the best way to cook a soft egg?', 'How should one prepare eggs boiled gently?'] as const;

describe('two kept answers that are equally near', () => {
  const angles = { [ADD]: 0, [ADD_TOO]: 10, [ADD_AS_WELL]: 5 };
  const long = (word: string, count: number) =>
    `Open the ${word} page, choose the team that you want to change, press the button that says add, type the name of the user, and confirm. It takes up to ${count} minutes until the user can see the team and its documents, boards and all else.`;

  const cases: readonly (readonly [string, string, string, string | undefined])[] = [
    ['short ones that differ', 'Press Add.', 'Press Invite.', 'near-tie'],
    ['short ones that are the same', 'Press Add.', 'press add', undefined],
    ['long ones with other figures', long('settings', 5), long('settings', 50), 'near-tie'],
    ['long ones in other words', long('settings', 5), long('administration', 5), undefined],
  ];
  for (const [what, one, other, reason] of cases)
    test(`${what}: ${reason === undefined ? 'the nearest is given' : 'none is given'}`, async () => {
      const { cache, ask, keep } = bench({ angles });
      await keep(ADD, one);
      await keep(ADD_TOO, other);
      const lookup = await ask(ADD_AS_WELL);
      assert.equal(lookup.reason, reason);
      assert.equal(lookup.hit !== undefined, reason === undefined);
      await cache.close();
    });

  test('one that is clearly nearer has no rival', async () => {
    const { cache, ask, keep } = bench({ angles: { [ADD]: 0, [ADD_TOO]: 20, [ADD_AS_WELL]: 1 } });
    await keep(ADD, 'Press Add.');
    await keep(ADD_TOO, 'Press Invite.');
    assert.equal((await ask(ADD_AS_WELL)).hit?.entry.body.toString(), 'Press Add.');
    await cache.close();
  });
});

describe('a threshold', () => {
  test('is the agent’s, else the route’s; what is just below it is no hit', async () => {
    const { cache, ask, keep } = bench({ angles: { [ADD]: 0, [ADD_TOO]: 25 } });
    await keep(ADD, 'Press Add.');
    const cosine = Math.cos((25 * Math.PI) / 180);
    assert.ok((await ask(ADD_TOO)).hit);
    assert.equal((await ask(ADD_TOO, { threshold: cosine + 0.002 })).reason, 'not-found');
    assert.ok((await ask(ADD_TOO, { threshold: cosine - 0.002 })).hit);
    assert.equal((await ask(ADD_TOO, { settings: { ...LIVE, threshold: undefined } })).reason, 'not-found');
    await cache.close();
  });
});

describe('a judge', () => {
  const said =
    (text: string): AskModel =>
    async (question) => ({
      text,
      use: { target: question.target, inputTokens: 90, outputTokens: 1, estimated: false },
      cost: JUDGE_COST,
    });
  const near = { [ADD]: 0, [ADD_TOO]: 24.5, [REWORDED[0]]: 90, [REWORDED[1]]: 92 };
  const judged: SemanticSettings = { ...LIVE, judge: JUDGE };

  const words: readonly (readonly [string, boolean])[] = [
    ['YES', true],
    ['yes.', true],
    ['NO', false],
    ['YES, but', false],
    ['', false],
  ];
  for (const [word, serves] of words)
    test(`that says ${JSON.stringify(word)} near the threshold ${serves ? 'lets the answer be given' : 'does not'}`, async () => {
      const { cache, ask, keep, spent } = bench({ angles: near, judge: said(word) });
      await keep(ADD, 'Press Add.');
      const lookup = await ask(ADD_TOO, { settings: judged });
      assert.deepEqual([lookup.hit !== undefined, lookup.reason], [serves, serves ? undefined : 'judge']);
      assert.deepEqual(
        spent.map(({ target, inputTokens }) => [target, inputTokens]),
        [['j/judge', 90]],
      );
      await cache.close();
    });

  test('is not asked well above the threshold', async () => {
    const { cache, ask, keep, spent } = bench({ angles: { [ADD]: 0, [ADD_TOO]: 2 }, judge: said('NO') });
    await keep(ADD, 'Press Add.');
    assert.ok((await ask(ADD_TOO, { settings: judged })).hit);
    assert.equal(spent.length, 0);
    await cache.close();
  });

  test('decides where only the wording differs; without one it is a miss', async () => {
    const { cache, ask, keep } = bench({ angles: near, judge: said('YES') });
    await keep(REWORDED[0], 'Six minutes.');
    assert.equal((await ask(REWORDED[1])).reason, 'vetoed');
    assert.ok((await ask(REWORDED[1], { settings: judged })).hit);
    await cache.close();
  });

  test('never overrules a guard', async () => {
    const traps = ['How do I add 5 users to a team?', 'How do I add 50 users to a team?'] as const;
    const { cache, ask, keep, spent } = bench({ angles: { [traps[0]]: 0, [traps[1]]: 1 }, judge: said('YES') });
    await keep(traps[0], 'Press Add.');
    assert.equal((await ask(traps[1], { settings: judged })).reason, 'vetoed');
    assert.equal(spent.length, 0);
    await cache.close();
  });

  test('that is down is a no', async () => {
    const { cache, ask, keep, troubles } = bench({ angles: near });
    await keep(ADD, 'Press Add.');
    assert.equal((await ask(ADD_TOO, { settings: judged })).reason, 'judge');
    assert.deepEqual(troubles, ['judge']);
    await cache.close();
  });

  test('whose budget is spent is a no until the next period', async () => {
    const { cache, ask, keep, spent, clock } = bench({ angles: near, judge: said('YES') });
    const budget = { name: 'judge', limit: 800, periodMs: 30_000 };
    const settings: SemanticSettings = { ...judged, judge: { ...JUDGE, budget } };
    await keep(ADD, 'Press Add.');
    const served: boolean[] = [];
    for (let time = 0; time < 4; time++) served.push((await ask(ADD_TOO, { settings })).hit !== undefined);
    assert.deepEqual(served, [true, true, false, false]);
    assert.equal(spent.length, 2);
    clock.advance(30_000);
    assert.ok((await ask(ADD_TOO, { settings })).hit);
    await cache.close();
  });

  test('whose budget cannot hold it is not asked', async () => {
    const { cache, ask, keep, spent } = bench({ angles: near, judge: said('YES'), unpriced: true });
    const budget = { name: 'judge', limit: 800, periodMs: 30_000 };
    const settings: SemanticSettings = { ...judged, judge: { ...JUDGE, budget } };
    await keep(ADD, 'Press Add.');
    for (let time = 0; time < 3; time++) assert.equal((await ask(ADD_TOO, { settings })).reason, 'judge');
    assert.equal(spent.length, 0);
    await cache.close();
  });
});

describe('a certificate', () => {
  // Several, because a single popular answer is no evidence.
  const things = ['label', 'chart', 'filter', 'comment', 'table', 'picture', 'footer', 'timer'];
  const kept = (thing: string) => `How do I add a ${thing} to the board?`;
  const near = (thing: string) => `How can I add a ${thing} to the board?`;
  const angles = Object.fromEntries(
    things.flatMap((thing, at) => [
      [kept(thing), at * 20],
      [near(thing), at * 20 + 1],
    ]),
  );
  const keepAll = async ({ keep }: ReturnType<typeof bench>) => {
    for (const thing of things) await keep(kept(thing), 'Press Add.');
  };
  const settings = (mode: 'shadow' | 'certified'): SemanticSettings => ({ ...DEFAULT_SEMANTIC, mode, epsilon: 0.2 });

  let asked = 0;
  /** Asks so often, and answers audits with what is given. */
  async function askTimes(
    { cache, ask }: ReturnType<typeof bench>,
    times: number,
    mode: 'shadow' | 'certified',
    live: string,
  ): Promise<number> {
    let served = 0;
    for (let time = 0; time < times; time++) {
      const thing = things[asked++ % things.length] ?? '';
      const { hit, audit } = await ask(near(thing), { settings: settings(mode) });
      if (hit !== undefined) served++;
      if (audit !== undefined) cache.audited(audit, { kind: 'text', text: live });
      await cache.settled();
    }
    return served;
  }

  test('is earned in either mode, and serves in one', async () => {
    for (const mode of ['shadow', 'certified'] as const) {
      const rig = bench({ angles });
      await keepAll(rig);
      assert.equal(await askTimes(rig, 60, mode, 'press add'), 0);
      const served = await askTimes(rig, 40, mode, 'press add');
      assert.deepEqual(rig.certificates, ['certified']);
      assert.equal(served > 20, mode === 'certified');
      const [report] = (await rig.cache.report()).certificates;
      assert.equal(report?.certificate.serving, mode === 'certified');
      await rig.cache.close();
    }
  });

  test('is begun anew where earlier turns are let in: that is other traffic', async () => {
    const rig = bench({ angles });
    await keepAll(rig);
    await askTimes(rig, 100, 'certified', 'press add');
    assert.deepEqual(rig.certificates, ['certified']);
    const letIn = { ...settings('certified'), multiTurn: 'exact-prefix' } as const;
    assert.equal((await rig.ask(near('label'), { settings: letIn })).hit, undefined);
    const [report] = (await rig.cache.report()).certificates;
    assert.equal(report?.certificate.serving, false);
    await rig.cache.close();
  });

  test('ends with wrong answers, and what they came from is purged', async () => {
    let random = 0.5;
    const rig = bench({ angles, random: () => random });
    await keepAll(rig);
    assert.ok((await askTimes(rig, 100, 'certified', 'Press Add.')) > 0);
    // From now on every hit is audited, and the answer has become another one.
    random = 0;
    let wrong = 0;
    while (!rig.certificates.includes('suspended') && wrong < 200) {
      await askTimes(rig, 1, 'certified', 'Press Invite.');
      wrong++;
    }
    assert.ok(wrong < 60, `${wrong} wrong answers until it was suspended`);
    assert.ok(rig.certificates.includes('purge'));
    assert.equal((await rig.ask(near('label'))).reason, 'not-found', 'the answer is gone');
    await rig.cache.close();
  });

  test('is about the hits that one judge let through: another judge is another question', async () => {
    const rig = bench({ angles });
    await keepAll(rig);
    const versions = new Set<string | undefined>();
    for (const target of ['j/one', 'j/other', undefined]) {
      const judge = target === undefined ? undefined : { ...JUDGE, target };
      await rig.ask(near('label'), { settings: { ...settings('shadow'), checker: 'exact', judge } });
      await rig.cache.settled();
      // It is read beside the first request.
      await rig.ask(near('label'), { settings: { ...settings('shadow'), checker: 'exact', judge } });
      versions.add((await rig.cache.report()).certificates[0]?.certificate.version);
    }
    assert.equal(versions.size, 3);
    await rig.cache.close();
  });

  test('is not looked for twice while it is read, and a store that fails is told', async () => {
    const rig = bench({ angles });
    const load = test.mock.method(rig.answers.certificates, 'load', () => Promise.reject(new Error('away')));
    await keepAll(rig);
    assert.equal(await askTimes(rig, 5, 'certified', 'Press Add.'), 0);
    assert.equal(load.mock.callCount(), 1);
    assert.deepEqual(rig.troubles, ['certificates']);
    rig.clock.advance(5_001);
    load.mock.restore();
    await rig.cache.settled();
    assert.ok((await askTimes(rig, 100, 'certified', 'Press Add.')) > 0);
    await rig.cache.close();
  });
});

test('an embedder that is too weak only ever shows what would be', async () => {
  const { cache, ask, keep } = bench({ angles: { [ADD]: 0, [ADD_TOO]: 1 }, shadowOnly: true });
  await keep(ADD, 'Press Add.');
  const lookup = await ask(ADD_TOO);
  assert.deepEqual([lookup.result, lookup.hit], ['shadow', undefined]);
  await cache.close();
});

test('a purge by scope takes its answer and its vector', async () => {
  const { cache, ask, keep, answers } = bench({ angles: { [ADD]: 0, [ADD_TOO]: 1 } });
  await keep(ADD, 'Press Add.');
  const filter = { tenant: 'acme', scope: semanticScope(answers.secret, 'setting', ['e/x', '2', GUARD_VERSION]) };
  assert.equal(await answers.purge(filter), 1);
  await cache.purge(filter);
  assert.equal((await ask(ADD_TOO)).reason, 'not-found');
  assert.deepEqual((await cache.report()).indexes, [{ kind: 'memory', size: 0 }]);
  await cache.close();
});

describe('what is purged is found no more, and its vector goes', () => {
  const purges = [
    ['by tag', { tag: 'docs' }],
    ['by id', { key: 'key0'.padEnd(32, '_') }],
    ['by tenant', { tenant: 'acme' }],
    ['by model', { model: 'm' }],
  ] as const;
  for (const [what, filter] of purges)
    test(what, async () => {
      const { cache, ask, keep, answers } = bench({ angles: { [ADD]: 0, [ADD_TOO]: 1 } });
      await keep(ADD, 'Press Add.', ['docs']);
      assert.ok((await ask(ADD_TOO)).hit);
      assert.equal(await answers.purge(filter), 1);
      await cache.purge(filter);
      assert.equal((await ask(ADD_TOO)).reason, 'not-found');
      await cache.settled();
      assert.deepEqual((await cache.report()).indexes, [{ kind: 'memory', size: 0 }]);
      await cache.close();
    });

  test('as is what has expired', async () => {
    const { cache, ask, keep, clock } = bench({ angles: { [ADD]: 0, [ADD_TOO]: 1 } });
    await keep(ADD, 'Press Add.');
    clock.advance(60_001);
    assert.equal((await ask(ADD_TOO)).reason, 'not-found');
    await cache.close();
  });
});

test('an index that cannot be had is told, and the request goes on', async () => {
  const { cache, ask, troubles } = bench({ angles: { [ADD]: 0 } });
  const lookup = await ask(ADD, { settings: { ...LIVE, index: 'redis-vectorset' } });
  assert.deepEqual([lookup.result, lookup.reason], ['unavailable', 'index']);
  assert.deepEqual(troubles, ['index-open']);
  await cache.close();
});
