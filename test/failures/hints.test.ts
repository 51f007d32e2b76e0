import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type HintHeaders, MAX_HINT_MS, retryAfterMs } from '../../src/failures/hints.ts';
import { NOW } from './shapes/shape.ts';

type Row = readonly [what: string, headers: HintHeaders, body: unknown, expected: number | undefined];

const inSeconds = (seconds: number) => new Date(NOW + seconds * 1_000);

function rows(title: string, table: readonly Row[]) {
  describe(title, () => {
    for (const [what, headers, body, expected] of table) {
      test(`${what}: ${expected === undefined ? 'no hint' : `${expected} ms`}`, () => {
        assert.equal(retryAfterMs(headers, body, NOW), expected);
      });
    }
  });
}

rows('retry-after', [
  ['seconds', { 'retry-after': '3' }, undefined, 3_000],
  ['zero', { 'retry-after': '0' }, undefined, 0],
  ['a decimal', { 'retry-after': '0.25' }, undefined, 250],
  ['blanks around', { 'retry-after': ' 3 ' }, undefined, 3_000],
  ['the first of several', { 'retry-after': ['4', '9'] }, undefined, 4_000],
  ['an HTTP date', { 'retry-after': inSeconds(90).toUTCString() }, undefined, 90_000],
  ['an RFC 850 date', { 'retry-after': 'Sunday, 22-Nov-26 12:00:30 GMT' }, undefined, 30_000],
  ['a date that has passed', { 'retry-after': inSeconds(-90).toUTCString() }, undefined, 0],
  ['an hour and more', { 'retry-after': '86400' }, undefined, MAX_HINT_MS],
  ['a date far away', { 'retry-after': 'Fri, 01 Jan 2100 00:00:00 GMT' }, undefined, MAX_HINT_MS],
  ['more digits than a number holds', { 'retry-after': '9'.repeat(60) }, undefined, MAX_HINT_MS],
  ['negative', { 'retry-after': '-5' }, undefined, undefined],
  ['NaN', { 'retry-after': 'NaN' }, undefined, undefined],
  ['Infinity', { 'retry-after': 'Infinity' }, undefined, undefined],
  ['an exponent', { 'retry-after': '1e9' }, undefined, undefined],
  ['hexadecimal', { 'retry-after': '0x10' }, undefined, undefined],
  ['nothing', { 'retry-after': '' }, undefined, undefined],
  ['words', { 'retry-after': 'soon 12' }, undefined, undefined],
  ['a weekday and nonsense', { 'retry-after': 'Mon, whenever' }, undefined, undefined],
  ['an empty list', { 'retry-after': [] }, undefined, undefined],
  ['a very long value', { 'retry-after': '1'.repeat(100_000) }, undefined, undefined],
]);

rows('retry-after-ms', [
  ['milliseconds', { 'retry-after-ms': '1500' }, undefined, 1_500],
  ['a fraction is rounded up', { 'retry-after-ms': '0.2' }, undefined, 1],
  ['wins over retry-after', { 'retry-after-ms': '1500', 'retry-after': '9' }, undefined, 1_500],
  ['garbage leaves the word to retry-after', { 'retry-after-ms': '-1', 'retry-after': '9' }, undefined, 9_000],
  ['3.2 days', { 'retry-after-ms': '276480000' }, undefined, MAX_HINT_MS],
]);

const retryInfo = (retryDelay: unknown) => ({
  error: { code: 429, details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay }] },
});

rows("the body's hint", [
  ['RetryInfo', {}, retryInfo('22s'), 22_000],
  ['RetryInfo with a fraction', {}, retryInfo('22.48s'), 22_480],
  ['RetryInfo as an object', {}, retryInfo({ seconds: '3', nanos: 500_000_000 }), 3_500],
  ['RetryInfo in an array', {}, [retryInfo('2s')], 2_000],
  ['retry-after wins over it', { 'retry-after': '1' }, retryInfo('22s'), 1_000],
  ['a negative RetryInfo', {}, retryInfo('-3s'), undefined],
  ['RetryInfo of the wrong kind', {}, retryInfo(12), undefined],
  ['headers passed on in the body', {}, { error: { metadata: { headers: { 'Retry-After': '6' } } } }, 6_000],
]);

rows('rate-limit resets', [
  ['OpenAI, the spent one', spent('requests', '1s', 'tokens', '6m0s'), undefined, 1_000],
  ['both spent: the later', { ...spent('requests', '1s'), ...spent('tokens', '6m0s') }, undefined, 360_000],
  ['none spent', { 'x-ratelimit-remaining-tokens': '5', 'x-ratelimit-reset-tokens': '6m0s' }, undefined, undefined],
  ['Go: milliseconds', spent('requests', '12ms'), undefined, 12],
  ['Go: all units', spent('requests', '1h2m3.5s'), undefined, MAX_HINT_MS],
  ['Go: minutes and a fraction', spent('requests', '2m59.56s'), undefined, 179_560],
  ['Azure: an integer of seconds', spent('tokens', '55'), undefined, 55_000],
  ['a moment in milliseconds', spent('requests', String(NOW + 4_000)), undefined, 4_000],
  ['a moment in seconds', spent('requests', String(NOW / 1_000 + 7)), undefined, 7_000],
  ['a moment that has passed', spent('requests', String(NOW - 4_000)), undefined, 0],
  ['nothing said of what remains', { 'x-ratelimit-reset': '5' }, undefined, 5_000],
  [
    'a spent one beats one of which nothing is known',
    { ...spent('requests', '1s'), 'ratelimit-reset': '50' },
    undefined,
    1_000,
  ],
  [
    'Anthropic',
    { 'anthropic-ratelimit-tokens-remaining': '0', 'anthropic-ratelimit-tokens-reset': inSeconds(8).toISOString() },
    undefined,
    8_000,
  ],
  [
    'Anthropic, not spent',
    { 'anthropic-ratelimit-tokens-remaining': '80', 'anthropic-ratelimit-tokens-reset': inSeconds(8).toISOString() },
    undefined,
    undefined,
  ],
  ['garbage', spent('requests', 'tomorrow'), undefined, undefined],
  ['a negative duration', spent('requests', '-1s'), undefined, undefined],
  ['retry-after wins', { ...spent('requests', '50s'), 'retry-after': '2' }, undefined, 2_000],
]);

rows('what the message says', [
  ['Azure', {}, { error: { message: 'Please retry after 22 seconds.' } }, 22_000],
  ['OpenAI', {}, { error: { message: 'Please try again in 1m47.5854s. Visit us.' } }, 107_586],
  ['milliseconds', {}, { error: { message: 'Please try again in 320ms.' } }, 320],
  ['no wait in it', {}, { error: { message: 'Try again in a while.' } }, undefined],
  ['headers win', { 'retry-after': '1' }, { error: { message: 'Please retry after 22 seconds.' } }, 1_000],
]);

function spent(limit: string, reset: string, other?: string, otherReset?: string): Record<string, string> {
  const headers: Record<string, string> = {
    [`x-ratelimit-remaining-${limit}`]: '0',
    [`x-ratelimit-reset-${limit}`]: reset,
  };
  if (other === undefined || otherReset === undefined) return headers;
  return { ...headers, [`x-ratelimit-remaining-${other}`]: '1', [`x-ratelimit-reset-${other}`]: otherReset };
}
