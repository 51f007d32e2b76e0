import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { SimulatorOptions } from '../../src/simulator/simulator.ts';
import { blackHole } from './black-hole.ts';
import { circuitOf } from './gates.ts';
import { refusalOf } from './refusal.ts';
import { HELLO, type Rig, rig } from './rig.ts';
import { readStream } from './stream-reading.ts';
import { until } from './until.ts';

const CHAIN = 'models: {m: {targets: [a/sim-ok, b/sim-ok]}}';
const ALONE = 'models: {m: {targets: [a/sim-ok]}}';
/** What a target that cannot be reached may cost before the next is asked, milliseconds of the clock. */
const LEFT_WITHIN = 3_500;

const providers = (aUrl: string, more = '') =>
  `providers: {a: {baseUrl: "${aUrl}", apiKey: key-a${more}}, b: {baseUrl: up(b), apiKey: key-b}}`;

async function answered({ openai }: Rig): Promise<Headers> {
  const { data, response } = await openai.chat.completions.create({ model: 'm', messages: HELLO }).withResponse();
  assert.equal(data.choices[0]?.finish_reason, 'stop');
  return response.headers;
}

const refused = ({ openai }: Rig) => refusalOf(openai.chat.completions.create({ model: 'm', messages: HELLO }));

/** Target, outcome and code of every try of the last request. */
const attempts = ({ records }: Rig) =>
  records.at(-1)?.attempts.map(({ target, outcome, code }) => [target, outcome, code]);

test('row 23: a refused connection is tried once more, and then the next target answers', async (t) => {
  const it = await rig(t, { upstreams: [{}, {}], config: CHAIN, speed: 1 });
  await it.upstreams[0]?.refuse();
  const start = it.clock.now();

  for (const stream of [false, true]) {
    const headers = stream ? (await readStream(it, { model: 'm' })).headers : await answered(it);
    assert.equal(headers.get('x-breakwater-target'), 'b/sim-ok');
    assert.deepEqual(attempts(it), [
      ['a/sim-ok', 'connect', 'ECONNREFUSED'],
      ['a/sim-ok', 'connect', 'ECONNREFUSED'],
      ['b/sim-ok', 'ok', undefined],
    ]);
  }
  assert.ok(it.clock.now() - start < LEFT_WITHIN);
  assert.equal(circuitOf(it, 'a/sim-ok').run, 4, 'being unreachable is a failure of the target');
});

test('row 23: alone, a refused connection is a 502, and a target that listens again is used again', async (t) => {
  const it = await rig(t, { config: ALONE, speed: 1 });
  await it.upstreams[0]?.refuse();

  const { status, code, shouldRetry, message } = await refused(it);
  await it.upstreams[0]?.listen();
  const headers = await answered(it);

  assert.deepEqual([status, code, shouldRetry], [502, 'upstream_unreachable', 'false']);
  assert.doesNotMatch(message, /127\.0\.0\.1|localhost/, 'addresses are nobody else’s business');
  assert.equal(headers.get('x-breakwater-attempts'), '1');
});

test('row 24: a host that no name server knows is left for the next target', async (t) => {
  const it = await rig(t, {
    upstreams: [{}, {}],
    providers: providers('http://no-such-host.invalid/v1'),
    config: CHAIN,
    speed: 1,
  });
  const start = it.clock.now();

  const headers = await answered(it);

  assert.ok(it.clock.now() - start < LEFT_WITHIN);
  assert.equal(headers.get('x-breakwater-target'), 'b/sim-ok');
  const tried = attempts(it) ?? [];
  assert.ok(tried.length >= 2 && tried.length <= 3, 'at most one repeat');
  // Without any network the resolver itself does not answer, and then it is the connect timer that ends it.
  for (const [, outcome] of tried.slice(0, -1)) assert.ok(outcome === 'dns' || outcome === 'connect', outcome);
  assert.equal(it.upstreams[0]?.requestCount, 0);
});

for (const stream of [false, true]) {
  test(`row 25: a ${stream ? 'streamed ' : ''}request to a host that swallows connections goes to the next target at the connect timer`, async (t) => {
    const it = await rig(t, {
      upstreams: [{}, {}],
      providers: providers(await blackHole(t)),
      config: 'models: {m: {targets: [a/sim-ok, b/sim-ok], timeouts: {connect: 3s}}}',
    });
    const start = it.clock.now();

    const headers = stream ? (await readStream(it, { model: 'm' })).headers : await answered(it);

    const took = it.clock.now() - start;
    assert.ok(took >= 2_900 && took < LEFT_WITHIN, `answered after ${took} ms`);
    assert.equal(headers.get('x-breakwater-target'), 'b/sim-ok');
    assert.deepEqual(attempts(it), [
      ['a/sim-ok', 'connect', 'connect_timeout'],
      ['b/sim-ok', 'ok', undefined],
    ]);
  });
}

test('row 25: alone, a host that swallows connections is a 502 that nobody was billed for', async (t) => {
  const it = await rig(t, {
    providers: providers(await blackHole(t)),
    upstreams: [{}, {}],
    config: 'models: {m: {targets: [a/sim-ok], timeouts: {connect: 2s}}}',
  });

  const { status, code } = await refused(it);

  assert.deepEqual([status, code], [502, 'upstream_unreachable']);
  assert.equal(it.records[0]?.failure?.maybeBilled, false);
});

test('row 25: a client that leaves while nothing was sent yet leaves nothing that anybody could be charged for', async (t) => {
  const it = await rig(t, {
    providers: `providers: {a: {baseUrl: "${await blackHole(t)}", apiKey: k, prices: {sim-ok: {input: $100, output: $100}}}}`,
    upstreams: [],
    config: 'models: {m: {targets: [a/sim-ok], timeouts: {connect: 10m, total: 10m}}}',
  });
  const leaving = new AbortController();
  const gone = it.openai.chat.completions.create({ model: 'm', messages: HELLO }, { signal: leaving.signal });
  await until('the target is asked', () => it.proxy.runtime.exchanges.list()[0]?.bills.length === 1);

  leaving.abort();
  await assert.rejects(gone);
  await until('it is settled', () => it.records.length === 1);

  const [record] = it.records;
  assert.deepEqual(
    record?.attempts.map((one) => one.outcome),
    ['client_cancelled'],
  );
  assert.equal(record?.costUsd, 0);
});

const fixture = (name: string) => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
const EXPIRED = fixture('expired-cert.pem');
const VALID = fixture('valid-cert.pem');

/** An upstream with this certificate, which the proxy trusts by name: only its dates can be wrong. */
function certified(certificate: string): { upstreams: SimulatorOptions[]; providers: string; speed: number } {
  const tls = { key: readFileSync(fixture('test-only-key.pem'), 'utf8'), cert: readFileSync(certificate, 'utf8') };
  return { upstreams: [{ tls }, {}], providers: providers('up(a)', `, ca: "${certificate}"`), speed: 1 };
}

test('row 26: an expired certificate is not tried again; the next target answers, and an operator is told', async (t) => {
  const it = await rig(t, { ...certified(EXPIRED), config: CHAIN });

  const headers = await answered(it);

  assert.equal(headers.get('x-breakwater-target'), 'b/sim-ok');
  assert.deepEqual(attempts(it), [
    ['a/sim-ok', 'tls', 'CERT_HAS_EXPIRED'],
    ['b/sim-ok', 'ok', undefined],
  ]);
  const alarms = it.events.filter(({ msg }) => String(msg).startsWith('alarm'));
  assert.deepEqual(
    alarms.map(({ target, class: failureClass }) => [target, failureClass]),
    [['a/sim-ok', 'tls']],
  );
  assert.equal(it.upstreams[0]?.requestCount, 0, 'nothing was said over a connection nobody vouches for');
});

test('row 26: alone, an expired certificate is a 502 after one try', async (t) => {
  const it = await rig(t, { ...certified(EXPIRED), config: ALONE });

  const { status, code, shouldRetry } = await refused(it);

  assert.deepEqual([status, code, shouldRetry], [502, 'upstream_tls_error', 'false']);
  assert.equal(it.records[0]?.tries, 1);
});

test('row 26: the same upstream with a certificate of today is asked', async (t) => {
  const it = await rig(t, { ...certified(VALID), config: CHAIN });

  assert.equal((await answered(it)).get('x-breakwater-target'), 'a/sim-ok');
});

test('row 26: a certificate nobody vouches for is as bad as an expired one', async (t) => {
  const it = await rig(t, { ...certified(VALID), providers: providers('up(a)'), config: CHAIN });

  assert.equal((await answered(it)).get('x-breakwater-target'), 'b/sim-ok');
  assert.deepEqual(attempts(it)?.[0], ['a/sim-ok', 'tls', 'DEPTH_ZERO_SELF_SIGNED_CERT']);
});

for (const stream of [false, true]) {
  test(`row 27: a kept connection that is reset costs one retry on a new one (${stream ? 'streamed' : 'whole'})`, async (t) => {
    const it = await rig(t, { config: 'models: {m: {targets: [a/sim-reset-reused]}}', speed: 1 });
    const ask = async () => (stream ? (await readStream(it, { model: 'm' })).headers : answered(it));
    const [a] = it.upstreams;

    assert.equal((await ask()).get('x-breakwater-attempts'), '1');
    await until('the connection is free again', () => a?.openRequests === 0);
    assert.equal((await ask()).get('x-breakwater-attempts'), '2');

    assert.deepEqual(
      a?.requests.map(({ closed }) => closed),
      ['completed', 'reset', 'completed'],
    );
    assert.deepEqual(
      attempts(it)?.map(([, outcome]) => outcome),
      ['reset', 'ok'],
    );
    assert.equal(circuitOf(it, 'a/sim-reset-reused').run, 0, 'and is forgotten');
  });
}

test('row 27: with every kept connection gone stale, no request needs more than one retry', async (t) => {
  const it = await rig(t, {
    config: 'models: {m: {targets: [a/sim-reset-reused], circuit: {failures: 100, rate: 1}}}',
    speed: 1,
  });
  const [a] = it.upstreams;
  const BESIDE = 8;
  const all = () => Promise.all(Array.from({ length: BESIDE }, () => answered(it)));
  // Held until all are there, so that each has a connection of its own.
  a?.script('sim-reset-reused', ...Array.from({ length: BESIDE }, () => 'slow-headers-1s'));
  await all();
  assert.equal(a?.openSockets, BESIDE);

  const headers = await all();

  // Who comes last may be given a connection that is new already.
  const tries = headers.map((one) => Number(one.get('x-breakwater-attempts')));
  assert.ok(Math.max(...tries) === 2, `${tries}`);
});

test('row 27: one request after another finds the stale connections one by one, and costs one retry each at most', async (t) => {
  const it = await rig(t, { config: 'models: {m: {targets: [a/sim-reset-reused]}}', speed: 1 });
  const [a] = it.upstreams;
  a?.script('sim-reset-reused', ...Array.from({ length: 4 }, () => 'slow-headers-1s'));
  await Promise.all(Array.from({ length: 4 }, () => answered(it)));
  assert.equal(a?.openSockets, 4);

  for (let i = 0; i < 4; i++) {
    const tries = Number((await answered(it)).get('x-breakwater-attempts'));
    assert.ok(tries <= 2, `${tries} tries`);
  }
});
