import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatDuration, formatSize, parseDuration, parseSize } from '../../src/config/units.ts';

test('durations are strings with a unit', () => {
  const table: [string, number][] = [
    ['500ms', 500],
    ['3s', 3000],
    ['1.5s', 1500],
    ['1.1s', 1100],
    ['10m', 600_000],
    ['24h', 86_400_000],
    ['7d', 604_800_000],
    ['0s', 0],
  ];
  for (const [text, ms] of table) assert.deepEqual(parseDuration(text), { ok: true, value: ms }, text);
});

test('sizes are strings with a unit, of 1000 or of 1024', () => {
  const table: [string, number][] = [
    ['1B', 1],
    ['16KiB', 16_384],
    ['16kB', 16_000],
    ['1MB', 1_000_000],
    ['32MiB', 33_554_432],
    ['0.5GiB', 536_870_912],
  ];
  for (const [text, bytes] of table) assert.deepEqual(parseSize(text), { ok: true, value: bytes }, text);
});

test('a bare number is refused with the spelling that was meant', () => {
  assert.deepEqual(parseDuration(30), {
    ok: false,
    reason: 'a duration needs a unit: write "30s" for seconds or "30ms" for milliseconds',
  });
  assert.deepEqual(parseDuration(90_000), {
    ok: false,
    reason: 'a duration needs a unit: write "90s" for 90000 milliseconds',
  });
  assert.deepEqual(parseDuration('5'), {
    ok: false,
    reason: 'a duration needs a unit: write "5s" for seconds or "5ms" for milliseconds',
  });
  assert.deepEqual(parseSize(33_554_432), { ok: false, reason: 'a size needs a unit: write "32MiB"' });
});

test('anything else is no duration', () => {
  for (const input of [
    '',
    's',
    '-1s',
    '1 s',
    '1S',
    '1s ',
    '1h30m',
    '1e3s',
    'Infinitys',
    '٣s',
    null,
    undefined,
    true,
    {},
    [],
    Number.NaN,
    -5,
  ]) {
    assert.equal(parseDuration(input).ok, false, String(input));
  }
});

test('a duration past what a timer holds is refused, as the timer would fire at once', () => {
  assert.equal(parseDuration('24d').ok, true);
  assert.equal(parseDuration('25d').ok, false);
});

test('a quantity is spelled so that it reads back the same', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), (ms) =>
      assert.deepEqual(parseDuration(formatDuration(ms)), { ok: true, value: ms }),
    ),
  );
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 40 }), (bytes) =>
      assert.deepEqual(parseSize(formatSize(bytes)), { ok: true, value: bytes }),
    ),
  );
});
