import assert from 'node:assert/strict';
import { test } from 'node:test';
import { csvLine } from '../../src/console/csv.ts';
import { toUsd, usdText } from '../../src/console/money.ts';
import { parseScope } from '../../src/console/scope-input.ts';
import { parseSince, parseSpan } from '../../src/console/span.ts';
import { keyPart, scopeKey } from '../../src/tenants/scopes.ts';

test('a field is quoted where it would break the table, and never becomes a formula', () => {
  const table: [string | number | boolean | null | undefined, string][] = [
    ['plain', 'plain'],
    ['', ''],
    [null, ''],
    [undefined, ''],
    [0, '0'],
    [-5, '-5'],
    [true, 'true'],
    ['a,b', '"a,b"'],
    ['say "hi"', '"say ""hi"""'],
    ['two\nlines', '"two\nlines"'],
    ['two\r\nlines', '"two\r\nlines"'],
    [' led by a space', '" led by a space"'],
    ['a;b', '"a;b"'],
    ['=1+1', "'=1+1"],
    ['=HYPERLINK("http://x","y")', `"'=HYPERLINK(""http://x"",""y"")"`],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['\t=1', `"'\t=1"`],
    ['\r=1', `"'\r=1"`],
    ['＝1+1', "'＝1+1"],
    ['a=1', 'a=1'],
    ['東京', '東京'],
  ];
  for (const [value, field] of table) assert.equal(csvLine([value, 'x']), `${field},x\r\n`);
});

test('nano-dollars are dollars exactly, as text and as number', () => {
  for (const [nanos, text] of [
    [0, '0'],
    [1, '0.000000001'],
    [69_000, '0.000069'],
    [12_000_000_000, '12'],
    [1_230_000_000, '1.23'],
    [Number.MAX_SAFE_INTEGER, '9007199.254740991'],
  ] as const) {
    assert.equal(usdText(nanos), text);
    assert.equal(Math.round(toUsd(nanos) * 1e9), nanos);
  }
});

test('spans may be longer than a timer, moments are spans ago or dates', () => {
  assert.equal(parseSpan('90d'), 90 * 86_400_000);
  assert.equal(parseSpan('1.5h'), 5_400_000);
  assert.equal(parseSpan('2w'), 14 * 86_400_000);
  assert.equal(parseSpan('0s'), 0);
  for (const none of ['', '90', 'd', '-1d', '99999d', '1 d', '1y', 'Infinityd'])
    assert.equal(parseSpan(none), undefined);
  const now = Date.UTC(2026, 10, 22);
  assert.equal(parseSince('7d', now), now - 7 * 86_400_000);
  assert.equal(parseSince('2026-11-01', now), Date.UTC(2026, 10, 1));
  assert.equal(parseSince('2026-11-01T12:00:00+01:00', now), Date.UTC(2026, 10, 1, 11));
  for (const none of ['', 'yesterday', '2026-13-01', '11/01/2026']) assert.equal(parseSince(none, now), undefined);
});

test('a scope is read as a person writes it and as the store names it', () => {
  const hostile = 'a/b:c %25"東';
  const table: [string, string | undefined][] = [
    ['tenant', 'tenant'],
    ['agent:coder', 'agent:coder'],
    ['agent:*', 'agent:*'],
    ['session:my talk', 'session:my%20talk'],
    ['session:my%20talk', 'session:my%20talk'],
    ['user:x/usd/day', 'user:x%2Fusd%2Fday'],
    [`session:${keyPart('é'.repeat(400))}`, `session:${keyPart('é'.repeat(400))}`],
    ['tenant:acme', undefined],
    ['agent:', undefined],
    ['agent', undefined],
    ['key:x', undefined],
    ['', undefined],
    ['session:%FF', undefined],
    [`session:${'x'.repeat(700)}`, undefined],
  ];
  for (const [text, scope] of table) assert.equal(parseScope(text), scope, text);
  assert.equal(parseScope(scopeKey('task', hostile)), scopeKey('task', hostile));
});
