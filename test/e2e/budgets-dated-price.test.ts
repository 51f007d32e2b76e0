import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { it } from 'node:test';
import { type Clock, systemClock } from '../../src/clock.ts';
import { parseConfig } from '../../src/config/load.ts';
import { serve } from '../../src/proxy/serve.ts';
import { Telemetry } from '../../src/telemetry/telemetry.ts';

const KEY = 'bw_acme_key_0123456789abcdef';
const USAGE = { prompt_tokens: 1000, completion_tokens: 1000, total_tokens: 2000 };
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

it('a request is charged at the prices of the moment it began, which its hold was worked out with', async (t) => {
  // This model costs twice as much from one o'clock UTC on.
  const one = Math.ceil(systemClock.now() / DAY_MS) * DAY_MS + HOUR_MS;
  let ahead = one - 10_000 - systemClock.now();
  const clock: Clock = {
    now: () => systemClock.now() + ahead,
    setTimeout: systemClock.setTimeout,
    clearTimeout: systemClock.clearTimeout,
  };
  const server = createServer((request, response) => {
    request.resume();
    ahead += 20_000;
    response.setHeader('content-type', 'application/json');
    const message = { role: 'assistant', content: 'a' };
    response.end(JSON.stringify({ choices: [{ index: 0, message, finish_reason: 'stop' }], usage: USAGE }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const text = `
listen: {host: 127.0.0.1, port: 0}
providers: {a: {baseUrl: "http://127.0.0.1:${(server.address() as AddressInfo).port}/v1", apiKey: k, pricesLike: deepseek}}
models: {m: {targets: [a/deepseek-v4-flash]}}
state: memory
tenants: {acme: {keys: [${KEY}], budget: {limit: $1, per: month}}}
`;
  const config = parseConfig('test.yaml', text, {});
  const telemetry = new Telemetry({ level: 'error', write: () => undefined });
  const proxy = await serve({ config, clock, random: Math.random, telemetry, signals: false });
  t.after(() => proxy.close());

  const costs: number[] = [];
  for (let count = 0; count < 2; count++) {
    const answer = await fetch(`${proxy.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'm', max_tokens: 1000, messages: [{ role: 'user', content: 'hello' }] }),
    });
    assert.equal(answer.status, 200, await answer.text());
    costs.push(Number(answer.headers.get('x-breakwater-cost-usd')));
  }
  const [before = 0, after = 0] = costs;
  assert.ok(before > 0);
  assert.equal(after, before * 2);
  const lines = (await proxy.runtime.tenancy?.budgets.ledger('acme', { limit: 10 })) ?? [];
  assert.deepEqual(
    lines.map(({ cost }) => cost),
    [before * 1e9, after * 1e9],
  );
});
