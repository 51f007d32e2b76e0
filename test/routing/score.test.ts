import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FEATURE_NAMES, featuresOf } from '../../src/routing/features/features.ts';
import { promptText } from '../../src/routing/features/prompt-text.ts';
import { apgr, callsFor, rank } from '../../src/routing/score/apgr.ts';
import { chooseTier } from '../../src/routing/score/article.ts';
import { assess } from '../../src/routing/score/assess.ts';
import { CalibrationError, calibrate, LEAST_ROWS, type PairedRow } from '../../src/routing/score/calibrate.ts';
import { fitRidgeLogistic, type Observation, sigmoid, solveSymmetric } from '../../src/routing/score/ridge-logistic.ts';
import { parseScorePolicy, ScorePolicyError } from '../../src/routing/score/score-policy.ts';
import { rankOf, Scorer } from '../../src/routing/score/scorer.ts';
import { randomFrom, shuffled } from '../../src/routing/score/seeded.ts';

test('the equations are solved', () => {
  const x = solveSymmetric(Float64Array.from([4, 0, 2, 3]), Float64Array.from([2, 5]));
  assert.ok(Math.abs(4 * (x[0] ?? 0) + 2 * (x[1] ?? 0) - 2) < 1e-12);
  assert.ok(Math.abs(2 * (x[0] ?? 0) + 3 * (x[1] ?? 0) - 5) < 1e-12);
});

function observations(n: number): Observation[] {
  const random = randomFrom(3);
  return Array.from({ length: n }, (_, index) => {
    const x = Float64Array.from([random() * 2 - 1, random() * 2 - 1]);
    const group = index % 4 === 3 ? -1 : index % 4;
    const p = sigmoid(2 * (x[0] ?? 0) + (group === 0 ? 1.5 : 0));
    return { x, group, y: random() < p ? 1 : 0 };
  });
}

test('at the fit the penalised likelihood has no slope left, in weights and in groups', () => {
  const rows = observations(600);
  const options = { ridge: 5, groupRidge: 2 };
  const { weights, intercept, offsets } = fitRidgeLogistic(rows, 3, options);
  const slope = [0, 0, 0];
  const groupSlope = [0, 0, 0];
  for (const { x, group, y } of rows) {
    const value = intercept + (offsets[group] ?? 0) + x.reduce((sum, xj, j) => sum + xj * (weights[j] ?? 0), 0);
    const rest = y - sigmoid(value);
    slope[0] = (slope[0] ?? 0) + rest * (x[0] ?? 0);
    slope[1] = (slope[1] ?? 0) + rest * (x[1] ?? 0);
    slope[2] = (slope[2] ?? 0) + rest;
    if (group >= 0) groupSlope[group] = (groupSlope[group] ?? 0) + rest;
  }
  assert.ok(Math.abs((slope[0] ?? 0) - options.ridge * (weights[0] ?? 0)) < 1e-4);
  assert.ok(Math.abs((slope[1] ?? 0) - options.ridge * (weights[1] ?? 0)) < 1e-4);
  assert.ok(Math.abs(slope[2] ?? 0) < 1e-4);
  for (const group of [0, 1, 2]) {
    assert.ok(Math.abs((groupSlope[group] ?? 0) - options.groupRidge * (offsets[group] ?? 0)) < 1e-4);
  }
  assert.ok((weights[0] ?? 0) > 1 && (offsets[0] ?? 0) > 0.5);
});

test('separable data does not make a weight infinite', () => {
  const rows = [-1, 1].flatMap((side) =>
    Array.from({ length: 50 }, () => ({ x: Float64Array.from([side]), group: -1, y: side > 0 ? 1 : 0 })),
  );
  const { weights } = fitRidgeLogistic(rows, 0, { ridge: 1, groupRidge: 1 });
  assert.ok((weights[0] ?? 0) > 2 && (weights[0] ?? 0) < 10);
});

test('APGR is a half for a constant, and by hand for four prompts', () => {
  const uplift = [1, 0, 0, 1];
  assert.equal(apgr(rank([0, 0, 0, 0]), uplift), 0.5);
  // PGR at 0, 1/4, 1/2, 3/4 and 1 of the calls: 0, 1/2, 1, 1, 1. By trapezoids 3/4.
  assert.equal(apgr(rank([4, 1, 2, 3]), uplift), 0.75);
  assert.equal(apgr(rank([1, 4, 3, 2]), uplift), 0.25);
  assert.equal(callsFor(rank([4, 1, 2, 3]), uplift, 0.5), 0.25);
  assert.equal(callsFor(rank([0, 0, 0, 0]), uplift, 0.5), 0.5);
  assert.ok(Number.isNaN(callsFor(rank([1, 2]), [0, 0], 0.5)));
});

test('a tie counts as the average over its orders', () => {
  const uplift = [1, 0, -1, 1];
  const orders = [
    [3, 2],
    [2, 3],
  ].map(([a = 0, b = 0]) => apgr(rank([a, b, 1, 0]), uplift));
  assert.ok(Math.abs(apgr(rank([2, 2, 1, 0]), uplift) - ((orders[0] ?? 0) + (orders[1] ?? 0)) / 2) < 1e-12);
});

test('a prompt that counts twice is a prompt that is there twice', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.constantFrom(0, 0.5, 1)), { minLength: 2 }),
      (rows) => {
        const wants = rows.map(([want]) => want);
        const uplift = rows.map(([, value]) => value);
        const twice = apgr(rank([...wants, ...wants]), [...uplift, ...uplift]);
        const weighted = apgr(
          rank(wants),
          uplift,
          wants.map(() => 2),
        );
        assert.ok(Number.isNaN(twice) ? Number.isNaN(weighted) : Math.abs(twice - weighted) < 1e-9);
      },
    ),
  );
});

test('a rank is where a value stands among quantiles', () => {
  const quantiles = Float64Array.from([0, 1, 1, 3, 5]);
  const cases: readonly (readonly [number, number])[] = [
    [-1, 0],
    [0.5, 0.125],
    [2, 0.625],
    [5, 1],
    [9, 1],
  ];
  for (const [value, expected] of cases) assert.equal(rankOf(quantiles, value), expected);
});

/** Code needs the strong model, questions of fact do not, notes are lost on both. */
function log(n: number, seed = 5): PairedRow[] {
  const random = randomFrom(seed);
  const kinds = [
    { key: 'code', text: 'Write a python function that returns the sorted list', cheap: 0.2, strong: 0.9 },
    { key: 'facts', text: 'who was the first president of the club', cheap: 0.8, strong: 0.8 },
    { key: 'notes', text: 'Rewrite my note to our friend, please.', cheap: 0.1, strong: 0.1 },
  ];
  return Array.from({ length: n }, (_, index) => {
    const { key, text, cheap, strong } = kinds[index % kinds.length] ?? kinds[0] ?? assert.fail();
    const prompt = `${text} ${'again '.repeat(Math.floor(random() * 5))}`;
    const both = random();
    return { key, prompt, cheap: both < cheap ? 1 : 0, strong: both < strong ? 1 : 0 };
  });
}

const of = (text: string) => featuresOf(promptText(text));

test('a calibrated score wants the strong model where it is better and not where both fail', () => {
  const scorer = new Scorer(calibrate(log(600).map(({ key: _, ...row }) => row)));
  const code = scorer.judge(of('Write a python function that returns the sorted list again'));
  const note = scorer.judge(of('Rewrite my note to our friend, please. again'));
  assert.equal(code.state, 'scored');
  assert.ok(code.uplift > 0.3, `${code.uplift}`);
  assert.ok(Math.abs(note.uplift) < 0.2, `${note.uplift}`);
  assert.ok(code.rank > 0.6 && note.rank < code.rank);
});

test('only keys whose bound is below delta are admitted', () => {
  const { keys } = calibrate(log(900));
  assert.equal(keys.facts?.admitted, true);
  assert.equal(keys.code?.admitted, false);
  assert.ok((keys.code?.upper ?? 0) >= (keys.code?.loss ?? 1));
  // The same rate on few rows is no evidence.
  assert.equal(calibrate(log(120)).keys.facts?.admitted, false);
});

test('an unseen route key is observed, whatever the text', () => {
  const scorer = new Scorer(calibrate(log(600)));
  const features = of('who was the first president of the club again again ');
  assert.equal(scorer.judge(features, 'facts').state, 'scored');
  for (const key of [undefined, 'other', '__proto__']) {
    const judged = scorer.judge(features, key);
    assert.equal(judged.state === 'observe' && judged.reason, 'unknown-key');
  }
});

test('a text unlike the calibrated ones is observed', () => {
  const scorer = new Scorer(calibrate(log(600).map(({ key: _, ...row }) => row)));
  const judged = scorer.judge(of(`${'x^2 + {a: [1, 2]} = 3; '.repeat(300)}\n\u4f60\u597d? NASA 1999`));
  assert.equal(judged.state === 'observe' && judged.reason, 'unlike-calibration');
});

test('a policy survives JSON, holds numbers and keys alone, and is the same for the same rows in another order', () => {
  const rows = log(300);
  const policy = calibrate(rows);
  const text = JSON.stringify(policy);
  assert.deepEqual(parseScorePolicy(JSON.parse(text)), policy);
  for (const word of ['president', 'python function', 'friend']) assert.ok(!text.includes(word));
  assert.ok(text.length < 12_000);
  const other = calibrate(shuffled(rows.length, 9).flatMap((index) => rows[index] ?? []));
  const features = of('Write a python function');
  const [a, b] = [new Scorer(policy), new Scorer(other)].map((scorer) => scorer.judge(features, 'code').uplift);
  assert.ok(Math.abs((a ?? 0) - (b ?? 1)) < 1e-3);
});

test('a policy of another version is refused with a sentence', () => {
  const policy = calibrate(log(300));
  const foreign = { ...policy, features: [{ name: 'vibes', mean: 0, scale: 1, weight: 1 }] };
  assert.throws(
    () => parseScorePolicy(foreign),
    (error) => error instanceof ScorePolicyError && /vibes/.test(error.message),
  );
  assert.throws(() => parseScorePolicy({ ...policy, version: 2 }), ScorePolicyError);
  assert.throws(() => parseScorePolicy('policy'), ScorePolicyError);
});

test('rows that cannot be calibrated on are refused with a sentence', () => {
  const rows = log(300);
  const broken: readonly (readonly [PairedRow[], RegExp])[] = [
    [rows.slice(0, LEAST_ROWS - 1), /too few/],
    [[...rows, { prompt: 'x', cheap: 2, strong: 0 }], /Row 301: both scores/],
    [[...rows, { prompt: 'x', cheap: Number.NaN, strong: 0 }], /Row 301: both scores/],
    [[...rows, { cheap: 0, strong: 0 }], /Row 301: a prompt/],
    [
      [...rows, { features: new Float64Array(3), cheap: 0, strong: 0 }],
      new RegExp(`its ${FEATURE_NAMES.length} features`),
    ],
  ];
  for (const [given, message] of broken) {
    assert.throws(
      () => calibrate(given),
      (error) => error instanceof CalibrationError && message.test(error.message),
    );
  }
});

test('a score explains what moved it', () => {
  const scorer = new Scorer(calibrate(log(600).map(({ key: _, ...row }) => row)));
  const moved = scorer.explain(of('Write a python function that returns the sorted list'), 3);
  assert.equal(moved.length, 3);
  assert.ok(Math.abs(moved[0]?.by ?? 0) >= Math.abs(moved[1]?.by ?? 0));
});

test('an assessment says whether routing by the score pays', () => {
  const good = assess(log(600));
  assert.ok(good.low > 0.5 && good.low < good.apgr && good.apgr < good.high);
  assert.match(good.verdict, /better than chance\.$/);
  const random = randomFrom(1);
  const noise = log(600).map((row) => ({ ...row, cheap: random() < 0.4 ? 1 : 0, strong: random() < 0.6 ? 1 : 0 }));
  assert.match(assess(noise).verdict, /does not pay here/);
  const none = log(300).map((row) => ({ ...row, strong: row.cheap }));
  assert.match(assess(none).verdict, /no gap/);
});

test("the article's heuristic: task by keyword, tier by task, a bump for complexity", () => {
  const cases: readonly (readonly [string, string | undefined, string])[] = [
    ['Summarize this mail.', 'summarization', 'small'],
    ['Extract the names.', 'extraction', 'small'],
    ['CLASSIFY the ticket', 'classification', 'small'],
    ['Refactor this', 'code_generation', 'large'],
    ['Prove it', 'reasoning', 'large'],
    ['Hello there', undefined, 'medium'],
  ];
  for (const [text, task, tier] of cases) {
    const choice = chooseTier(promptText(text));
    assert.equal(choice.task, task, text);
    assert.equal(choice.tier, tier, text);
    assert.equal(choice.bumped, false);
  }
  const long = promptText(
    `Summarize: ${'First, if x^2 = 4 then Vienna must be next.\n- NASA 12\n'.repeat(90)}\n    x\n    y${'\n    z'.repeat(12)}`,
  );
  const choice = chooseTier(long);
  assert.ok(choice.complexity.value > 0.8, `${choice.complexity.value}`);
  assert.deepEqual([choice.tier, choice.bumped, choice.phrase], ['medium', true, 'summarize']);
});
