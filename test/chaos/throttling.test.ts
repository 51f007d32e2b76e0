import assert from 'node:assert/strict';
import { test } from 'node:test';
import { circuitOf, keysOf } from './gates.ts';
import { refusalOf } from './refusal.ts';
import { HELLO, type Rig, rig } from './rig.ts';
import { readStream } from './stream-reading.ts';

const ALONE = 'models: {m: {targets: [a/sim-ok]}}';
const WITH_FALLBACK = 'models: {m: {targets: [a/sim-ok, b/sim-ok]}}';
const TWO_KEYS = 'providers: {a: {baseUrl: up(a), apiKeys: [key-1, key-2]}}';
const HOUR = 3_600_000;

async function answered({ openai }: Rig, model = 'm'): Promise<Headers> {
  const { data, response } = await openai.chat.completions.create({ model, messages: HELLO }).withResponse();
  assert.equal(data.choices[0]?.finish_reason, 'stop');
  return response.headers;
}

const refused = ({ openai }: Rig, stream = false) =>
  refusalOf(openai.chat.completions.create({ model: 'm', messages: HELLO, stream }));

/** The keys that the simulator's requests came with, and how long after the one before each of them came. */
function callsOf(it: Rig, upstream = 0): { readonly keys: (string | undefined)[]; readonly gaps: number[] } {
  const requests = it.upstreams[upstream]?.requests ?? [];
  return {
    keys: requests.map(({ key }) => key),
    gaps: requests.slice(1).map(({ at }, index) => at - (requests[index]?.at ?? 0)),
  };
}

for (const [hint, least] of [
  ['429-after-1s', 1_000],
  ['429-after-1.5s', 1_500],
  ['429-after-ms-1200', 1_200],
  ['429-reset-in-2s', 2_000],
] as const) {
  test(`row 11: with one key a throttled target (${hint}) is asked again no sooner than it said`, async (t) => {
    const it = await rig(t, { config: ALONE });
    it.upstreams[0]?.script('sim-ok', hint);

    const headers = await answered(it);

    assert.equal(headers.get('x-breakwater-attempts'), '2');
    assert.equal(headers.get('x-breakwater-status'), 'ok');
    const { gaps } = callsOf(it);
    assert.equal(gaps.length, 1);
    assert.ok((gaps[0] ?? 0) >= least, `asked again after ${gaps[0]} ms`);
    assert.equal(circuitOf(it, 'a/sim-ok').failures, 0, 'throttling says nothing about health');
  });
}

test('row 11: with two keys a throttled one is put aside and the other takes over at once', async (t) => {
  const it = await rig(t, { providers: TWO_KEYS, config: ALONE, speed: 1 });
  it.upstreams[0]?.script('sim-ok', '429-after-5s');

  const headers = await answered(it);
  await answered(it);
  await answered(it);

  assert.equal(headers.get('x-breakwater-attempts'), '2');
  const { keys, gaps } = callsOf(it);
  assert.deepEqual(keys, ['key-1', 'key-2', 'key-2', 'key-2']);
  assert.ok((gaps[0] ?? 0) < 5_000, `the other key waited ${gaps[0]} ms`);
  assert.deepEqual(
    keysOf(it, 'm').map(({ id, reason }) => [id, reason]),
    [
      ['a#1', 'cooldown'],
      ['a#2', undefined],
    ],
  );
});

test('row 11: with all keys throttled the one that comes back first is waited for', async (t) => {
  const it = await rig(t, { providers: TWO_KEYS, config: ALONE });
  it.upstreams[0]?.script('sim-ok', '429-after-2s', '429-after-3600s');

  assert.equal((await answered(it)).get('x-breakwater-attempts'), '3');

  const { keys, gaps } = callsOf(it);
  assert.deepEqual(keys, ['key-1', 'key-2', 'key-1']);
  assert.ok((gaps[0] ?? 0) + (gaps[1] ?? 0) >= 2_000, `${gaps}`);
});

test('row 11: a request that finds its only key cooling waits for it, where the wait is short', async (t) => {
  const it = await rig(t, { config: 'models: {m: {targets: [a/sim-ok], retries: {max: 0}}, n: {targets: [a/other]}}' });
  it.upstreams[0]?.script('sim-ok', '429-after-4s');

  const refusal = await refused(it);
  const headers = await answered(it, 'n');

  assert.deepEqual([refusal.status, refusal.retryAfter], [429, 4]);
  assert.equal(headers.get('x-breakwater-attempts'), '1');
  const { gaps } = callsOf(it);
  assert.ok((gaps[0] ?? 0) >= 4_000, `another model, but the same key: asked after ${gaps[0]} ms`);
});

test('row 11: with another target to ask nobody waits for a cooling key', async (t) => {
  const it = await rig(t, {
    upstreams: [{}, {}],
    config: 'models: {m: {targets: [a/sim-ok, b/sim-ok], retries: {max: 0}}, n: {targets: [a/other, b/other]}}',
  });
  it.upstreams[0]?.script('sim-ok', '429-after-4s');

  assert.equal((await answered(it)).get('x-breakwater-target'), 'b/sim-ok');
  assert.equal((await answered(it, 'n')).get('x-breakwater-target'), 'b/other');

  assert.equal(it.upstreams[0]?.requestCount, 1);
  assert.deepEqual(
    it.records.map(({ tries }) => tries),
    [2, 1],
  );
});

test('row 11: a throttled target is not waited for beyond the deadline of the request', async (t) => {
  const it = await rig(t, { config: 'models: {m: {targets: [a/sim-ok], timeouts: {total: 3s}}}', speed: 1 });
  it.upstreams[0]?.script('sim-ok', '429-after-4s');

  const refusal = await refused(it);

  assert.deepEqual([refusal.status, refusal.code, refusal.retryAfter], [429, 'rate_limit_exceeded', 4]);
  assert.equal(it.upstreams[0]?.requestCount, 1);
});

for (const stream of [false, true]) {
  test(`row 12: a target that asks for an hour is left for the next at once (${stream ? 'streamed' : 'whole'})`, async (t) => {
    const it = await rig(t, { upstreams: [{}, {}], config: WITH_FALLBACK, speed: 1 });
    const [a, b] = it.upstreams;
    a?.script('sim-ok', '429-after-3600s');
    const ask = async () => (stream ? (await readStream(it, { model: 'm' })).headers : answered(it));

    const first = await ask();
    const second = await ask();

    assert.deepEqual([first.get('x-breakwater-target'), first.get('x-breakwater-attempts')], ['b/sim-ok', '2']);
    assert.deepEqual([second.get('x-breakwater-target'), second.get('x-breakwater-attempts')], ['b/sim-ok', '1']);
    assert.deepEqual([a?.requestCount, b?.requestCount], [1, 2], 'the throttled key is not used again');
  });
}

for (const hint of ['after-3600s', 'after-300s', 'after-ms-276480000', 'date-48h', 'reset-in-6m']) {
  test(`row 12: alone, a wait of more than a minute (${hint}) is told by forbidding the repeat`, async (t) => {
    const it = await rig(t, { config: ALONE });
    it.upstreams[0]?.script('sim-ok', `429-${hint}`);

    for (const refusal of [await refused(it), await refused(it), await refused(it, true)]) {
      const { status, code, retryAfter, shouldRetry } = refusal;
      assert.deepEqual(
        { status, code, retryAfter, shouldRetry },
        {
          status: 429,
          code: 'rate_limit_exceeded',
          retryAfter: undefined,
          shouldRetry: 'false',
        },
      );
    }
    assert.equal(it.upstreams[0]?.requestCount, 1, 'the cooling key is not used');
    assert.equal(circuitOf(it, 'a/sim-ok').failures, 0);
  });
}

test('row 12: a wait of up to a minute is told as it is, and counts down', async (t) => {
  const it = await rig(t, { config: ALONE });
  it.upstreams[0]?.script('sim-ok', '429-after-30s');

  const first = await refused(it);
  const second = await refused(it);

  assert.deepEqual([first.status, first.retryAfter, first.shouldRetry], [429, 30, undefined]);
  assert.ok((second.retryAfter ?? 0) >= 1 && (second.retryAfter ?? 0) <= 30);
  assert.equal(it.upstreams[0]?.requestCount, 1);
});

test('row 12: of several throttled targets the client is told the least wait', async (t) => {
  const it = await rig(t, { upstreams: [{}, {}], config: WITH_FALLBACK });
  it.upstreams[0]?.script('sim-ok', '429-after-20s');
  it.upstreams[1]?.script('sim-ok', '429-after-3600s');

  const { status, retryAfter } = await refused(it);

  assert.deepEqual([status, retryAfter], [429, 20]);
  assert.deepEqual(
    it.upstreams.map(({ requestCount }) => requestCount),
    [1, 1],
  );
});

test('row 13: a retry-after that is a date is waited for', async (t) => {
  const it = await rig(t, { config: ALONE });
  it.upstreams[0]?.script('sim-ok', '429-date');

  assert.equal((await answered(it)).get('x-breakwater-attempts'), '2');
  const { gaps } = callsOf(it);
  assert.ok((gaps[0] ?? 0) >= 2_000, `asked again after ${gaps[0]} ms`);
});

for (const hint of ['negative', 'garbage']) {
  test(`row 13: a retry-after that is ${hint} is as good as none: the usual wait, and no key put aside`, async (t) => {
    const it = await rig(t, { config: ALONE });
    it.upstreams[0]?.script('sim-ok', `429-${hint}`);
    const retryWaits = () => it.clock.waits.filter((ms) => ms > 0 && ms <= 1_000);

    assert.equal((await answered(it)).get('x-breakwater-attempts'), '2');

    assert.equal(retryWaits().length, 1, `waits: ${it.clock.waits}`);
    assert.deepEqual(keysOf(it, 'm'), [{ id: 'a#1', usable: true }]);
  });
}

for (const hint of ['date-48h', 'after-ms-276480000', 'after-3d']) {
  test(`row 13: a hint of days (${hint}) puts the key aside for an hour and not longer`, async (t) => {
    const it = await rig(t, { config: ALONE });
    it.upstreams[0]?.script('sim-ok', `429-${hint}`);

    await refused(it);

    const [key] = keysOf(it, 'm');
    const left = (key?.until ?? 0) - it.clock.now();
    assert.ok(left > 0.9 * HOUR && left <= HOUR, `${left} ms left`);
  });
}
