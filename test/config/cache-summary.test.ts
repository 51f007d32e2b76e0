import assert from 'node:assert/strict';
import { test } from 'node:test';
import { summarize } from '../../src/commands/summary.ts';
import { configOf } from './problems-of.ts';

const BASE = 'state: memory\nproviders: {a: {baseUrl: "http://127.0.0.1:1/v1", apiKey: secret-of-the-provider}}\n';

function cacheLines(text: string): readonly string[] {
  const lines = summarize(configOf(BASE + text)).split('\n');
  const from = lines.indexOf('cache');
  return from < 0 ? [] : lines.slice(from + 1, lines.indexOf('', from)).map((line) => line.trim());
}

test('check says nothing of a cache where there is none', () => {
  assert.deepEqual(cacheLines('models: {m: {targets: [a/x]}}\n'), []);
});

test('check says who gets which answers again, for how long, and where they are', () => {
  assert.deepEqual(
    cacheLines(`
cache: {exact: on, idempotency: on}
models: {m: {targets: [a/x], cache: {exact: {ttl: 10m}, perUser: true, coalesce: true}, fallback: {cache: 24h}}}
`),
    [
      'm',
      'the same request gets the same answer for 10m, each user’s own',
      'the same requests under way share one call',
      'where every target fails, an answer up to 1d old stands in',
      'every other model',
      'the same request gets the same answer for 1h, shared by all clients',
      'requests with an idempotency key are made once; repeats get the answer for 1d',
      'kept in memory until the process ends, up to 256 MiB, 64 MiB a tenant',
    ],
  );
});

test('check says whether near questions are answered, by what, and who watches', () => {
  const near = (semantic: string, embedder = '{target: a/e, dimensions: 8}') =>
    cacheLines(
      `cache: {exact: off, embedder: ${embedder}}\nmodels: {m: {targets: [a/x], cache: {semantic: ${semantic}}}}\n`,
    ).slice(1, -1);
  const by = (from: string) => `by a/e, asked for 2s at most${from}; vectors in this process`;
  assert.deepEqual(near('{mode: shadow}'), [
    'near questions: only watched, nothing is given; compared by exact against 2% wrong',
    by(''),
  ]);
  assert.deepEqual(near('{mode: live, threshold: 0.97}'), [
    'near questions: given from the start, and never checked',
    by(', from a cosine of 0.97 on'),
  ]);
  assert.deepEqual(near('{mode: shadow, multiTurn: exact-prefix}').slice(1), [
    by(''),
    'behind earlier turns too, among requests that have the same ones to the byte',
  ]);
  assert.deepEqual(near('{mode: certified, epsilon: 1%, judge: {target: a/j, timeout: 3s, budget: $5/day}}'), [
    'near questions: given once it is shown that at most 1% of the answers are wrong, compared by judge',
    by(''),
    'doubtful ones are judged by a/j, within 3s, at most $5 every 1d',
  ]);
});
