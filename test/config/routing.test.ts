import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { summarize } from '../../src/commands/summary.ts';
import { parseConfig } from '../../src/config/load.ts';
import { isResolved, resolveModel } from '../../src/config/resolve-model.ts';
import { configWarnings } from '../../src/config/warnings.ts';
import { calibrate } from '../../src/routing/score/calibrate.ts';
import { configOf, problemsOf } from './problems-of.ts';

const MODELS = `providers: {a: {baseUrl: "http://127.0.0.1:1/v1", apiKey: k}}
models: {cheap: {targets: [a/small]}, mid: {targets: [a/mid]}, smart: {targets: [a/big]}, auto: {route: p}}
`;
const policy = (text: string): string => `${MODELS}routing: {policies: {p: {${text}}}}\n`;
const TIERS = 'tiers: {small: cheap, medium: mid, large: smart}';

test('a policy is filled in with what is not said', () => {
  const { routing } = configOf(policy(`${TIERS}, tasks: {classification: small}`));
  const built = routing.models.get('auto') ?? assert.fail('auto is routed');
  assert.deepEqual(
    built.tiers.map(({ name, model }) => [name, model]),
    [
      ['small', 'cheap'],
      ['medium', 'mid'],
      ['large', 'smart'],
    ],
  );
  assert.equal(built.default, 'large');
  assert.equal(built.bumpAt, 0.8);
  assert.deepEqual([built.evidence, built.score, built.cascade, built.pin], [undefined, undefined, false, true]);
  // Of the rules that come with the proxy those whose task has a tier.
  assert.deepEqual(
    built.rules.map(({ task }) => task),
    ['classification'],
  );
});

test('evidence is filled in, too: the last tier is the reference', () => {
  const text = `${TIERS}, evidence: {budget: $5/day, shadow: off, canary: 2.5%, delta: 3pt}`;
  const { evidence } = configOf(policy(text)).routing.policies.get('p') ?? assert.fail();
  const { definitions, ...rest } = evidence ?? assert.fail();
  assert.deepEqual(Object.keys(definitions), ['cheap', 'mid', 'smart']);
  assert.deepEqual(rest, {
    policy: 'p',
    reference: 'large',
    strong: 'smart',
    delta: 0.03,
    shadow: 0,
    canary: 0.025,
    budget: { limit: 5_000_000_000, periodMs: 86_400_000 },
    checker: 'exact',
    judge: undefined,
  });
  const judged = configOf(policy(`${TIERS}, evidence: {judge: {target: a/judge}}`)).routing.policies.get('p');
  assert.equal(judged?.evidence?.checker, 'judge');
  assert.deepEqual(judged.evidence.judge, { target: 'a/judge', timeout: 10_000 });
});

test('a model is told apart, for evidence, by its targets and their order, and by nothing else', () => {
  const text = policy(`${TIERS}, evidence: {shadow: 10%}`);
  const cheapIn = (source: string) => configOf(source).routing.policies.get('p')?.evidence?.definitions.cheap;
  const known = cheapIn(text);
  assert.match(known ?? '', /^[\w-]{16}$/);
  for (const [from, to] of [
    ['[a/small]', '[a/other]'],
    ['[a/small]', '[a/small, a/mid]'],
  ] as const)
    assert.notEqual(cheapIn(text.replace(from, to)), known, to);
  for (const [from, to] of [
    ['[a/small]', '[{target: a/small, contextWindow: 1000}]'],
    ['a/big', 'a/bigger'],
    ['apiKey: k', 'apiKey: other'],
    ['127.0.0.1:1', '127.0.0.1:2'],
  ] as const)
    assert.equal(cheapIn(text.replace(from, to)), known, to);
});

const WRONG: readonly (readonly [what: string, text: string, problem: string])[] = [
  ['no tiers', 'bumpAt: 0.5', '3:25 routing.policies.p.tiers: is missing'],
  [
    'empty tiers',
    'tiers: {}',
    '3:33 routing.policies.p.tiers: is empty: write at least one tier, such as "small: cheap-model"',
  ],
  [
    'a tier whose model is nearly one',
    'tiers: {small: chaep}',
    '3:41 routing.policies.p.tiers.small: "chaep": no such model. Did you mean "cheap"?',
  ],
  [
    'a tier that names a target',
    'tiers: {small: a/small}',
    '3:41 routing.policies.p.tiers.small: "a/small": no such model. A tier names a model of models: write one there with the target "a/small"',
  ],
  [
    'a tier that is routed itself',
    'tiers: {small: auto}',
    '3:41 routing.policies.p.tiers.small: "auto": is routed itself; name a model that has targets',
  ],
  [
    'a tier with a number for a name',
    'tiers: {1: cheap}',
    '3:34 routing.policies.p.tiers: a name is up to 64 letters, digits and any of "_.-", a letter first',
  ],
  [
    'a task of a tier that is nearly one',
    `${TIERS}, tasks: {label: smal}`,
    '3:91 routing.policies.p.tasks.label: "smal": no such tier. Did you mean "small"?',
  ],
  [
    'a default of no tier',
    `${TIERS}, default: huge`,
    '3:85 routing.policies.p.default: "huge": no such tier. Tiers: small, medium, large',
  ],
  [
    'a rule for a task without a tier',
    `${TIERS}, tasks: {classification: small}, rules: [{task: clasification, contains: label}]`,
    '3:123 routing.policies.p.rules[0].task: "clasification": has no tier. Did you mean "classification"?',
  ],
  [
    'an unknown option',
    `${TIERS}, evidense: {}`,
    '3:76 routing.policies.p.evidense: unknown option. Did you mean "evidence"?',
  ],
  [
    'evidence of one tier',
    'tiers: {small: cheap}, evidence: {}',
    '3:59 routing.policies.p.evidence: needs two tiers: one to save with, and one to measure it against',
  ],
  [
    'the first tier as reference',
    `${TIERS}, evidence: {reference: small}`,
    '3:98 routing.policies.p.evidence.reference: is the first tier: nothing cheaper is there to be measured against it',
  ],
  [
    'a judge that is not there',
    `${TIERS}, evidence: {checker: judge}`,
    '3:96 routing.policies.p.evidence.checker: needs a judge: {target: provider/model}',
  ],
  [
    'a judge of nobody’s',
    `${TIERS}, evidence: {judge: {target: b/x}}`,
    '3:103 routing.policies.p.evidence.judge.target: "b/x": no such provider is configured. Did you mean "a"?',
  ],
  [
    'a loss without a unit',
    `${TIERS}, evidence: {delta: 5}`,
    '3:94 routing.policies.p.evidence.delta: 5: expected points of a hundred such as "5pt", above zero',
  ],
  [
    'tokens for a budget',
    `${TIERS}, evidence: {budget: 5/day}`,
    '3:95 routing.policies.p.evidence.budget: "5/day": expected money in a time, such as "$1/day"',
  ],
  ['a cascade of one tier', 'tiers: {small: cheap}, cascade: on', '3:58 routing.policies.p.cascade: needs two tiers'],
  [
    'a score that is not there',
    `${TIERS}, score: {file: ./none.json}`,
    '3:90 routing.policies.p.score.file: "./none.json": cannot be read: ENOENT',
  ],
];

for (const [what, text, problem] of WRONG) {
  test(`refused: ${what}`, () => {
    assert.deepEqual(problemsOf(policy(text)), [problem]);
  });
}

const ROUTES: readonly (readonly [what: string, source: string, problem: string])[] = [
  [
    'a route to no policy',
    `${MODELS}routing: {policies: {q: {${TIERS}}}}`,
    '2:105 models.auto.route: "p": no such policy. Did you mean "q"?',
  ],
  [
    'a route without any policy',
    MODELS,
    '2:105 models.auto.route: "p": no such policy. none is written under routing.policies',
  ],
  [
    'a route beside targets',
    policy(TIERS).replace('{route: p}', '{route: p, targets: [a/x]}'),
    '2:108 models.auto.targets: stands beside route: a model has targets of its own, or a policy that chooses among other models',
  ],
  [
    'settings beside a route',
    policy(TIERS).replace('{route: p}', '{route: p, hedge: true}'),
    '2:108 models.auto.hedge: has no effect beside route: write it at the models that the policy chooses among',
  ],
  [
    'a target that is routed',
    policy(TIERS).replace('[a/small]', '[auto]'),
    '2:28 models.cheap.targets[0]: "auto": is a configured model; chains do not nest, name its targets as provider/model',
  ],
  [
    'a downgrade to what may be dear',
    `${policy(TIERS)}tenants: {t: {keys: [0123456789abcdefghij], over: downgrade, downgradeTo: auto}}`,
    '4:75 tenants.t.downgradeTo: "auto": is routed, and may be served by a dear model; name a cheap one',
  ],
];

for (const [what, source, problem] of ROUTES) {
  test(`refused: ${what}`, () => {
    assert.deepEqual(problemsOf(source), [problem]);
  });
}

test('one policy is what `auto` means where nobody gave it a name', () => {
  const source = policy(TIERS).replace(', auto: {route: p}', '');
  assert.equal(configOf(source).routing.models.get('auto')?.name, 'p');
  const two = source.replace('{p: {', `{q: {${TIERS}}, p: {`);
  assert.equal(configOf(two).routing.models.size, 0);
  const taken = source.replace('mid: {', 'auto: {targets: [a/x]}, mid: {');
  assert.equal(configOf(taken).routing.models.size, 0);
  assert.ok(configOf(taken).models.has('auto'));
});

test('a routed name is no model, not even where a single provider is asked for any name', () => {
  const config = configOf(policy(TIERS));
  const found = resolveModel(config, 'auto');
  assert.ok(!isResolved(found) && found.error === 'unknown');
  assert.equal(config.models.has('auto'), false);
});

test('`check` says what a policy does, and what is probably not meant', () => {
  const config = configOf(policy(`${TIERS}, tasks: {classification: small}, evidence: {judge: {target: a/judge}}`));
  const text = summarize(config);
  for (const line of [
    'p  for model: auto',
    'tiers, the cheapest first: small = cheap, medium = mid, large = smart',
    'classification -> small: by "classify"',
    'everything else -> large',
    'one tier up above a complexity of 0.8',
    'anything below large is served where it is shown to lose at most 5 points: 5% asked of both, 10% on trial, compared by judge a/judge, within 10s, no limit on its cost',
    'routing.policies.p: evidence has no budget: asking both models may cost any amount',
  ])
    assert.ok(text.includes(line), line);

  const listed = configOf(`${policy(TIERS)}tenants: {t: {keys: [0123456789abcdefghij], models: [auto]}}`);
  assert.ok(configWarnings(listed).some((warning) => warning.includes('auto is allowed, and none of the models')));
  const both = configOf(`${policy(TIERS)}tenants: {t: {keys: [0123456789abcdefghij], models: [auto, cheap]}}`);
  assert.ok(!configWarnings(both).some((warning) => warning.includes('auto is allowed')));
});

test('a calibrated score is read with the file, and one that is none is refused where it is named', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'breakwater-routing-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const rows = Array.from({ length: 120 }, (_, index) => ({
    prompt: index % 2 === 0 ? `What is ${index}?` : `Prove that ${index} is prime, step by step.`,
    cheap: index % 2 === 0 ? 1 : 0,
    strong: 1,
  }));
  writeFileSync(join(folder, 'policy.json'), JSON.stringify(calibrate(rows)));
  writeFileSync(join(folder, 'other.json'), '{"version": 2}');
  writeFileSync(join(folder, 'text.json'), 'hello');
  const from = (file: string) =>
    parseConfig(join(folder, 'breakwater.yaml'), policy(`${TIERS}, score: {file: ${file}, strongAbove: 0.6}`), {});

  const score = from('./policy.json').routing.policies.get('p')?.score;
  assert.equal(score?.policy.rows, 120);
  assert.equal(score.strongAbove, 0.6);
  assert.throws(
    () => from('other.json'),
    /3:\d+: routing\.policies\.p\.score\.file: "other\.json": not a calibrated policy/,
  );
  assert.throws(() => from('text.json'), /"text\.json": is no JSON; `breakwater route calibrate` writes it/);
});
