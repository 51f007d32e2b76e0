import assert from 'node:assert/strict';
import { test } from 'node:test';
import { circuitOf } from './gates.ts';
import { refusalOf } from './refusal.ts';
import { HELLO, type Rig, rig } from './rig.ts';
import { readStreamAt } from './stream-reading.ts';

/** The two headers a client can name its limit in; seconds. */
const LIMITS = ['x-stainless-timeout', 'x-breakwater-timeout'] as const;

const refused = ({ openai }: Rig, headers: Record<string, string>, stream = false) =>
  refusalOf(openai.chat.completions.create({ model: 'm', messages: HELLO, stream }, { headers }));

for (const name of LIMITS) {
  for (const stream of [false, true]) {
    test(`a request is given up with a 504 when its own ${name} is over (${stream ? 'streamed' : 'whole'})`, async (t) => {
      const it = await rig(t, { config: 'models: {m: {targets: [a/sim-silent]}}' });

      const refusal = await refused(it, { [name]: '10' }, stream);

      assert.deepEqual([refusal.status, refusal.code, refusal.type], [504, 'deadline_exceeded', 'timeout_error']);
      assert.equal(refusal.shouldRetry, 'false');
      const [record] = it.records;
      assert.ok((record?.ms ?? 0) >= 10_000 && (record?.ms ?? 0) < 60_000, `${record?.ms} ms`);
      assert.equal(it.upstreams[0]?.requests[0]?.closed, 'client-gone');
      assert.equal(it.upstreams[0]?.requestCount, 1);
    });
  }
}

test('a client that waits less than a target may take says nothing about the target', async (t) => {
  const it = await rig(t, { config: 'models: {m: {targets: [a/sim-silent]}}' });

  for (let i = 0; i < 6; i++) await refused(it, { 'x-breakwater-timeout': '2' });

  const { state, run, failures } = circuitOf(it, 'a/sim-silent');
  assert.deepEqual({ state, run, failures }, { state: 'closed', run: 0, failures: 0 });
});

test('a target that takes longer than it is allowed counts as slow, though it was the deadline that ended it', async (t) => {
  const it = await rig(t, {
    config: 'models: {m: {targets: [a/sim-silent], timeouts: {firstToken: 4s, total: 8s}, circuit: {failures: 3}}}',
  });

  for (let i = 0; i < 3; i++) await refused(it, {});

  assert.equal(circuitOf(it, 'a/sim-silent').state, 'open');
});

test("the operator's limit stands where the client's is longer, as that of the SDKs is by default", async (t) => {
  const it = await rig(t, { config: 'models: {m: {targets: [a/sim-silent], timeouts: {total: 6s}}}' });

  // The official client sends x-stainless-timeout: 600 of its own accord.
  const { status, code } = await refused(it, {});

  assert.deepEqual([status, code], [504, 'deadline_exceeded']);
  assert.ok((it.records[0]?.ms ?? 0) < 60_000);
});

test('the deadline is one for all targets together', async (t) => {
  const it = await rig(t, {
    upstreams: [{}, {}, {}],
    config: 'models: {m: {targets: [a/sim-silent, b/sim-silent, c/sim-silent], timeouts: {firstToken: 10s}}}',
  });

  const { status, code } = await refused(it, { 'x-breakwater-timeout': '15' });

  assert.deepEqual([status, code], [504, 'deadline_exceeded']);
  assert.deepEqual(
    it.upstreams.map(({ requestCount }) => requestCount),
    [1, 1, 0],
  );
  assert.ok((it.records[0]?.ms ?? 0) >= 15_000);
});

test('no retry is waited for that would come after the deadline: the client hears at once what there is to hear', async (t) => {
  const it = await rig(t, { upstreams: [{}], config: 'models: {m: {targets: [a/sim-503-after-4s]}}', speed: 1 });

  const { status, code, retryAfter } = await refused(it, { 'x-breakwater-timeout': '3' });

  assert.deepEqual([status, code, retryAfter], [503, 'server_is_overloaded', 4]);
  assert.equal(it.upstreams[0]?.requestCount, 1);
  assert.ok((it.records[0]?.ms ?? 0) < 3_000);
});

test('a stream that is not done at the deadline ends with an in-band error and without [DONE]', async (t) => {
  const it = await rig(t, { config: 'models: {m: {targets: [a/sim-slow-tokens-2s-x30], timeouts: {total: 15s}}}' });

  const stream = await readStreamAt(`${it.proxy.url}/v1`, { model: 'm' });

  assert.equal(stream.status, 200);
  assert.ok(stream.text.length > 0);
  assert.deepEqual([stream.dones, stream.finishes], [0, []]);
  assert.deepEqual(
    stream.errors.map(({ code }) => code),
    ['upstream_stream_interrupted'],
  );
  assert.equal(it.records[0]?.status, 'failed');
  const { state, failures } = circuitOf(it, 'a/sim-slow-tokens-2s-x30');
  assert.deepEqual({ state, failures }, { state: 'closed', failures: 0 });
});

for (const value of ['0', '-3', 'soon', '']) {
  test(`a limit that is none (${JSON.stringify(value)}) is as good as none`, async (t) => {
    const it = await rig(t, { config: 'models: {m: {targets: [a/sim-slow-headers-2s]}}' });

    const answer = await it.openai.chat.completions.create(
      { model: 'm', messages: HELLO },
      { headers: { 'x-breakwater-timeout': value } },
    );

    assert.equal(answer.choices[0]?.finish_reason, 'stop');
  });
}
