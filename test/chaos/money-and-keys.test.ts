import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI from 'openai';
import { circuitOf, keysOf } from './gates.ts';
import { refusalOf } from './refusal.ts';
import { HELLO, type Rig, rig } from './rig.ts';

const ALONE = 'models: {m: {targets: [a/sim-ok]}}';
const MINUTE = 60_000;

const keysUsed = (it: Rig, upstream = 0) => it.upstreams[upstream]?.requests.map(({ key }) => key);

async function answered({ openai }: Rig): Promise<Headers> {
  const { data, response } = await openai.chat.completions.create({ model: 'm', messages: HELLO }).withResponse();
  assert.equal(data.choices[0]?.finish_reason, 'stop');
  return response.headers;
}

/** The quarantines that were logged. */
const quarantines = ({ events }: Rig) =>
  events.filter(({ msg }) => msg === 'key quarantined').map(({ provider, key, reason }) => ({ provider, key, reason }));

/** Row, preset, behaviour: the ways in which providers say that money is the matter. */
const OUT_OF_MONEY = [
  [14, 'openai', 'quota'],
  [14, 'openai', 'credit-exhausted'],
  [15, 'anthropic', 'spend-limit'],
  [16, 'anthropic', 'credit-400'],
  [16, 'anthropic', 'usage-limit-400'],
  [16, 'anthropic', 'billing-402'],
  [17, 'gemini', 'gemini-day-quota'],
] as const;

for (const [row, preset, behaviour] of OUT_OF_MONEY) {
  const providers = (keys: string) => `providers: {a: {preset: ${preset}, baseUrl: up(a), apiKeys: [${keys}]}}`;

  test(`row ${row}: a key of ${preset} without money (${behaviour}) costs one call and is put aside`, async (t) => {
    const it = await rig(t, { providers: providers('key-1'), config: ALONE });
    it.upstreams[0]?.behave('sim-ok', behaviour);

    for (const stream of [false, true, false]) {
      const refusal = await refusalOf(it.openai.chat.completions.create({ model: 'm', messages: HELLO, stream }));
      const { status, code, type, retryAfter, shouldRetry } = refusal;
      assert.deepEqual(
        { status, code, type, retryAfter, shouldRetry },
        {
          status: 429,
          code: 'insufficient_quota',
          type: 'insufficient_quota',
          retryAfter: undefined,
          shouldRetry: 'false',
        },
      );
    }
    assert.equal(it.upstreams[0]?.requestCount, 1, 'neither repeated nor asked by the next request');
    assert.deepEqual(quarantines(it), [{ provider: 'a', key: 'a#1', reason: 'quota' }]);
    const [key] = keysOf(it, 'm');
    assert.equal(key?.reason, 'quota');
    assert.ok((key?.until ?? 0) - it.clock.now() > 5 * MINUTE);
    assert.deepEqual([circuitOf(it, 'a/sim-ok').state, circuitOf(it, 'a/sim-ok').failures], ['closed', 0]);
  });

  test(`row ${row}: another key takes over from a key of ${preset} without money (${behaviour})`, async (t) => {
    const it = await rig(t, { providers: providers('key-1, key-2'), config: ALONE, speed: 1 });
    it.upstreams[0]?.script('sim-ok', behaviour);

    assert.equal((await answered(it)).get('x-breakwater-attempts'), '2');
    assert.equal((await answered(it)).get('x-breakwater-attempts'), '1');

    assert.deepEqual(keysUsed(it), ['key-1', 'key-2', 'key-2']);
    assert.deepEqual(
      keysOf(it, 'm').map(({ usable }) => usable),
      [false, true],
    );
  });

  test(`row ${row}: with no other key the next target answers for a key of ${preset} without money (${behaviour})`, async (t) => {
    const it = await rig(t, {
      upstreams: [{}, {}],
      providers: `${providers('key-1').slice(0, -1)}, b: {baseUrl: up(b), apiKey: key-b}}`,
      config: 'models: {m: {targets: [a/sim-ok, b/sim-ok]}}',
      speed: 1,
    });
    it.upstreams[0]?.behave('sim-ok', behaviour);

    const first = await answered(it);
    const second = await answered(it);

    assert.deepEqual([first.get('x-breakwater-target'), first.get('x-breakwater-attempts')], ['b/sim-ok', '2']);
    assert.deepEqual([second.get('x-breakwater-target'), second.get('x-breakwater-attempts')], ['b/sim-ok', '1']);
    assert.deepEqual(
      it.upstreams.map(({ requestCount }) => requestCount),
      [1, 2],
    );
  });
}

test('row 17: a gemini quota of a minute is a wait and not a lack of money', async (t) => {
  const it = await rig(t, {
    providers: 'providers: {a: {preset: gemini, baseUrl: up(a), apiKey: key-1}}',
    config: ALONE,
  });
  it.upstreams[0]?.script('sim-ok', 'gemini-minute-quota');

  assert.equal((await answered(it)).get('x-breakwater-attempts'), '2');

  const [first, second] = it.upstreams[0]?.requests ?? [];
  assert.ok((second?.at ?? 0) - (first?.at ?? 0) >= 2_000);
  assert.deepEqual(quarantines(it), []);
});

for (const status of [401, 403]) {
  test(`row 21: a key refused with ${status} is put aside and the next key answers`, async (t) => {
    const it = await rig(t, {
      providers: `providers: {a: {baseUrl: up(a), apiKeys: [sim-${status}, key-2]}}`,
      config: ALONE,
      speed: 1,
    });

    assert.equal((await answered(it)).get('x-breakwater-attempts'), '2');
    assert.equal((await answered(it)).get('x-breakwater-attempts'), '1');
    assert.equal((await answered(it)).get('x-breakwater-attempts'), '1');

    assert.deepEqual(keysUsed(it), [`sim-${status}`, 'key-2', 'key-2', 'key-2']);
    assert.deepEqual(quarantines(it), [{ provider: 'a', key: 'a#1', reason: 'auth' }]);
    assert.equal(circuitOf(it, 'a/sim-ok').failures, 0);
  });
}

test('row 21: a key that may not use a model which a client thought of is not taken from the others', async (t) => {
  const it = await rig(t, {
    providers: 'providers: {a: {baseUrl: up(a), apiKey: key-1}}',
    config: ALONE,
    speed: 1,
  });

  const refusal = await refusalOf(it.openai.chat.completions.create({ model: 'a/sim-403', messages: HELLO }));
  assert.deepEqual([refusal.status, refusal.code], [502, 'upstream_auth_error']);
  assert.deepEqual(quarantines(it), []);
  await answered(it);

  // That the key itself is no good, a 401 says of any model.
  await refusalOf(it.openai.chat.completions.create({ model: 'a/sim-401', messages: HELLO }));
  assert.deepEqual(quarantines(it), [{ provider: 'a', key: 'a#1', reason: 'auth' }]);
});

test('row 21: with every key refused the client gets a 502 that does not blame its own key', async (t) => {
  const it = await rig(t, {
    providers: 'providers: {a: {baseUrl: up(a), apiKeys: [sim-401, sim-403]}}',
    config: ALONE,
    speed: 1,
  });

  for (const tries of ['2', '0']) {
    const refusal = await refusalOf(it.openai.chat.completions.create({ model: 'm', messages: HELLO }));
    assert.deepEqual([refusal.status, refusal.code, refusal.type], [502, 'upstream_auth_error', 'upstream_auth_error']);
    assert.equal(refusal.shouldRetry, 'false');
    assert.match(refusal.message, /the key sent with this request is not the reason/i);
    assert.doesNotMatch(refusal.message, /incorrect api key/i);
    assert.equal(refusal.header('x-breakwater-attempts'), tries);
  }
  assert.deepEqual(keysUsed(it), ['sim-401', 'sim-403']);
  assert.deepEqual(
    quarantines(it).map(({ key }) => key),
    ['a#1', 'a#2'],
  );
});

test('row 21: with every key refused the next target answers, and is asked at once from then on', async (t) => {
  const it = await rig(t, {
    upstreams: [{}, {}],
    providers: 'providers: {a: {baseUrl: up(a), apiKeys: [sim-401, sim-403]}, b: {baseUrl: up(b), apiKey: key-b}}',
    config: 'models: {m: {targets: [a/sim-ok, b/sim-ok]}}',
    speed: 1,
  });

  const first = await answered(it);
  const second = await answered(it);

  assert.deepEqual([first.get('x-breakwater-target'), first.get('x-breakwater-attempts')], ['b/sim-ok', '3']);
  assert.deepEqual([second.get('x-breakwater-target'), second.get('x-breakwater-attempts')], ['b/sim-ok', '1']);
});

test("row 21: where the client's own key goes upstream, its refusal reaches the client as the 401 it is", async (t) => {
  const it = await rig(t, {
    upstreams: [{}, {}],
    providers: 'providers: {a: {preset: openai, baseUrl: up(a)}, b: {baseUrl: up(b), apiKey: key-b}}',
    config: 'models: {m: {targets: [a/sim-ok, b/sim-ok]}}',
    speed: 1,
  });
  const stranger = new OpenAI({ baseURL: `${it.proxy.url}/v1`, apiKey: 'sim-401', maxRetries: 0 });

  for (const stream of [false, true]) {
    const refusal = await refusalOf(stranger.chat.completions.create({ model: 'm', messages: HELLO, stream }));
    assert.deepEqual([refusal.status, refusal.code, refusal.shouldRetry], [401, 'invalid_api_key', 'false']);
  }
  assert.deepEqual(keysUsed(it), ['sim-401', 'sim-401']);
  assert.equal(it.upstreams[1]?.requestCount, 0, 'no fallback hides it');
  assert.deepEqual(quarantines(it), []);
  assert.equal(
    (await answered(it)).get('x-breakwater-target'),
    'a/sim-ok',
    'the key of another client is not concerned',
  );
});

test('a key that is put aside is put aside for every model of its provider', async (t) => {
  const it = await rig(t, {
    providers: 'providers: {a: {baseUrl: up(a), apiKeys: [sim-401, key-2]}}',
    config: 'models: {m: {targets: [a/sim-ok]}, n: {targets: [a/other]}}',
    speed: 1,
  });
  await answered(it);

  for (let i = 0; i < 2; i++) await it.openai.chat.completions.create({ model: 'n', messages: HELLO });

  assert.deepEqual(keysUsed(it), ['sim-401', 'key-2', 'key-2', 'key-2']);
});
