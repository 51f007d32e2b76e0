import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changesOf, circuitOf, openAll, untilProbeDue } from './gates.ts';
import { refusalOf } from './refusal.ts';
import { HELLO, rig } from './rig.ts';
import { readStream } from './stream-reading.ts';
import { until } from './until.ts';

const PRIMARY_DOWN = 'models: {m: {targets: [a/sim-500, b/sim-ok]}}';

for (const stream of [false, true]) {
  test(`row 5: a primary that always fails ${stream ? 'streams' : 'calls'} is left within ten, and from then on costs nothing`, async (t) => {
    const it = await rig(t, { upstreams: [{}, {}], config: PRIMARY_DOWN });
    const [a, b] = it.upstreams;
    const ask = async (): Promise<Headers> => {
      if (stream) {
        const { status, headers, dones, finishes, errors } = await readStream(it, { model: 'm' });
        assert.deepEqual(
          { status, dones, finishes, errors },
          { status: 200, dones: 1, finishes: ['stop'], errors: [] },
        );
        return headers;
      }
      const { data, response } = await it.openai.chat.completions
        .create({ model: 'm', messages: HELLO })
        .withResponse();
      assert.equal(data.choices[0]?.finish_reason, 'stop');
      return response.headers;
    };

    const first = await ask();
    assert.equal(first.get('x-breakwater-attempts'), '4', 'three of the primary, one of the fallback');
    assert.equal(first.get('x-breakwater-target'), 'b/sim-ok');
    assert.equal(first.get('x-breakwater-status'), 'degraded');
    let requests = 1;
    for (; circuitOf(it, 'a/sim-500').state === 'closed'; requests++) await ask();
    const spent = a?.requestCount ?? 0;
    assert.ok(spent <= 10, `${spent} calls until the circuit opened`);
    assert.deepEqual(changesOf(it, 'a/sim-500'), ['closed > open (consecutive-failures)']);

    for (let i = 0; i < 20; i++, requests++) {
      const headers = await ask();
      assert.equal(headers.get('x-breakwater-attempts'), '1', 'no try before it, so no wait either');
      assert.equal(headers.get('x-breakwater-target'), 'b/sim-ok');
      assert.equal(headers.get('x-breakwater-status'), 'degraded', 'not the first choice, and said so');
    }
    assert.equal(a?.requestCount, spent, 'the open circuit is not called');
    assert.equal(b?.requestCount, requests);
  });
}

test('a circuit is one of provider and model: another model of the same provider is still asked', async (t) => {
  const it = await rig(t, {
    config: 'models: {bad: {targets: [a/sim-500]}, good: {targets: [a/sim-ok]}}',
  });
  await openAll(it, 'bad', ['a/sim-500']);

  const { response } = await it.openai.chat.completions.create({ model: 'good', messages: HELLO }).withResponse();

  assert.equal(response.headers.get('x-breakwater-status'), 'ok');
  assert.equal(circuitOf(it, 'a/sim-500').state, 'open');
  assert.equal(circuitOf(it, 'a/sim-ok').state, 'closed');
});

test('a circuit is shared by all models that use its target', async (t) => {
  const it = await rig(t, {
    upstreams: [{}, {}],
    config: 'models: {one: {targets: [a/sim-500]}, two: {targets: [a/sim-500, b/sim-ok]}}',
  });
  await openAll(it, 'one', ['a/sim-500']);
  const spent = it.upstreams[0]?.requestCount;

  const { response } = await it.openai.chat.completions.create({ model: 'two', messages: HELLO }).withResponse();

  assert.equal(response.headers.get('x-breakwater-attempts'), '1');
  assert.equal(it.upstreams[0]?.requestCount, spent);
});

/** At the speed of real time: none of these waits for anything, and no probe comes due before a minute is over. */
const ALL_DOWN = { upstreams: [{}, {}], speed: 1, config: 'models: {m: {targets: [a/sim-500, b/sim-500]}}' };

test('row 6: with everything down a request costs at most 1.1 tries, and once open a 503 that says when to come back', async (t) => {
  const it = await rig(t, ALL_DOWN);
  await openAll(it, 'm', ['a/sim-500', 'b/sim-500']);
  const opening = it.records.length;

  for (let i = opening; i < 100; i++) {
    const refusal = await refusalOf(it.openai.chat.completions.create({ model: 'm', messages: HELLO }));
    assert.equal(refusal.status, 503);
    assert.equal(refusal.code, 'no_target_open');
    assert.equal(refusal.header('x-breakwater-status'), 'failed');
    const { retryAfter = 0 } = refusal;
    assert.ok(retryAfter >= 1 && retryAfter <= 60, `retry-after: ${retryAfter}`);
  }

  const tries = it.upstreams.reduce((sum, { requestCount }) => sum + requestCount, 0);
  assert.equal(
    tries,
    it.records.reduce((sum, record) => sum + record.tries, 0),
    'every try is accounted for',
  );
  assert.ok(tries <= 110, `${tries} tries for 100 requests`);
  for (const { tries: one } of it.records.slice(opening)) assert.ok(one <= 1, 'the open circuits are never retried');
  assert.equal(circuitOf(it, 'a/sim-500').state, 'open');
  assert.equal(circuitOf(it, 'b/sim-500').state, 'open');
});

test('row 6: while one request is the last hope of open circuits, all others are refused without a call or a wait', async (t) => {
  const it = await rig(t, ALL_DOWN);
  await openAll(it, 'm', ['a/sim-500', 'b/sim-500']);
  const [a, b] = it.upstreams;
  a?.behave('sim-500', 'silent');
  const hope = refusalOf(it.openai.chat.completions.create({ model: 'm', messages: HELLO }));
  await until('the last hope is on its way', () => a?.openRequests === 1);
  const calls = [a?.requestCount, b?.requestCount];
  it.clock.waits.length = 0;

  const refusals = await Promise.all(
    Array.from({ length: 20 }, () => refusalOf(it.openai.chat.completions.create({ model: 'm', messages: HELLO }))),
  );

  assert.deepEqual(it.clock.waits, [], 'not a single timer was needed');
  assert.deepEqual([a?.requestCount, b?.requestCount], calls);
  for (const { status, code, retryAfter = 0, header } of refusals) {
    assert.deepEqual([status, code, header('x-breakwater-attempts')], [503, 'no_target_open', '0']);
    assert.ok(retryAfter >= 1 && retryAfter <= 60, `retry-after: ${retryAfter}`);
  }
  await a?.refuse();
  assert.equal((await hope).status, 503);
});

test('row 6: a last hope that is answered closes the circuit before any probe was due', async (t) => {
  const it = await rig(t, ALL_DOWN);
  await openAll(it, 'm', ['a/sim-500', 'b/sim-500']);
  it.upstreams[0]?.behave('sim-500', 'ok');

  const { response } = await it.openai.chat.completions.create({ model: 'm', messages: HELLO }).withResponse();

  assert.equal(response.headers.get('x-breakwater-status'), 'ok');
  assert.equal(changesOf(it, 'a/sim-500').at(-1), 'open > closed (last-hope-succeeded)');
});

test('row 6: the refusal of a last hope that says something new is what the client hears', async (t) => {
  const it = await rig(t, ALL_DOWN);
  await openAll(it, 'm', ['a/sim-500', 'b/sim-500']);
  it.upstreams[0]?.behave('sim-500', '400');

  const refusal = await refusalOf(it.openai.chat.completions.create({ model: 'm', messages: HELLO }));

  assert.equal(refusal.status, 400);
  assert.equal(circuitOf(it, 'a/sim-500').state, 'open', 'a 400 says nothing about the health of the target');
});

test('row 6: before the circuits open the client hears what the targets said, and is told not to repeat it', async (t) => {
  const it = await rig(t, ALL_DOWN);

  const refusal = await refusalOf(it.openai.chat.completions.create({ model: 'm', messages: HELLO }));

  assert.deepEqual([refusal.status, refusal.code, refusal.shouldRetry], [502, 'upstream_error', 'false']);
  assert.equal(refusal.header('x-breakwater-attempts'), '6');
});

test('a probe that fails is not repeated, and the request goes on to the fallback', async (t) => {
  const it = await rig(t, { upstreams: [{}, {}], config: PRIMARY_DOWN });
  await openAll(it, 'm', ['a/sim-500']);
  await untilProbeDue(it, 'a/sim-500');
  const spent = it.upstreams[0]?.requestCount ?? 0;

  const { response } = await it.openai.chat.completions.create({ model: 'm', messages: HELLO }).withResponse();

  assert.equal(response.headers.get('x-breakwater-target'), 'b/sim-ok');
  assert.equal(it.upstreams[0]?.requestCount, spent + 1);
  assert.equal(changesOf(it, 'a/sim-500').at(-1), 'half-open > open (probe-failed)');
});

test('row 6: a call let through an open circuit waits for its first token and not for the deadline', async (t) => {
  const it = await rig(t, { config: 'models: {m: {targets: [a/sim-ok], timeouts: {firstToken: 2s}}}' });
  const [a] = it.upstreams;
  a?.behave('sim-ok', '500');
  await openAll(it, 'm', ['a/sim-ok']);
  a?.behave('sim-ok', 'silent');
  const before = it.clock.now();

  const refusal = await refusalOf(it.openai.chat.completions.create({ model: 'm', messages: HELLO }));

  assert.equal(refusal.status, 503);
  assert.ok(it.clock.now() - before < 60_000, 'far from the deadline of ten minutes');
});
