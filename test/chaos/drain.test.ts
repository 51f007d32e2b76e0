import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import OpenAI from 'openai';
import { Simulator } from '../../src/simulator/simulator.ts';
import { ChildProxy } from './child-proxy.ts';
import { openStreamAt, readAll, readStreamAt } from './stream-reading.ts';
import { until } from './until.ts';

const HELLO = [{ role: 'user', content: 'hello' }];

async function start(t: TestContext, more = ''): Promise<{ proxy: ChildProxy; simulator: Simulator }> {
  const simulator = await Simulator.start();
  t.after(() => simulator.close());
  const config = `listen: {port: 0}\n${more}\nproviders: {a: {baseUrl: "${simulator.baseUrl}", apiKey: key-a}}`;
  return { proxy: await ChildProxy.start(t, config), simulator };
}

async function post(url: string, model: string): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: HELLO }),
  });
}

test('row 42: after SIGTERM running answers finish, new requests are refused with 503, and the process exits with 0', async (t) => {
  const { proxy, simulator } = await start(t);
  // Long enough for a slow machine to ask all that follows meanwhile.
  const streamed = readStreamAt(`${proxy.url}/v1`, { model: 'a/sim-paced-20ms-x250' });
  const whole = post(proxy.url, 'a/sim-slow-headers-5s');
  await until('both are under way', () => simulator.openRequests === 2);

  proxy.signal('SIGTERM');
  await until('it drains', () => proxy.output.includes('draining'));
  const refused = await post(proxy.url, 'a/sim-ok');
  const ready = await fetch(`${proxy.url}/readyz`);
  const alive = await fetch(`${proxy.url}/healthz`);

  assert.equal(refused.status, 503);
  assert.equal(refused.headers.get('retry-after'), '1');
  assert.equal(refused.headers.get('connection'), 'close');
  assert.equal(((await refused.json()) as { error: { code: string } }).error.code, 'proxy_draining');
  assert.equal(ready.status, 503);
  assert.equal(alive.status, 200);
  const answer = await streamed;
  assert.equal(answer.dones, 1);
  assert.deepEqual(answer.finishes, ['stop']);
  assert.deepEqual(answer.errors, []);
  assert.equal((await whole).status, 200);
  assert.deepEqual(await proxy.exited(), { code: 0, signal: null });
  assert.equal(simulator.requestCount, 2, 'the refused request went nowhere');
});

test('row 42: what is not done when the drain time is over is told so, and the process exits with 0', async (t) => {
  const { proxy, simulator } = await start(t, 'drain: 500ms');
  const streamed = await openStreamAt(`${proxy.url}/v1`, { model: 'a/sim-paced-20ms-x100000' });
  const whole = post(proxy.url, 'a/sim-slow-headers-60s');
  await until('both are under way', () => simulator.openRequests === 2);

  proxy.signal('SIGTERM');

  const answer = await readAll(streamed);
  assert.equal(answer.errors[0]?.code, 'upstream_stream_interrupted');
  assert.equal(answer.dones, 0);
  assert.ok(answer.text.length > 0);
  const cut = await whole;
  assert.equal(cut.status, 503);
  assert.equal(((await cut.json()) as { error: { code: string } }).error.code, 'proxy_draining');
  assert.deepEqual(await proxy.exited(), { code: 0, signal: null });
  await until('upstream knows', () => simulator.openRequests === 0);
});

test('row 42: an idle proxy exits at once, though clients keep their connections open', async (t) => {
  const { proxy } = await start(t);
  const openai = new OpenAI({ baseURL: `${proxy.url}/v1`, apiKey: 'client' });
  await openai.chat.completions.create({ model: 'a/sim-ok', messages: [{ role: 'user', content: 'hello' }] });
  const start_ = performance.now();

  proxy.signal('SIGINT');

  assert.deepEqual(await proxy.exited(), { code: 0, signal: null });
  // Not after the thirty seconds that requests under way would be given.
  assert.ok(performance.now() - start_ < 20_000);
});

test('row 42: a second SIGTERM ends the process without waiting', async (t) => {
  const { proxy, simulator } = await start(t);
  const streamed = readStreamAt(`${proxy.url}/v1`, { model: 'a/sim-paced-20ms-x100000' }).catch(() => undefined);
  await until('it is under way', () => simulator.openRequests === 1);
  proxy.signal('SIGTERM');
  await until('it drains', () => proxy.output.includes('draining'));

  proxy.signal('SIGTERM');

  assert.deepEqual(await proxy.exited(), { code: null, signal: 'SIGTERM' });
  await streamed;
});
