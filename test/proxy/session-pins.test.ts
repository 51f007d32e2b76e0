import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, type TestContext, test } from 'node:test';
import type { EvidenceBook, Verdict } from '../../src/routing/decision.ts';
import { ownDirectory } from '../cache/rig.ts';
import { postTo } from '../chaos/dialect-clients.ts';
import { type Rig, rig } from '../chaos/rig.ts';
import { type OwnRedis, redisServerCommand, skipWithout, startRedis } from '../state/redis-server.ts';

const CHEAP = 'a/sim-usage-1000-10';
const SMART = 'a/sim-usage-1000-20';
const KEY = 'acme-key-of-twenty-chars';
const OTHER_KEY = 'beta-key-of-twenty-chars';
const SESSION = { 'x-breakwater-session': 's1' };
const noServer = skipWithout(redisServerCommand(), 'no redis-server of 7.2 or newer on PATH');

const CONFIG = `
models:
  cheap: {targets: [{target: ${CHEAP}, price: {input: "$1/M", output: "$2/M"}}]}
  smart: {targets: [{target: ${SMART}, price: {input: "$10/M", output: "$20/M"}}]}
  auto: {route: p}
routing:
  policies:
    p: {tiers: {small: cheap, large: smart}, default: small, bumpAt: 1, evidence: {budget: $1/day}}
tenants: {acme: {keys: [${KEY}]}, beta: {keys: [${OTHER_KEY}]}}
`;

/** A tool loop after so many results. */
const loop = (results: number) => [
  { role: 'user', content: 'Sort the files' },
  ...Array.from({ length: results }, (_, index) => [
    {
      role: 'assistant',
      tool_calls: [{ id: `c${index}`, type: 'function', function: { name: 'read', arguments: '{}' } }],
    },
    { role: 'tool', tool_call_id: `c${index}`, content: 'done' },
  ]).flat(),
];

/** Evidence that gives every new conversation to one of the two. */
const draws = (serve: Verdict['serve']): EvidenceBook => ({
  consult: () => ({ state: 'canary', n: 30, loss: 0, upper: 0.1, serve, shadow: false }),
  peek: () => ({ state: serve === 'cheap' ? 'admitted' : 'canary', n: 30, loss: 0, upper: 0.1 }),
});

async function replica(t: TestContext, state: string, serve: Verdict['serve']): Promise<Rig> {
  const it = await rig(t, { config: `state: ${state}${CONFIG}` });
  it.proxy.runtime.evidence = draws(serve);
  return it;
}

async function ask(it: Rig, results: number, headers: Record<string, string> = {}, key = KEY, path?: string) {
  const body = { model: 'auto', messages: loop(results) };
  const sent = { authorization: `Bearer ${key}`, ...headers };
  const response = await postTo(it, path ?? '/v1/chat/completions', body, sent);
  const text = await response.text();
  return { status: response.status, target: response.headers.get('x-breakwater-target'), text };
}

test('a tool loop stays with its model in the next process, on SQLite', async (t) => {
  const state = ownDirectory();
  const first = await replica(t, state, 'cheap');
  assert.equal((await ask(first, 0, SESSION)).target, CHEAP);
  await first.proxy.close();
  const second = await replica(t, state, 'strong');
  assert.equal((await ask(second, 1, SESSION)).target, CHEAP);
  assert.equal((await ask(second, 1, { 'x-breakwater-session': 's2' })).target, SMART);
  assert.equal((await ask(second, 1, SESSION, OTHER_KEY)).target, SMART, 'another tenant’s session is another');
});

describe('a tool loop', { skip: noServer }, () => {
  let redis: OwnRedis;
  before(async () => {
    redis = await startRedis();
  });
  after(() => redis.end());
  const state = (prefix: string, at = redis, timeout = '20s') =>
    `{redis: "redis://${at.host}:${at.port}", keyPrefix: ${prefix}, timeout: ${timeout}}`;
  const newPrefix = () => `test-${randomBytes(6).toString('hex')}`;

  for (const headers of [SESSION, {}])
    test(`stays with its model whichever replica serves it (${'x-breakwater-session' in headers ? 'named' : 'by its first words'})`, async (t) => {
      const shared = state(newPrefix());
      const one = await replica(t, shared, 'cheap');
      const other = await replica(t, shared, 'strong');
      assert.equal((await ask(one, 0, headers)).target, CHEAP);
      assert.equal((await ask(other, 1, headers)).target, CHEAP);
      assert.equal((await ask(one, 2, headers)).target, CHEAP);
      assert.equal((await ask(other, 1, headers, OTHER_KEY)).target, SMART, 'another tenant’s is another');
      // Upward, on one of them: the others go on from there.
      other.proxy.runtime.evidence = { ...draws('strong'), consult: () => ({ ...SUSPENDED }) };
      assert.equal((await ask(other, 3, headers)).target, SMART);
      assert.equal((await ask(one, 4, headers)).target, SMART);
      const explained = JSON.parse((await ask(one, 5, headers, KEY, '/v1/route/explain')).text);
      assert.deepEqual([explained.model, explained.pinned], ['smart', true]);
    });

  test('that begins with the request, or is not pinned, asks Redis for nothing', async (t) => {
    const it = await replica(t, state(newPrefix()), 'cheap');
    const asked: string[] = [];
    it.proxy.runtime.routePins.keepIn({
      shared: true,
      find: async (session) => void asked.push(session),
      keep: async () => undefined,
      close: () => undefined,
    });
    await ask(it, 0);
    await postTo(it, '/v1/chat/completions', { model: 'smart', messages: loop(1) }, { authorization: `Bearer ${KEY}` });
    assert.deepEqual(asked, []);
    await ask(it, 1);
    await ask(it, 0, SESSION);
    assert.equal(asked.length, 2);
  });

  test('whose client leaves while Redis is asked calls nobody', async (t) => {
    const it = await replica(t, state(newPrefix()), 'cheap');
    const found = Promise.withResolvers<undefined>();
    const asked = Promise.withResolvers<void>();
    it.proxy.runtime.routePins.keepIn({
      shared: true,
      find: () => {
        asked.resolve();
        return found.promise;
      },
      keep: async () => undefined,
      close: () => undefined,
    });
    const leaving = new AbortController();
    const body = JSON.stringify({ model: 'auto', messages: loop(1) });
    const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json', ...SESSION };
    const url = `${it.proxy.url}/v1/chat/completions`;
    const answer = fetch(url, { method: 'POST', headers, body, signal: leaving.signal });
    await asked.promise;
    leaving.abort();
    await assert.rejects(answer);
    while (it.proxy.runtime.inFlight > 0) await new Promise((resolve) => setImmediate(resolve));
    found.resolve(undefined);
    while (it.records.length === 0) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(it.upstreams[0]?.requests.filter(({ method }) => method === 'POST').length, 0);
  });

  test('goes on as this replica knows it while Redis is silent or gone, and waits no longer than a timeout', async (t) => {
    const own = await startRedis();
    t.after(() => own.end());
    // A second of the test's clock is 50 ms.
    const it = await replica(t, state(newPrefix(), own, '4s'), 'cheap');
    assert.equal((await ask(it, 0, SESSION)).target, CHEAP);
    it.proxy.runtime.evidence = draws('strong');
    own.process.kill('SIGSTOP');
    try {
      for (let n = 1; n < 4; n++) {
        const { status, target } = await ask(it, n, SESSION);
        assert.deepEqual([status, target], [200, CHEAP]);
      }
    } finally {
      own.process.kill('SIGCONT');
    }
    await own.kill();
    assert.equal((await ask(it, 4, SESSION)).target, CHEAP);
    assert.equal((await ask(it, 4, { 'x-breakwater-session': 's2' })).target, SMART);
    await own.start();
  });
});

const SUSPENDED: Verdict = { state: 'suspended', n: 30, loss: 0, upper: 1, serve: 'strong', shadow: false };
