import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import OpenAI from 'openai';
import { type Clock, systemClock } from '../../src/clock.ts';
import { parseConfig } from '../../src/config/load.ts';
import { serve } from '../../src/proxy/serve.ts';
import { Simulator } from '../../src/simulator/simulator.ts';
import { Telemetry } from '../../src/telemetry/telemetry.ts';
import { HELLO, rig, textOf } from '../chaos/rig.ts';

const KEY = 'bw_acme_key_0123456789abcdef';
/** Input is free, an output token costs a thousandth of a dollar: ten of them one cent. */
const PRICE = 'price: {input: "$0/M", output: "$1000/M"}';
/** The first target is cut off after four tokens, the second has to be paid as well. */
const TWO_TRIES = `models: {m: {targets: [{target: a/sim-cut-at-4, ${PRICE}}, {target: b/sim-usage-20-10, ${PRICE}}], stream: {commit: complete}, retries: {max: 0}}}`;

function ask(url: string, headers: Record<string, string> = {}) {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: KEY, maxRetries: 0, defaultHeaders: headers });
  return client.chat.completions.create({ model: 'm', max_tokens: 10, stream: true, messages: HELLO });
}

describe('a second try after one that was billed', () => {
  for (const per of ['session', 'task'] as const) {
    it(`is not paid by a request that is a ${per} of its own, where the limit is only enough for one`, async (t) => {
      const r = await rig(t, {
        upstreams: [{}, {}],
        config: `state: memory\n${TWO_TRIES}\ntenants: {acme: {keys: [${KEY}], budget: {limit: $0.01, per: ${per}}}}\n`,
      });
      await assert.rejects(async () => textOf(await ask(r.proxy.url)), {
        code: 'insufficient_quota',
        message: new RegExp(`a ${per} of its own`),
      });
      assert.equal(r.upstreams[1]?.requestCount, 0);
    });

    it(`is paid by a request that is a ${per} of its own, where the limit is enough for both`, async (t) => {
      const r = await rig(t, {
        upstreams: [{}, {}],
        config: `state: memory\n${TWO_TRIES}\ntenants: {acme: {keys: [${KEY}], budget: {limit: $0.014, per: ${per}}}}\n`,
      });
      assert.notEqual(await textOf(await ask(r.proxy.url)), '');
    });
  }
});

/** The real clock, which a test may set forward. */
class SetClock implements Clock {
  ahead = 0;
  now = (): number => systemClock.now() + this.ahead;
  setTimeout = systemClock.setTimeout;
  clearTimeout = systemClock.clearTimeout;
}

/** Sends four tokens and waits to be told to break off. */
async function breaksOff(t: TestContext): Promise<{ url: string; begun: Promise<ServerResponse> }> {
  const { promise, resolve } = Promise.withResolvers<ServerResponse>();
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const content of ['a', 'b', 'c', 'd']) {
      const choices = [{ index: 0, delta: { content }, finish_reason: null }];
      response.write(`data: ${JSON.stringify({ object: 'chat.completion.chunk', choices })}\n\n`);
    }
    resolve(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, begun: promise };
}

describe('a second try in another minute than the first', () => {
  const begin = async (t: TestContext, limits: string) => {
    const clock = new SetClock();
    // Ten seconds before the minute is over, and later ten seconds after: no lease ends in between.
    clock.ahead = 50_000 - (clock.now() % 60_000);
    const [first, second] = await Promise.all([breaksOff(t), Simulator.start()]);
    const text = `
listen: {host: 127.0.0.1, port: 0}
providers: {a: {baseUrl: "${first.url}", apiKey: k}, b: {baseUrl: "${second.baseUrl}", apiKey: k}}
state: memory
${TWO_TRIES}
tenants: {acme: {keys: [${KEY}], budget: ${limits}}}
`;
    const config = parseConfig('test.yaml', text, {});
    const telemetry = new Telemetry({ level: 'error', write: () => undefined });
    const proxy = await serve({ config, clock, random: Math.random, telemetry, signals: false });
    t.after(async () => {
      await proxy.close();
      await second.close();
    });
    const answer = ask(proxy.url).then(textOf);
    answer.catch(() => undefined);
    const response = await first.begun;
    clock.ahead += 20_000;
    // Behind the four tokens, and without a finish.
    response.end();
    const counters = async () => (await proxy.runtime.tenancy?.budgets.counters('acme', 10)) ?? [];
    return { answer, second, counters };
  };

  it('is not paid by a day that has no room for it', async (t) => {
    const { answer, second, counters } = await begin(t, '[{limit: $1, per: minute}, {limit: $0.01, per: day}]');
    await assert.rejects(answer, { code: 'insufficient_quota', message: /\$0\.01 per day/ });
    assert.equal(second.requestCount, 0);
    const day = (await counters()).find(({ key }) => key === 'tenant/usd/day');
    assert.equal(day?.held, 0);
    assert.equal(day?.spent, 4_000_000);
  });

  it('is paid by a day that has', async (t) => {
    const { answer, counters } = await begin(t, '[{limit: $0.01, per: minute}, {limit: $0.02, per: day}]');
    assert.notEqual(await answer, '');
    const day = (await counters()).find(({ key }) => key === 'tenant/usd/day');
    assert.deepEqual([day?.held, day?.spent], [0, 14_000_000]);
  });
});
