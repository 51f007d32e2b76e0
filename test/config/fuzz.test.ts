import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { ConfigError } from '../../src/config/config-error.ts';
import { parseConfig } from '../../src/config/load.ts';

const WORDS = [
  ...[
    'listen',
    'host',
    'port',
    'auth',
    'limits',
    'providers',
    'openai',
    'apiKey',
    'apiKeys',
    'models',
    'targets',
    'target',
    'defaults',
  ],
  ...[
    'timeouts',
    'circuit',
    '<<',
    '__proto__',
    'constructor',
    'null',
    '~',
    'baseUrl',
    'headers',
    'concurrency',
    'fallback',
    'route',
  ],
  ...[
    'openai/gpt-4o',
    '${HOME}',
    '${',
    '$${',
    '${X:-1}',
    '3s',
    '32MiB',
    '1e999',
    '.nan',
    '0x1F',
    '!!binary',
    '&a',
    '*a',
    '|',
    '>-',
    '"',
    "'",
  ],
];
const PUNCTUATION = [
  ': ',
  ':\n',
  '\n',
  '\n  ',
  '\n    ',
  '\n- ',
  ', ',
  '{',
  '}',
  '[',
  ']',
  '? ',
  '# ',
  '\t',
  '---\n',
  '...\n',
  '%YAML 9\n',
  '\r\n',
  '\u0000',
  '\ufeff',
  '\ud800',
];

function assertOnlyConfigError(source: string): void {
  try {
    parseConfig('fuzz.yaml', source, { HOME: '/root', OPENAI_API_KEY: 'k' });
  } catch (error) {
    assert.ok(
      error instanceof ConfigError,
      `${error instanceof Error ? error.stack : error}\n${JSON.stringify(source)}`,
    );
    assert.ok(error.problems.length > 0);
    for (const { line, column, message } of error.problems) {
      assert.ok(line >= 1 && column >= 1, `no position: ${message}\n${JSON.stringify(source)}`);
      assert.ok(line <= source.split(/\r\n|\n|\r/).length + 1, `line ${line} of ${JSON.stringify(source)}`);
      assert.ok(!message.includes('undefined'), message);
    }
  }
}

test('random text is a configuration or a ConfigError with positions', () => {
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), assertOnlyConfigError), { numRuns: 500 });
});

test('random words of YAML and of ours are a configuration or a ConfigError with positions', () => {
  const piece = fc.oneof(fc.constantFrom(...WORDS), fc.constantFrom(...PUNCTUATION));
  const text = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));
  fc.assert(fc.property(text, assertOnlyConfigError), { numRuns: 1500 });
});

test('random values under our own keys are a configuration or a ConfigError with positions', () => {
  const key = fc.constantFrom(...WORDS.filter((word) => /^[a-zA-Z_]+$/.test(word)));
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { depthSize: 'medium', withCrossShrink: true },
      fc.oneof(fc.constantFrom(...WORDS), fc.integer(), fc.double(), fc.boolean(), fc.constant(null), fc.string()),
      fc.dictionary(key, tie('tree'), { maxKeys: 5 }),
      fc.array(tie('tree'), { maxLength: 4 }),
    ),
  }));
  const file = fc.dictionary(key, tree, { maxKeys: 6 });
  fc.assert(
    fc.property(file, (value) => assertOnlyConfigError(stringify(value))),
    { numRuns: 1000 },
  );
});
