import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import OpenAI from 'openai';
import { circuitOf } from './gates.ts';
import { HELLO, type Rig, rig, textOf } from './rig.ts';
import { readStream } from './stream-reading.ts';
import { until } from './until.ts';

/** Enough calls for the proxy to know what is late, and to pay for three hedges. */
const LEARNED = 60;
/** How long the first token of those takes. */
const USUAL = 'slow-headers-10s';

/** A primary that has answered in ten seconds so far, in front of a fallback that answers at once. */
async function learned(t: TestContext, settings = 'hedge: true', calls = LEARNED): Promise<Rig> {
  const it = await rig(t, {
    upstreams: [{}, {}],
    config: `models: {m: {targets: [a/primary, b/fallback], timeouts: {firstToken: 2m}, ${settings}}, warm: {targets: [a/warm]}}`,
  });
  await learn(it, calls);
  return it;
}

/** So many calls, all at once: as long as none is answered, nothing is late. */
async function learn(it: Rig, calls: number): Promise<void> {
  // A process that has just begun is slow: its first call is not one of them.
  await targetOf(it, 'warm');
  it.upstreams[0]?.behave('primary', USUAL);
  const targets = await Promise.all(Array.from({ length: calls }, () => targetOf(it)));
  assert.deepEqual(new Set(targets), new Set(['a/primary']));
}

async function targetOf({ openai }: Rig, model = 'm'): Promise<string | null> {
  const { response } = await openai.chat.completions.create({ model, messages: HELLO }).withResponse();
  return response.headers.get('x-breakwater-target');
}

const hedges = ({ events }: Rig) => events.filter(({ msg }) => msg === 'hedge').length;

test('when the first token is late the next target is asked beside it; it wins, and the late call is given up', async (t) => {
  const it = await learned(t);
  const [a, b] = it.upstreams;
  a?.behave('primary', 'silent');

  const { data, response } = await it.openai.chat.completions.create({ model: 'm', messages: HELLO }).withResponse();

  assert.equal(data.choices[0]?.finish_reason, 'stop');
  assert.equal(response.headers.get('x-breakwater-target'), 'b/fallback');
  assert.equal(response.headers.get('x-breakwater-status'), 'degraded');
  await until('the late call is closed', () => a?.openRequests === 0);
  assert.equal(a?.requests.at(-1)?.closed, 'client-gone');
  assert.equal(b?.requestCount, 1);
  assert.equal(hedges(it), 1);
  assert.equal(it.records.at(-1)?.tries, 2);
  assert.equal(response.headers.get('x-breakwater-attempts'), '2');
  assert.equal(circuitOf(it, 'a/primary').failures, 0, 'being given up is no failure');
});

test('a late stream is overtaken as well, and the client gets one answer from one target', async (t) => {
  const it = await learned(t);
  const [a] = it.upstreams;
  a?.behave('primary', 'slow-first-token-2m');

  const { status, headers, roles, ids, finishes, dones, errors } = await readStream(it, { model: 'm' });

  assert.deepEqual(
    { status, roles, finishes, dones, errors, ids: ids.length },
    {
      status: 200,
      roles: ['assistant'],
      finishes: ['stop'],
      dones: 1,
      errors: [],
      ids: 1,
    },
  );
  assert.equal(headers.get('x-breakwater-target'), 'b/fallback');
  await until('the late call is closed', () => a?.openRequests === 0);
  assert.equal(a?.requests.at(-1)?.closed, 'client-gone');
});

test('a late answer that still comes first wins, and the backup is given up', async (t) => {
  const it = await learned(t);
  const [a, b] = it.upstreams;
  a?.behave('primary', 'slow-headers-40s');
  b?.behave('fallback', 'silent');

  assert.equal(await targetOf(it), 'a/primary');

  assert.equal(hedges(it), 1);
  await until('the backup is closed', () => b?.openRequests === 0);
  assert.deepEqual([a?.requests.at(-1)?.closed, b?.requests.at(-1)?.closed], ['completed', 'client-gone']);
  assert.equal(it.records.at(-1)?.status, 'ok');
  assert.equal(circuitOf(it, 'b/fallback').failures, 0);
});

test('a backup that fails leaves the late answer to come', async (t) => {
  const it = await learned(t);
  it.upstreams[0]?.behave('primary', 'slow-headers-40s');
  it.upstreams[1]?.behave('fallback', '400');

  assert.equal(await targetOf(it), 'a/primary');
  assert.equal(hedges(it), 1);
});

test('of two that fail each is asked once, and the chain goes on behind both', async (t) => {
  const it = await rig(t, {
    upstreams: [{}, {}, {}],
    config:
      'models: {m: {targets: [a/primary, b/fallback, c/third], hedge: true, retries: {max: 0}, timeouts: {firstToken: 2m}}, warm: {targets: [a/warm]}}',
  });
  const [a, b, c] = it.upstreams;
  await learn(it, LEARNED);
  a?.behave('primary', 'slow-headers-40s-500');
  b?.behave('fallback', '500');

  assert.equal(await targetOf(it), 'c/third');
  assert.deepEqual([a?.requestCount, b?.requestCount, c?.requestCount], [1 + LEARNED + 1, 1, 1]);
});

test('however late everything is, hedging makes no more than 5% of extra calls', async (t) => {
  const it = await learned(t);
  const [a, b] = it.upstreams;
  a?.behave('primary', 'slow-headers-60s');

  await Promise.all(Array.from({ length: 100 }, () => targetOf(it)));

  const [calls = 0, extra = 0] = [a?.requestCount, b?.requestCount];
  assert.equal(calls, 1 + LEARNED + 100);
  assert.ok(extra > 0 && extra <= 0.05 * calls, `${extra} extra calls for ${calls}`);
  assert.equal(hedges(it), extra);
});

test('a client that leaves while both are asked leaves neither open', async (t) => {
  const it = await learned(t);
  const [a, b] = it.upstreams;
  a?.behave('primary', 'silent');
  b?.behave('fallback', 'silent');
  const leaving = new AbortController();
  const left = it.openai.chat.completions.create({ model: 'm', messages: HELLO }, { signal: leaving.signal });
  await until('both are asked', () => a?.openRequests === 1 && b?.openRequests === 1);

  leaving.abort();
  await assert.rejects(left, OpenAI.APIUserAbortError);

  await until('both are closed', () => a?.openRequests === 0 && b?.openRequests === 0);
  assert.deepEqual([a?.requests.at(-1)?.closed, b?.requests.at(-1)?.closed], ['client-gone', 'client-gone']);
});

test('a client that leaves while the winner streams leaves it closed', async (t) => {
  const it = await learned(t);
  const [a, b] = it.upstreams;
  a?.behave('primary', 'silent');
  b?.behave('fallback', 'paced-10s-x100');
  const stream = await it.openai.chat.completions.create({ model: 'm', messages: HELLO, stream: true });
  await until('the late call is closed', () => a?.openRequests === 0);
  assert.equal(b?.openRequests, 1);

  stream.controller.abort();

  await until('the winner is closed', () => b?.openRequests === 0);
  assert.equal(b?.requests.at(-1)?.closed, 'client-gone');
});

test('a request that offers tools is not hedged: a call made twice could act twice', async (t) => {
  const it = await learned(t);
  it.upstreams[0]?.behave('primary', 'slow-headers-40s');

  const { response } = await it.openai.chat.completions
    .create({
      model: 'm',
      messages: HELLO,
      tools: [{ type: 'function', function: { name: 'pay', parameters: { type: 'object', properties: {} } } }],
    })
    .withResponse();

  assert.equal(response.headers.get('x-breakwater-target'), 'a/primary');
  assert.equal(it.upstreams[1]?.requestCount, 0);
});

for (const [what, settings, calls] of [
  ['where the route does not ask for it', 'hedge: false', LEARNED],
  ['before there is enough to learn from', 'hedge: true', 40],
] as const) {
  test(`nothing is hedged ${what}`, async (t) => {
    const it = await learned(t, settings, calls);
    it.upstreams[0]?.behave('primary', 'slow-headers-40s');

    assert.equal(
      await textOf(await it.openai.chat.completions.create({ model: 'm', messages: HELLO, stream: true })).then(
        (text) => text !== '',
      ),
      true,
    );
    assert.equal(it.upstreams[1]?.requestCount, 0);
    assert.equal(hedges(it), 0);
  });
}
