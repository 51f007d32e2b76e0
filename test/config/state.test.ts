import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { isSameState } from '../../src/config/state-schema.ts';
import { configOf, problemsOf } from './problems-of.ts';

const PROVIDER = 'providers: {openai: {apiKey: k}}\n';

function stateOf(text: string) {
  return configOf(`${PROVIDER}${text}`).state;
}

test('state is SQLite in ./data where nothing else is said', () => {
  assert.deepEqual(stateOf(''), { kind: 'sqlite', dir: './data' });
  assert.deepEqual(stateOf('state: {dir: /var/lib/breakwater}'), { kind: 'sqlite', dir: '/var/lib/breakwater' });
  assert.deepEqual(stateOf('state: memory'), { kind: 'memory' });
});

test('state in Redis has its defaults, and keeps its address to itself', () => {
  const state = stateOf('state: {redis: "redis://:secret@r:6379"}');
  assert.ok(state.kind === 'redis');
  assert.deepEqual(state.urls, ['redis://:secret@r:6379']);
  assert.deepEqual(
    { ...state },
    {
      kind: 'redis',
      topology: { kind: 'standalone' },
      timeout: 50,
      replicas: 1,
      whenUnavailable: 'block',
      lease: 45_000,
      keyPrefix: 'breakwater',
    },
  );
  assert.ok(!inspect(state).includes('secret') && !JSON.stringify(state).includes('secret'));
});

test('state knows clusters and sentinels', () => {
  const cluster = stateOf(
    'state: {redis: ["redis://a", "rediss://b:7"], cluster: true, replicas: 3, timeout: 20ms, whenUnavailable: allow, keyPrefix: bw}',
  );
  assert.ok(cluster.kind === 'redis');
  assert.deepEqual(
    [cluster.topology, cluster.replicas, cluster.timeout, cluster.whenUnavailable, cluster.keyPrefix],
    [{ kind: 'cluster' }, 3, 20, 'allow', 'bw'],
  );
  const sentinel = stateOf('state: {redis: ["redis://a", "redis://b"], sentinel: mymaster}');
  assert.ok(sentinel.kind === 'redis');
  assert.deepEqual(sentinel.topology, { kind: 'sentinel', master: 'mymaster' });
});

test('state that does not go together is refused at its place', () => {
  const table: readonly (readonly [string, readonly string[]])[] = [
    ['state: memroy', ['2:8 state: expected a mapping, got text']],
    ['state: {dir: x, timeout: 1s}', ['2:26 state.timeout: needs redis']],
    ['state: {dir: x, redis: "redis://a"}', ['2:14 state.dir: either dir or redis']],
    ['state: {redis: "http://a"}', ['2:16 state.redis: expected redis://HOST:PORT, or a list of such']],
    [
      'state: {redis: ["redis://a", "redis://b"]}',
      ['2:16 state.redis: several addresses need "cluster: true" or "sentinel: NAME"'],
    ],
    ['state: {redis: "redis://a", cluster: true, sentinel: m}', ['2:54 state.sentinel: either cluster or sentinel']],
    [
      'state: {redis: "redis://a", keyPrefix: "{x}"}',
      ['2:40 state.keyPrefix: up to 64 letters, digits and any of "_.:-"'],
    ],
  ];
  for (const [text, problems] of table) assert.deepEqual(problemsOf(`${PROVIDER}${text}`), problems);
});

test('a change of the address is a change, though it is not shown', () => {
  const one = stateOf('state: {redis: "redis://a"}');
  assert.equal(isSameState(one, stateOf('state: {redis: "redis://a"}')), true);
  assert.equal(isSameState(one, stateOf('state: {redis: "redis://b"}')), false);
  assert.equal(isSameState(one, stateOf('')), false);
});
