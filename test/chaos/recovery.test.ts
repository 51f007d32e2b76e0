import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import OpenAI from 'openai';
import { changesOf, circuitOf, openAll, pass, untilProbeDue } from './gates.ts';
import { refusalOf } from './refusal.ts';
import { HELLO, type Rig, rig, textOf } from './rig.ts';
import { until } from './until.ts';

const PRIMARY = 'a/primary';
const OPENED = 'closed > open (consecutive-failures)';
const DUE = 'open > half-open (probe-due)';

/** A primary in front of a fallback that is well. */
function chain(t: TestContext, settings = 'circuit: {openFor: 20s}', speed = 20): Promise<Rig> {
  const config = `models: {m: {targets: [a/primary, b/fallback], retries: {max: 0}, ${settings}}}`;
  return rig(t, { upstreams: [{}, {}], config, speed });
}

/** The same, when the primary has failed until its circuit opened, and has been mended since. */
async function opened(t: TestContext, settings?: string, speed?: number): Promise<Rig> {
  const it = await chain(t, settings, speed);
  await breakDown(it);
  return it;
}

async function breakDown(it: Rig): Promise<void> {
  it.upstreams[0]?.behave('primary', '500');
  await openAll(it, 'm', [PRIMARY]);
  it.upstreams[0]?.behave('primary', undefined);
}

async function targetOf({ openai }: Rig): Promise<string | null> {
  const { response } = await openai.chat.completions.create({ model: 'm', messages: HELLO }).withResponse();
  return response.headers.get('x-breakwater-target');
}

for (const stream of [false, true]) {
  const kind = stream ? 'streamed probe' : 'probe';
  test(`row 7: a recovered target gets one ${kind} however many ask, and is closed when that succeeds`, async (t) => {
    const it = await opened(t);
    const [a] = it.upstreams;
    await untilProbeDue(it, PRIMARY);
    a?.script('primary', stream ? 'slow-first-token-25s' : 'slow-headers-25s');

    const probe = stream
      ? it.openai.chat.completions.create({ model: 'm', messages: HELLO, stream }).then(textOf)
      : targetOf(it);
    await until('the probe is on its way', () => a?.openRequests === 1);
    const others = await Promise.all(Array.from({ length: 9 }, () => targetOf(it)));

    assert.deepEqual(others, Array(9).fill('b/fallback'));
    assert.equal(a?.requestCount, 6, 'five that failed and one probe');
    assert.equal(circuitOf(it, PRIMARY).state, 'half-open');
    await probe;
    assert.deepEqual(changesOf(it, PRIMARY), [OPENED, DUE, 'half-open > closed (probe-succeeded)']);
    assert.deepEqual(await Promise.all([targetOf(it), targetOf(it), targetOf(it)]), Array(3).fill(PRIMARY));
    assert.equal(a?.requestCount, 9);
  });
}

test('row 7: a target that fails its probes is probed ever more rarely, and starts afresh once it has recovered', async (t) => {
  const it = await opened(t, 'circuit: {openFor: 20s, maxOpenFor: 50s}', 40);
  const [a] = it.upstreams;
  const openFor = () => {
    const { retryAt = 0, since } = circuitOf(it, PRIMARY);
    return retryAt - since;
  };
  assert.equal(Math.round(openFor()), 20_000);

  // Twice as long each time up to the cap, less a jitter of up to a quarter.
  for (const whole of [40_000, 50_000]) {
    await untilProbeDue(it, PRIMARY);
    a?.script('primary', '500');
    assert.equal(await targetOf(it), 'b/fallback');
    assert.equal(changesOf(it, PRIMARY).at(-1), 'half-open > open (probe-failed)');
    assert.ok(openFor() >= 0.75 * whole - 1 && openFor() <= whole + 1, `open for ${openFor()} ms`);
  }
  await untilProbeDue(it, PRIMARY);
  assert.equal(await targetOf(it), PRIMARY);
  await breakDown(it);
  assert.equal(Math.round(openFor()), 20_000);
});

test('row 8: a probe that hangs opens the circuit again when its time is up, whatever becomes of its request', async (t) => {
  const it = await opened(t, 'circuit: {openFor: 20s, probeTimeout: 10s}, timeouts: {firstToken: 40s}');
  const [a] = it.upstreams;
  await untilProbeDue(it, PRIMARY);
  a?.script('primary', 'silent');
  const hanging = targetOf(it);
  await until('the probe is on its way', () => a?.openRequests === 1);

  await pass(it.clock, 10_000);

  assert.equal(await targetOf(it), 'b/fallback');
  assert.equal(a?.openRequests, 1, 'its request hangs still');
  const reopened = circuitOf(it, PRIMARY);
  assert.deepEqual(changesOf(it, PRIMARY), [OPENED, DUE, 'half-open > open (probe-timed-out)']);
  assert.equal(reopened.attempt, 1);
  assert.equal(await hanging, 'b/fallback', 'answered in the end, at the first-token timer');
  assert.equal(a?.requestCount, 6);
  const { since, attempt } = circuitOf(it, PRIMARY);
  assert.deepEqual({ since, attempt }, { since: reopened.since, attempt: 1 }, 'its late failure is not counted twice');
});

for (const [behaviour, status] of [
  ['400', 400],
  ['content-filter', 400],
  ['422', 422],
] as const) {
  test(`row 9: a probe that gets a ${status} (${behaviour}) leaves the circuit half-open, and the next request probes`, async (t) => {
    const it = await opened(t);
    const [a] = it.upstreams;
    await untilProbeDue(it, PRIMARY);
    a?.script('primary', behaviour);

    const refusal = await refusalOf(it.openai.chat.completions.create({ model: 'm', messages: HELLO }));

    assert.equal(refusal.status, status);
    assert.deepEqual(changesOf(it, PRIMARY), [OPENED, DUE]);
    const { state, probing, attempt } = circuitOf(it, PRIMARY);
    assert.deepEqual({ state, probing, attempt }, { state: 'half-open', probing: false, attempt: 0 });
    assert.equal(await targetOf(it), PRIMARY);
    assert.equal(a?.requestCount, 7);
    assert.deepEqual(changesOf(it, PRIMARY), [OPENED, DUE, 'half-open > closed (probe-succeeded)']);
  });
}

test('row 9: a probe whose client leaves decides nothing either', async (t) => {
  const it = await opened(t);
  const [a] = it.upstreams;
  await untilProbeDue(it, PRIMARY);
  a?.script('primary', 'silent');
  const leaving = new AbortController();
  const left = it.openai.chat.completions.create({ model: 'm', messages: HELLO }, { signal: leaving.signal });
  await until('the probe is on its way', () => a?.openRequests === 1);

  leaving.abort();
  await assert.rejects(left, OpenAI.APIUserAbortError);
  await until('the call upstream is closed', () => a?.openRequests === 0);

  await until('the probe is given back', () => !circuitOf(it, PRIMARY).probing);
  assert.deepEqual(changesOf(it, PRIMARY), [OPENED, DUE]);
  assert.equal(await targetOf(it), PRIMARY);
  assert.equal(circuitOf(it, PRIMARY).state, 'closed');
});

/** How the circuit stands; what its rolling window holds passes with time. */
function standing(it: Rig) {
  const { state, since, reason, retryAt, attempt } = circuitOf(it, PRIMARY);
  return { state, since, reason, retryAt, attempt };
}

const PATIENT = 'circuit: {openFor: 10m}, timeouts: {firstToken: 2m, stall: 2m}';

for (const [what, behaviour] of [
  ['success of a call', 'slow-headers-30s'],
  ['failure of a call', 'slow-headers-30s-500'],
] as const) {
  test(`row 10: the late ${what} begun before the circuit opened changes nothing`, async (t) => {
    const it = await chain(t, PATIENT);
    const [a] = it.upstreams;
    a?.script('primary', behaviour);
    const late = targetOf(it);
    await until('the early call is on its way', () => a?.openRequests === 1);
    await breakDown(it);
    const before = standing(it);
    assert.equal(a?.openRequests, 1, 'the early call is still on its way');

    assert.equal(await late, behaviour.endsWith('500') ? 'b/fallback' : PRIMARY);

    assert.deepEqual(standing(it), before);
    assert.deepEqual(changesOf(it, PRIMARY), [OPENED]);
    assert.equal(await targetOf(it), 'b/fallback');
  });
}

test('row 10: nor does a stream that was delivering before the circuit opened, and that the client gets whole', async (t) => {
  const it = await chain(t, PATIENT);
  const [a] = it.upstreams;
  a?.script('primary', 'paced-3s-x10');
  const late = await it.openai.chat.completions.create({ model: 'm', messages: HELLO, stream: true });
  await breakDown(it);
  const before = standing(it);
  assert.equal(a?.openRequests, 1, 'the stream goes on');

  const text = await textOf(late);

  assert.equal(text.split(' ').length, 10);
  assert.deepEqual(standing(it), before);
  assert.deepEqual(changesOf(it, PRIMARY), [OPENED]);
});
