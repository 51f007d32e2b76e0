import assert from 'node:assert/strict';
import { test } from 'node:test';
import { APIError } from 'openai';
import { HELLO, type Rig, rig } from './rig.ts';
import { until } from './until.ts';

const CAPACITY = 8;
const BURST = 5 * CAPACITY;
const SLOW = 'a/sim-slow-headers-2s';

/** One answer or refusal with the milliseconds it took on the rig's clock. */
interface Outcome {
  readonly ms: number;
  readonly error: APIError | undefined;
}

async function ask({ openai, clock }: Rig, model: string): Promise<Outcome> {
  const start = clock.now();
  try {
    await openai.chat.completions.create({ model, messages: HELLO });
    return { ms: clock.now() - start, error: undefined };
  } catch (error) {
    if (!(error instanceof APIError)) throw error;
    return { ms: clock.now() - start, error };
  }
}

function burst(proxy: Rig, model: string): Promise<Outcome[]> {
  return Promise.all(Array.from({ length: BURST }, () => ask(proxy, model)));
}

test('row 44: of a burst of five times the capacity the admitted are all answered and the rest shed with 503, none queued', async (t) => {
  const proxy = await rig(t, {
    speed: 1,
    config: `limits: {concurrency: ${CAPACITY}}\nmodels: {m: {targets: [${SLOW}]}}`,
  });

  const outcomes = await burst(proxy, 'm');

  const shed = outcomes.filter(({ error }) => error !== undefined);
  const answered = outcomes.filter(({ error }) => error === undefined);
  assert.equal(answered.length, CAPACITY);
  assert.equal(shed.length, BURST - CAPACITY);
  for (const { error } of shed) {
    assert.equal(error?.status, 503);
    assert.equal(error?.code, 'proxy_overloaded');
    assert.equal(error?.headers?.get('retry-after'), '1');
    assert.equal(error?.headers?.get('x-should-retry'), null, 'a client may come back');
  }
  const slowest = Math.max(...shed.map(({ ms }) => ms));
  assert.ok(slowest < 1500, `the last refusal came after ${slowest} ms, while the first answer takes 2000`);
  assert.equal(proxy.upstreams[0]?.requestCount, CAPACITY, 'none of the others was queued');
  assert.equal(proxy.records.length, CAPACITY);
});

test('row 44: after the burst the places are free again', async (t) => {
  // Slower than most: a burst that a busy machine spreads out must still be one.
  const proxy = await rig(t, {
    speed: 2,
    config: `limits: {concurrency: ${CAPACITY}}\nmodels: {m: {targets: [${SLOW}]}}`,
  });

  for (let round = 0; round < 3; round++) {
    const outcomes = await burst(proxy, 'm');
    assert.equal(outcomes.filter(({ error }) => error === undefined).length, CAPACITY);
  }

  assert.equal((await ask(proxy, 'a/sim-ok')).error, undefined);
});

test('row 44: a client that leaves gives its place back', async (t) => {
  const proxy = await rig(t, { speed: 1, config: 'limits: {concurrency: 1}\nmodels: {m: {targets: [a/sim-silent]}}' });
  const controller = new AbortController();
  const left = proxy.openai.chat.completions
    .create({ model: 'm', messages: HELLO }, { signal: controller.signal })
    .catch((error: unknown) => error);
  await until('it is under way', () => proxy.upstreams[0]?.openRequests === 1);
  assert.equal((await ask(proxy, 'a/sim-ok')).error?.status, 503);

  controller.abort();
  await left;

  await until('its place is free', () => proxy.proxy.runtime.inFlight === 0);
  assert.equal((await ask(proxy, 'a/sim-ok')).error, undefined);
});

test('row 44: what asks for no answer is served all the while: health, readiness, metrics, models', async (t) => {
  const proxy = await rig(t, {
    speed: 1,
    config: 'limits: {concurrency: 1}\nmodels: {m: {targets: [a/sim-slow-headers-1s]}}',
  });
  const held = ask(proxy, 'm');
  await until('it is under way', () => proxy.upstreams[0]?.openRequests === 1);

  for (const path of ['/healthz', '/readyz', '/metrics', '/v1/models']) {
    const { status } = await fetch(proxy.proxy.url + path);
    assert.equal(status, 200, path);
  }

  assert.equal((await held).error, undefined);
});

test('row 44: bodies in flight are bounded in bytes as well', async (t) => {
  const proxy = await rig(t, {
    speed: 1,
    config: 'limits: {body: 64KiB, bodies: 100KiB}\nmodels: {m: {targets: [a/sim-slow-headers-1s]}}',
  });
  const large = 'x'.repeat(60 * 1024);
  const post = () =>
    fetch(`${proxy.proxy.url}/v1/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: large }] }),
    });
  const first = post();
  await until('it is under way', () => proxy.upstreams[0]?.openRequests === 1);

  const second = await post();

  assert.equal(second.status, 503);
  assert.match(await second.text(), /limits\.bodies/);
  assert.equal((await first).status, 200);
  assert.equal((await post()).status, 200);
});

const limited = (targets: string) => `
providers:
  a: {baseUrl: "up(a)", apiKey: key-a, concurrency: ${CAPACITY}}
  b: {baseUrl: "up(b)", apiKey: key-b}
models: {m: {targets: [${targets}]}}`;

test('row 44: past the limit of one provider the next is asked at once, and neither is overrun', async (t) => {
  const proxy = await rig(t, { speed: 1, upstreams: [{}, {}], providers: '', config: limited(`${SLOW}, b/sim-ok`) });

  const outcomes = await burst(proxy, 'm');

  assert.ok(outcomes.every(({ error }) => error === undefined));
  assert.equal(proxy.upstreams[0]?.requestCount, CAPACITY);
  assert.equal(proxy.upstreams[1]?.requestCount, BURST - CAPACITY);
  const quick = outcomes.map(({ ms }) => ms).toSorted((one, other) => one - other)[BURST - CAPACITY - 1] ?? 0;
  assert.ok(quick < 1500, `the last one at the second provider took ${quick} ms`);
});

test('row 44: where that was the only provider the rest are shed, and being full opens no circuit', async (t) => {
  const proxy = await rig(t, { speed: 1, upstreams: [{}, {}], providers: '', config: limited(SLOW) });

  const outcomes = await burst(proxy, 'm');

  const shed = outcomes.flatMap(({ error }) => error ?? []);
  assert.equal(shed.length, BURST - CAPACITY);
  for (const error of shed) {
    assert.equal(error.status, 503);
    assert.equal(error.headers?.get('retry-after'), '1');
  }
  assert.equal(proxy.upstreams[0]?.requestCount, CAPACITY);
  const [circuit] = proxy.proxy.runtime.gates.circuits.snapshots();
  assert.equal(circuit?.state, 'closed');
  assert.equal(circuit?.failures, 0);
});
