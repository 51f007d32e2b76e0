// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the syntax under test.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { interpolate } from '../../src/config/interpolate.ts';
import { configOf, problemsOf } from './problems-of.ts';

const ENV = { NAME: 'value', EMPTY: '', PORT: '9000', NASTY: 'a: b\n- {c}\n"d" ${NAME}' };

test('variables, defaults and the escape', () => {
  const table: [string, string][] = [
    ['plain', 'plain'],
    ['${NAME}', 'value'],
    ['a-${NAME}-${NAME}-b', 'a-value-value-b'],
    ['${MISSING:-fallback}', 'fallback'],
    ['${MISSING:-}', ''],
    ['${EMPTY:-fallback}', 'fallback'],
    ['${EMPTY}', ''],
    ['${NAME:-fallback}', 'value'],
    ['${MISSING:-http://127.0.0.1:8000/v1}', 'http://127.0.0.1:8000/v1'],
    ['$${NAME}', '${NAME}'],
    ['cost: $5', 'cost: $5'],
    ['$NAME', '$NAME'],
  ];
  for (const [text, expected] of table) {
    const result = interpolate(text, ENV);
    assert.equal(result.value, expected, text);
    assert.deepEqual(result.faults, [], text);
  }
});

test('what a variable holds is never read as YAML or as another variable', () => {
  const config = configOf('models: {m: {targets: [openai/x], fallback: {static: "${NASTY}"}}}', {
    ...ENV,
    OPENAI_API_KEY: 'k',
  });
  assert.equal(config.models.get('m')?.fallback.static, ENV.NASTY);
});

test('inherited properties of the environment are not variables', () => {
  assert.equal(interpolate('${toString}', {}).faults.length, 1);
  assert.equal(interpolate('${constructor:-x}', {}).value, 'x');
});

test('a variable can be a number or a switch', () => {
  const config = configOf('listen: {port: "${PORT}"}\ndefaults: {hedge: "${NOPE:-true}"}', ENV);
  assert.equal(config.listen.port, 9000);
  assert.equal(config.defaults.hedge, true);
});

test('an unset variable is told at its own line and column', () => {
  const source = [
    'providers:',
    '  openai:',
    '    headers:',
    '      x-a: "one ${NAME} two ${NOPE} ${NOPE}"',
    '    apiKey: ${KEY}',
  ].join('\n');
  assert.deepEqual(problemsOf(source, ENV), [
    '4:29 providers.openai.headers.x-a: environment variable NOPE is not set',
    '4:37 providers.openai.headers.x-a: environment variable NOPE is not set',
    '5:13 providers.openai.apiKey: environment variable KEY is not set',
  ]);
});

test('a reference that is none is told at its own column', () => {
  assert.deepEqual(problemsOf('providers: {openai: {apiKey: "${1X}"}}'), [
    '1:31 providers.openai.apiKey: not a variable: write ${NAME} or ${NAME:-default}, or "$${" for a literal "${"',
  ]);
  assert.deepEqual(problemsOf('providers: {openai: {apiKey: "ab${X"}}'), [
    '1:33 providers.openai.apiKey: "${" is never closed; write "$${" for a literal "${"',
  ]);
});

test('an unquoted variable inside braces is explained', () => {
  const problems = problemsOf('providers:\n  openai: {apiKey: ${KEY}}', { KEY: 'k' });
  assert.match(problems[0] ?? '', /^2:\d+ : not YAML: inside \{\} or \[\] a variable must be quoted: "\$\{NAME\}"$/);
});
