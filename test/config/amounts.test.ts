import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  AMOUNT_PATTERN,
  formatAmount,
  formatMoney,
  parseAmount,
  parsePercent,
  parseRate,
  parseTimes,
  RATE_PATTERN,
} from '../../src/config/amounts.ts';

const AMOUNTS: readonly (readonly [string, string])[] = [
  ['$5', 'usd 5000000000'],
  ['$0.50', 'usd 500000000'],
  ['$ 5', 'usd 5000000000'],
  ['5 USD', 'usd 5000000000'],
  ['0.000000001 USD', 'usd 1'],
  ['$8.29', 'usd 8290000000'],
  ['$9000000', 'usd 9000000000000000'],
  ['2M tokens', 'tokens 2000000'],
  ['500k tokens', 'tokens 500000'],
  ['1.1M tokens', 'tokens 1100000'],
  ['1 token', 'tokens 1'],
  ['1000 requests', 'requests 1000'],
];
const NO_AMOUNTS = [
  '$9000001',
  '$0',
  '$-5',
  '5',
  '$5.',
  '$1,000',
  '€5',
  '5 EUR',
  '0 tokens',
  '1.5 requests',
  '2M',
  '2m tokens',
  'tokens',
  '',
  '$1e3',
  '$5 USD',
];

test('money, tokens and requests are read exactly', () => {
  for (const [text, expected] of AMOUNTS) {
    const read = parseAmount(text);
    assert.equal(read.ok ? `${read.value.unit} ${read.value.limit}` : read.reason, expected, text);
    assert.match(text, new RegExp(AMOUNT_PATTERN));
  }
});

test('anything else is refused, without being repeated', () => {
  for (const text of [...NO_AMOUNTS, 5, null, true, ['$5']]) {
    const read = parseAmount(text);
    assert.equal(read.ok, false, String(text));
  }
});

test('money is exact to the nano-dollar', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 8_999_999 }), fc.integer({ min: 1, max: 999_999_999 }), (dollars, nanos) => {
      const read = parseAmount(`$${dollars}.${String(nanos).padStart(9, '0')}`);
      assert.ok(read.ok);
      assert.equal(read.value.limit, dollars * 1_000_000_000 + nanos);
    }),
  );
});

test('rates are a number and a period', () => {
  const table: readonly (readonly [string, string])[] = [
    ['600/minute', '600 60000'],
    ['2M/minute', '2000000 60000'],
    ['10/second', '10 1000'],
    ['5000/hour', '5000 3600000'],
    ['1 / day', '1 86400000'],
  ];
  for (const [text, expected] of table) {
    const read = parseRate(text);
    assert.equal(read.ok ? `${read.value.limit} ${read.value.periodMs}` : read.reason, expected);
    assert.match(text, new RegExp(RATE_PATTERN));
  }
  for (const text of ['600', '600/min', '0/minute', '1.5/minute', '600 per minute', 600, '/minute', '5/constructor'])
    assert.equal(parseRate(text).ok, false, String(text));
});

test('percentages and multiples have their signs', () => {
  assert.deepEqual(parsePercent('80%'), { ok: true, value: 0.8 });
  assert.deepEqual(parseTimes('3x'), { ok: true, value: 3 });
  for (const text of ['0%', '101%', '80', 0.8, '%']) assert.equal(parsePercent(text).ok, false);
  for (const text of ['1x', '0.5x', '3', 3, 'x']) assert.equal(parseTimes(text).ok, false);
});

test('amounts are written for people', () => {
  assert.deepEqual([0, 500_000_000, 50_000_000_000, 4_215_000, 1_234_567_891, 49_999_999_999_999].map(formatMoney), [
    '$0.00',
    '$0.50',
    '$50.00',
    '$0.004215',
    '$1.234568',
    '$50000.00',
  ]);
  assert.equal(formatAmount('tokens', 1), '1 token');
  assert.equal(formatAmount('requests', 20), '20 requests');
  assert.equal(formatAmount('usd', 1_000_000_000), '$1.00');
});
