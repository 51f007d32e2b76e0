import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configOf, problemsOf } from './problems-of.ts';

const ENV = { OPENAI_API_KEY: 'k', ANTHROPIC_API_KEY: 'k' };

test('anchors and aliases share a value', () => {
  const config = configOf(
    'models:\n  a: {targets: [openai/x], timeouts: &t {connect: 1s}}\n  b: {targets: [openai/y], timeouts: *t}',
    ENV,
  );
  assert.equal(config.models.get('b')?.timeouts.connect, 1000);
});

test('a merge takes what is not written here, from the first that has it', () => {
  const source = [
    'models:',
    '  a: &a {targets: [openai/x], hedge: true, retries: {max: 0}}',
    '  b: &b {targets: [openai/y], retries: {max: 5}, validate: [repetition]}',
    '  c:',
    '    <<: [*a, *b]',
    '    hedge: false',
  ].join('\n');
  const model = configOf(source, ENV).models.get('c');
  assert.equal(model?.targets[0]?.id, 'openai/x');
  assert.equal(model?.hedge, false);
  assert.equal(model?.retries.max, 0);
  assert.deepEqual(model?.validate, ['repetition']);
});

test('nine lines of nested aliases are refused, not expanded', () => {
  const lines = ['a: &a [x, x, x, x, x, x, x, x, x]'];
  for (let i = 1; i < 9; i++) {
    const [name, before] = [String.fromCharCode(97 + i), String.fromCharCode(96 + i)];
    lines.push(`${name}: &${name} [${Array(9).fill(`*${before}`).join(', ')}]`);
  }
  assert.deepEqual(problemsOf(lines.join('\n')), ['1:1 : more than 500000 values once its aliases are expanded']);
});

test('an alias of itself is refused', () => {
  assert.match(problemsOf('models: &m {a: *m}').join('\n'), /^1:16 models\.a: an alias that contains itself/);
});

test('an alias of nothing is refused', () => {
  assert.match(problemsOf('drain: *nothing').join('\n'), /an alias without an anchor/);
});

test('brackets without end are refused, not fatal', () => {
  assert.notDeepEqual(problemsOf('['.repeat(100_000)), []);
  assert.notDeepEqual(problemsOf(`models: ${'['.repeat(2000)}${']'.repeat(2000)}`), []);
  assert.notDeepEqual(problemsOf(`${'- '.repeat(5000)}a`), []);
});

test('a large file is refused before it is parsed', () => {
  assert.deepEqual(problemsOf(`# ${'x'.repeat(2 ** 23)}`), ['1:1 : longer than 8388608 characters']);
});

test('syntax errors have a place and a reason', () => {
  const table: [string, RegExp][] = [
    ['listen:\n\tport: 1', /^2:1 : not YAML: a tab in the indentation/],
    ['listen: {port: 1', /^1:17 : not YAML: .*a bracket or brace that is not closed/],
    ['drain: "1s', /^1:11 : not YAML: a closing quote/],
    ['a: b: c', /^1:4 : not YAML: a second ":" on one line/],
    ['drain: 1s\n---\ndrain: 2s', /^\d:\d+ : not YAML: a file holds one document/],
    ['drain: !seconds 1', /^1:8 : not YAML: tags are not supported/],
    ['? [a]\n: b', /^1:3 : a key must be plain text/],
    ['"__proto__": {}', /^1:1 : "__proto__" is no key here/],
  ];
  for (const [source, expected] of table) assert.match(problemsOf(source)[0] ?? 'accepted', expected, source);
});

test('names that objects inherit are names like others', () => {
  const config = configOf(
    'providers: {constructor: {baseUrl: "http://127.0.0.1/v1"}}\nmodels: {toString: {targets: [constructor/hasOwnProperty]}}',
  );
  assert.equal(config.models.get('toString')?.targets[0]?.id, 'constructor/hasOwnProperty');
  assert.equal(config.models.get('valueOf'), undefined);
  assert.equal(config.providers.get('constructor')?.family, 'generic');
});

test('an empty file, or one of comments, is all defaults', () => {
  for (const source of ['', '\n', '# nothing\n', '---\n', '\ufeff'])
    assert.deepEqual([...configOf(source, ENV).providers.keys()], ['openai', 'anthropic']);
});

test('line ends of all kinds count as lines', () => {
  assert.deepEqual(problemsOf('listen:\r\n  port: x\r\n'), [
    '2:9 listen.port: "x": expected a whole number from 0 to 65535',
  ]);
});
