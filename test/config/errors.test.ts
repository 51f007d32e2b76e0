// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax under test.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError } from '../../src/config/config-error.ts';
import { loadConfig } from '../../src/config/load.ts';
import { problemsOf } from './problems-of.ts';

const KEYED = 'providers: {openai: {apiKey: k}, local: {baseUrl: "http://127.0.0.1:1/v1"}}\n';

/** What is wrong, the text, and every problem that must be told, at its line and column. */
const TABLE: readonly (readonly [string, string, readonly string[]])[] = [
  ['a list for the whole file', '- a', ['1:1 : expected a mapping, got a list']],
  ['text for the whole file', 'hello', ['1:1 : expected a mapping, got text']],
  ['an unknown section', 'modles: {}', ['1:1 modles: unknown option. Did you mean "models"?']],
  [
    'an unknown option like nothing known',
    'listen: {zzzzzz: 1}',
    ['1:10 listen.zzzzzz: unknown option. Known here: host, port'],
  ],
  [
    'an option in snake case',
    'providers:\n  openai:\n    api_key: x',
    ['3:5 providers.openai.api_key: unknown option. Did you mean "apiKey"?'],
  ],
  [
    'an option of a target',
    `${KEYED}models: {m: {targets: [{target: openai/a, contextwindow: 1}]}}`,
    ['2:43 models.m.targets[0].contextwindow: unknown option. Did you mean "contextWindow"?'],
  ],
  ['an option written twice', 'drain: 1s\ndrain: 2s', ['2:1 drain: is written twice']],
  ['an empty section', 'listen:', ['1:8 listen: is empty: expected a mapping']],
  [
    'a provider without anything',
    'providers:\n  openai:',
    ['2:10 providers.openai: is empty: expected a mapping; write {} for a preset that needs no more'],
  ],
  ['a list where a mapping belongs', 'listen: [1]', ['1:9 listen: expected a mapping, got a list']],
  [
    'a mapping where a list belongs',
    `${KEYED}models: {m: {targets: {a: b}}}`,
    ['2:23 models.m.targets: expected a list, got a mapping'],
  ],
  [
    'a port out of range',
    'listen: {port: 65536}',
    ['1:16 listen.port: 65536: expected a whole number from 0 to 65535'],
  ],
  ['a port in words', 'listen: {port: http}', ['1:16 listen.port: "http": expected a whole number from 0 to 65535']],
  [
    'a fraction',
    'limits: {concurrency: 1.5}',
    ['1:23 limits.concurrency: 1.5: expected a whole number from 1 to 1000000'],
  ],
  [
    'a bare duration',
    'drain: 30',
    ['1:8 drain: 30: a duration needs a unit: write "30s" for seconds or "30ms" for milliseconds'],
  ],
  ['a bare size', 'limits:\n  body: 1048576', ['2:9 limits.body: 1048576: a size needs a unit: write "1MiB"']],
  ['a size in bits', 'limits: {body: 1Mb}', ['1:16 limits.body: "1Mb": expected a size such as "16KiB" or "32MiB"']],
  ['a size too small to work', 'limits: {headers: 10B}', ['1:19 limits.headers: "10B": must be at least 1024 bytes']],
  [
    'no time at all',
    'defaults: {timeouts: {connect: 0s}}',
    ['1:32 defaults.timeouts.connect: "0s": must be at least 1ms'],
  ],
  [
    'a time beyond timers',
    'defaults: {timeouts: {total: 30d}}',
    ['1:30 defaults.timeouts.total: "30d": too long: a timer holds at most 24 days'],
  ],
  [
    'a word that is nearly one',
    'telemetry: {log: wran}',
    [
      '1:18 telemetry.log: "wran": expected one of "trace", "debug", "info", "warn", "error", "silent". Did you mean "warn"?',
    ],
  ],
  [
    'a word of a later version',
    `providers: {a: {dialect: gemini, baseUrl: "http://a/v1"}}`,
    ['1:26 providers.a.dialect: "gemini": not available in this version'],
  ],
  ['yes for true', 'defaults: {hedge: yes}', ['1:19 defaults.hedge: "yes": expected true or false']],
  [
    'a rate above one',
    'defaults: {circuit: {rate: 50}}',
    ['1:28 defaults.circuit.rate: 50: expected a share above 0 and up to 1, such as 0.5'],
  ],
  [
    'a number for text',
    `providers: {azure: {baseUrl: "https://a", apiKey: k, apiVersion: 2024}}`,
    ['1:66 providers.azure.apiVersion: 2024: expected text; put it in quotes'],
  ],
  ['auth that is not none', 'auth: tokens', ['1:7 auth: "tokens": expected "none"']],

  [
    'less for all bodies than for one',
    'limits: {bodies: 1MiB}',
    ['1:18 limits.bodies: bodies is below body: the largest request could never be admitted'],
  ],

  ['telemetry.otlp', 'telemetry: {otlp: x}', ['1:13 telemetry.otlp: not available in this version']],
  [
    'an open address',
    'listen: {host: 0.0.0.0}',
    [
      '1:16 listen.host: "0.0.0.0": is open to other machines; configure tenants, or write "auth: none" at the top level if that is meant',
    ],
  ],
  [
    'an open IPv6 address',
    'listen: {host: "::"}',
    [
      '1:16 listen.host: "::": is open to other machines; configure tenants, or write "auth: none" at the top level if that is meant',
    ],
  ],

  ['no targets', `${KEYED}models: {m: {}}`, ['2:13 models.m.targets: is missing']],
  [
    'an empty chain',
    `${KEYED}models: {m: {targets: []}}`,
    ['2:23 models.m.targets: is empty: write at least one entry'],
  ],
  [
    'a target without a provider',
    `${KEYED}models: {m: {targets: [gpt-4o]}}`,
    ['2:24 models.m.targets[0]: "gpt-4o": expected provider/model'],
  ],
  [
    'a target without a model',
    `${KEYED}models: {m: {targets: [openai/]}}`,
    ['2:24 models.m.targets[0]: "openai/": expected provider/model'],
  ],
  [
    'a target at a misspelled provider',
    `${KEYED}models:\n  m:\n    targets:\n      - opnai/gpt-4o`,
    ['5:9 models.m.targets[0]: "opnai/gpt-4o": no such provider is configured. Did you mean "openai"?'],
  ],
  [
    'a target at a known provider that is not configured',
    `${KEYED}models: {m: {targets: [{target: groq/x}]}}`,
    [
      '2:33 models.m.targets[0].target: "groq/x": the provider is not configured; write "groq: {apiKey: ...}" under providers',
    ],
  ],
  [
    'a target at a known provider whose key is not in the environment',
    'models: {m: {targets: [groq/x]}}',
    [
      '1:24 models.m.targets[0]: "groq/x": the provider is not configured; set GROQ_API_KEY, or write "groq: {apiKey: ...}" under providers',
    ],
  ],
  [
    'a target at an unknown provider',
    `${KEYED}models: {m: {targets: [elsewhere/x]}}`,
    ['2:24 models.m.targets[0]: "elsewhere/x": no such provider is configured. Configured: openai, local'],
  ],
  [
    'a chain within a chain',
    `${KEYED}models: {m: {targets: [openai/a]}, n: {targets: [m]}}`,
    ['2:50 models.n.targets[0]: "m": is a configured model; chains do not nest, name its targets as provider/model'],
  ],
  [
    'a target twice',
    `${KEYED}models: {m: {targets: [openai/a, local/a, {target: openai/a}]}}`,
    ['2:43 models.m.targets[2]: is the same target as number 1; retries.max repeats a target'],
  ],
  [
    'the client’s key at two providers',
    'providers: {openai: {}, groq: {}}\nmodels: {m: {targets: [openai/a, groq/b]}}',
    ['2:34 models.m.targets[1]: openai and groq would both be sent the client’s own key; give all but one an apiKey'],
  ],
  [
    'a model name with a blank',
    `${KEYED}models: {"a b": {targets: [openai/a]}}`,
    ['2:10 models["a b"]: a model’s name is up to 200 printable ASCII characters without blanks'],
  ],
  [
    'too many retries',
    'defaults: {retries: {max: 11}}',
    ['1:27 defaults.retries.max: 11: expected a whole number from 0 to 10'],
  ],
  [
    'a cap below what it caps',
    'defaults: {circuit: {openFor: 20m}}',
    ['1:31 defaults.circuit.openFor: maxOpenFor is below openFor'],
  ],
  [
    'a deadline before the connection',
    `${KEYED}models: {m: {targets: [openai/a], timeouts: {total: 1s}}}`,
    ['2:53 models.m.timeouts.total: total is below connect: no request could succeed'],
  ],
  [
    'a static fallback for all',
    'defaults: {fallback: {static: x}}',
    ['1:12 defaults.fallback: unknown option. Did you mean "fallbackOn"?'],
  ],
];

for (const [name, source, expected] of TABLE) {
  test(`refuses ${name}`, () => assert.deepEqual(problemsOf(source, { OPENAI_API_KEY: 'k' }), expected));
}

test('all problems are told at once, in reading order', () => {
  const source = [
    'listen: {host: 0.0.0.0, port: -1}',
    'providers:',
    '  openai: {apiKey: "${NOPE}", connections: 0}',
    '  local: {baseUrl: "http://u:p@a", dialect: smoke}',
    'models:',
    '  a: {targets: [opnai/x, 7], retries: {max: 2s}}',
    'drain: 5',
  ].join('\n');
  const places = problemsOf(source).map((problem) => problem.split(' ', 2).join(' '));
  assert.deepEqual(places, [
    '1:16 listen.host:',
    '1:31 listen.port:',
    '3:21 providers.openai.apiKey:',
    '3:44 providers.openai.connections:',
    '4:20 providers.local.baseUrl:',
    '4:45 providers.local.dialect:',
    '6:17 models.a.targets[0]:',
    '6:26 models.a.targets[1]:',
    '6:45 models.a.retries.max:',
    '7:8 drain:',
  ]);
});

test('an error prints as file:line:column, one line a problem', () => {
  const error = new ConfigError([
    { file: 'b.yaml', line: 2, column: 3, path: 'x.y', message: 'second' },
    { file: 'b.yaml', line: 1, column: 9, path: '', message: 'first' },
    { file: '(environment)', line: 0, column: 0, path: 'KEY', message: 'nowhere' },
  ]);
  assert.equal(String(error), '(environment): KEY: nowhere\nb.yaml:1:9: first\nb.yaml:2:3: x.y: second');
});

test('a file that is not there is a configuration error', () => {
  assert.throws(
    () => loadConfig('/nowhere/b.yaml', {}),
    (error: unknown) => {
      assert.ok(error instanceof ConfigError);
      assert.equal(String(error), '/nowhere/b.yaml: cannot be read: ENOENT');
      return true;
    },
  );
});
