import assert from 'node:assert/strict';
import { test } from 'node:test';
import OpenAI from 'openai';
import { HELLO, type Rig, rig } from './rig.ts';
import { pause, until } from './until.ts';

/** Upstream must hear of a client that left within this, real milliseconds. */
const SOON_MS = 100;
/** Of so many clients that leave the middle one counts: other work on the machine may delay single ones. */
const LEAVERS = 5;

/** Models that keep a client waiting, each for another reason; `whole` where it is not streamed. */
const WAITING = [
  ['slow-headers-5s', 'streamed'],
  ['slow-headers-5s', 'whole'],
  ['slow-first-token-5s', 'streamed'],
  ['slow-first-token-5s', 'whole'],
  ['silent', 'streamed'],
  ['silent', 'whole'],
] as const;

const twoTargets = (behaviour: string, more = '') => `models: {m: {targets: [a/sim-${behaviour}, b/sim-ok]${more}}}`;

/** Lets clients leave one after another; how long upstream took to hear of each, real milliseconds, in order of length. */
async function leave(proxy: Rig, arrive: (signal: AbortSignal) => Promise<unknown>, ready: (proxy: Rig) => boolean) {
  const [a] = proxy.upstreams;
  const taken: number[] = [];
  for (let i = 0; i < LEAVERS; i++) {
    const controller = new AbortController();
    const gone = arrive(controller.signal).catch((error: unknown) => error);
    await until('upstream works on the request', () => a?.requests[i] !== undefined && ready(proxy));
    const left = proxy.clock.now();
    controller.abort();
    await until('upstream knows', () => a?.requests[i]?.closed === 'client-gone');
    taken.push(Number(a?.requests[i]?.closedAt) - left);
    assert.ok((await gone) instanceof OpenAI.APIUserAbortError);
  }
  await until('all is settled', () => proxy.records.length === LEAVERS);
  return taken.toSorted((one, other) => one - other);
}

/** What must hold after clients have left. */
function assertLeft({ proxy, upstreams, records }: Rig, taken: readonly number[]): void {
  const median = taken[Math.floor(LEAVERS / 2)] ?? Number.NaN;
  assert.ok(median < SOON_MS, `upstream heard after ${taken.map(Math.round).join(', ')} ms`);
  assert.equal(upstreams[0]?.requestCount, LEAVERS, 'nothing is tried again for nobody');
  assert.equal(upstreams[1]?.requestCount, 0, 'nobody else is asked');
  for (const record of records) {
    assert.equal(record.status, 'cancelled');
    assert.equal(record.failure?.class, 'client_cancelled');
    assert.equal(record.failure?.origin, 'client');
  }
  for (const circuit of proxy.runtime.gates.circuits.snapshots()) {
    assert.equal(circuit.state, 'closed', circuit.name);
    assert.equal(circuit.run, 0, 'a client that leaves says nothing about the target');
    assert.equal(circuit.failures, 0);
  }
}

for (const [behaviour, kind] of WAITING) {
  test(`row 36: a client that leaves before its ${kind} answer (${behaviour}) is followed upstream within 100 ms`, async (t) => {
    const proxy = await rig(t, { speed: 1, upstreams: [{}, {}], config: twoTargets(behaviour) });

    const taken = await leave(
      proxy,
      (signal) =>
        proxy.openai.chat.completions.create({ model: 'm', messages: HELLO, stream: kind === 'streamed' }, { signal }),
      () => true,
    );

    assertLeft(proxy, taken);
  });
}

for (const relay of ['commit: first-delta', 'onBreak: resume', 'commit: complete']) {
  test(`row 37: a client that leaves during the stream (${relay}) is followed upstream within 100 ms`, async (t) => {
    const config = twoTargets('paced-5ms-x2000', `, stream: {${relay}}`);
    const proxy = await rig(t, { speed: 1, upstreams: [{}, {}], config });

    const taken = await leave(
      proxy,
      async (signal) => {
        const stream = await proxy.openai.chat.completions.create(
          { model: 'm', messages: HELLO, stream: true },
          { signal },
        );
        for await (const _ of stream);
        throw signal.reason instanceof DOMException ? new OpenAI.APIUserAbortError() : new Error('ended by itself');
      },
      ({ upstreams }) => (upstreams[0]?.requests.at(-1)?.tokensSent ?? 0) >= 8,
    );

    assertLeft(proxy, taken);
    for (const [i, record] of proxy.records.entries()) {
      const sent = proxy.upstreams[0]?.requests[i]?.tokensSent ?? 0;
      // Of an answer that is held back until it is whole nobody has got a part.
      if (relay === 'commit: complete') continue;
      const counted = record.usage?.completionTokens ?? 0;
      assert.ok(counted >= 5 && counted <= sent, `the part that came is counted: ${counted} of ${sent}`);
      assert.equal(record.usage?.estimated, true);
    }
  });
}

test('row 37: breaking out of the loop is leaving too', async (t) => {
  const proxy = await rig(t, { speed: 1, config: 'models: {m: {targets: [a/sim-paced-5ms-x2000]}}' });
  const stream = await proxy.openai.chat.completions.create({ model: 'm', messages: HELLO, stream: true });

  for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;

  await until('upstream knows', () => proxy.upstreams[0]?.requests[0]?.closed === 'client-gone');
  await until('it is settled', () => proxy.records.length === 1);
  assert.equal(proxy.records[0]?.status, 'cancelled');
});

test('a client that leaves while the proxy waits to try again is not tried for again', async (t) => {
  const proxy = await rig(t, { speed: 1, upstreams: [{}, {}], config: twoTargets('429-after-4s') });
  const controller = new AbortController();
  const gone = proxy.openai.chat.completions.create({ model: 'm', messages: HELLO }, { signal: controller.signal });
  const settled = gone.catch((error: unknown) => error);
  await until('the first try has failed', () => proxy.upstreams[0]?.requests[0]?.closed === 'completed');
  await pause(20);

  controller.abort();

  assert.ok((await settled) instanceof OpenAI.APIUserAbortError);
  await until('it is settled', () => proxy.records.length === 1);
  assert.equal(proxy.records[0]?.status, 'cancelled');
  assert.equal(proxy.upstreams[0]?.requestCount, 1);
  assert.equal(proxy.upstreams[1]?.requestCount, 0);
});

test('a client that leaves while a broken stream is being continued ends the continuation as well', async (t) => {
  const proxy = await rig(t, {
    speed: 1,
    upstreams: [{}, {}],
    config: 'models: {m: {targets: [a/sim-paced-5ms-cut-at-5, b/sim-slow-headers-5s], stream: {onBreak: resume}}}',
  });
  const controller = new AbortController();
  const stream = await proxy.openai.chat.completions.create(
    { model: 'm', messages: HELLO, stream: true },
    { signal: controller.signal },
  );
  const reading = (async () => {
    for await (const _ of stream);
  })().catch((error: unknown) => error);
  await until('the continuation is asked for', () => proxy.upstreams[1]?.openRequests === 1);

  controller.abort();

  await until('upstream knows', () => proxy.upstreams[1]?.requests[0]?.closed === 'client-gone');
  await reading;
  await until('it is settled', () => proxy.records.length === 1);
  assert.equal(proxy.records[0]?.status, 'cancelled');
  assert.equal(proxy.records[0]?.failure?.class, 'client_cancelled');
});

test('a client that hangs up behind the last event has not left', async (t) => {
  const proxy = await rig(t, { config: 'models: {m: {targets: [a/sim-ok]}}' });
  const stream = await proxy.openai.chat.completions.create({ model: 'm', messages: HELLO, stream: true });

  for await (const chunk of stream) if (chunk.choices[0]?.finish_reason) stream.controller.abort();

  await until('it is settled', () => proxy.records.length === 1);
  assert.equal(proxy.records[0]?.status, 'ok');
});

test('an abort of a probe leaves the circuit half-open, and the next request makes the probe', async (t) => {
  const proxy = await rig(t, {
    config: 'models: {m: {targets: [a/sim-x], circuit: {failures: 1, openFor: 1s}, retries: {max: 0}}}',
    upstreams: [{ fallbackBehaviour: 'ok' }],
  });
  const [a] = proxy.upstreams;
  a?.behave('sim-x', '500');
  await assert.rejects(proxy.openai.chat.completions.create({ model: 'm', messages: HELLO }));
  const circuit = () => proxy.proxy.runtime.gates.circuits.snapshots()[0];
  assert.equal(circuit()?.state, 'open');
  await until('a probe is due', () => circuit()?.state === 'half-open');
  a?.behave('sim-x', 'slow-headers-60s');
  const controller = new AbortController();
  const probe = proxy.openai.chat.completions.create({ model: 'm', messages: HELLO }, { signal: controller.signal });
  const left = probe.catch((error: unknown) => error);
  await until('the probe is under way', () => a?.openRequests === 1);

  controller.abort();
  await left;
  await until('it is settled', () => proxy.records.length === 2);

  assert.equal(circuit()?.state, 'half-open');
  assert.equal(circuit()?.probing, false);
  a?.behave('sim-x', 'ok');
  await proxy.openai.chat.completions.create({ model: 'm', messages: HELLO });
  assert.equal(circuit()?.state, 'closed');
});
