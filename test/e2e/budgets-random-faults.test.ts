import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { type Random, systemClock } from '../../src/clock.ts';
import { parseConfig } from '../../src/config/load.ts';
import { type Serving, serve } from '../../src/proxy/serve.ts';
import { Telemetry } from '../../src/telemetry/telemetry.ts';
import { seeded } from '../breakers/seeded.ts';

const KEY = 'bw_acme_key_0123456789abcdef';
const REQUESTS = 250;
const AT_ONCE = 25;
/** Nano-dollars of one token of an answer; input is free. */
const TOKEN = 1_000_000;
const LIMITS = { total: 900, lowered: 700, session: 200, agent: 500 } as const;

function configOf(base: string, state: string, total: number): string {
  const price = 'price: {input: "$0", output: "$1000"}, maxOutputTokens: 50';
  const targets = `targets: [{target: a/x, ${price}}, {target: b/x, ${price}}], retries: {max: 2}, hedge: true`;
  return `
listen: {host: 127.0.0.1, port: 0}
providers: {a: {baseUrl: "${base}", apiKey: k, streamUsage: true}, b: {baseUrl: "${base}", apiKey: k, streamUsage: true}}
state: ${state}
models: {first: {${targets}, stream: {onBreak: resume}}, whole: {${targets}, stream: {commit: complete}}}
tenants:
  acme:
    keys: [${KEY}]
    budget: [{limit: $${total / 1000}, per: total}, {limit: $${LIMITS.session / 1000}, per: session}, {limit: 1M tokens, per: day}]
    concurrency: 20
    clamp: true
    agents: {"*": {budget: {limit: $${LIMITS.agent / 1000}, per: day}}}
`;
}

interface Upstream {
  readonly url: string;
  /** Tokens it charges for: all that it wrote. */
  readonly billed: () => number;
}

/** Fails in every way in between, and keeps its own account. */
async function upstream(t: TestContext, random: Random): Promise<Upstream> {
  let billed = 0;
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const piece of request) text += String(piece);
    const asked: { max_tokens?: number; stream?: boolean } = JSON.parse(text);
    let gone = false;
    response.on('close', () => {
      gone = true;
    });
    await wait(random() < 0.2 ? 40 + random() * 40 : random() * 5);
    const fate = random();
    if (fate < 0.15) {
      response.writeHead(random() < 0.5 ? 500 : 429, { 'content-type': 'application/json' });
      response.end('{"error":{"message":"no"}}');
      return;
    }
    if (fate < 0.2 || gone) {
      request.socket.destroy();
      return;
    }
    const tokens = 1 + Math.floor(random() * (asked.max_tokens ?? 50));
    const usage = { prompt_tokens: 10, completion_tokens: tokens, total_tokens: 10 + tokens };
    if (asked.stream !== true) {
      billed += tokens;
      const message = { role: 'assistant', content: 'hi' };
      const whole = JSON.stringify({ choices: [{ index: 0, message, finish_reason: 'stop' }], usage });
      response.writeHead(200, { 'content-type': 'application/json' });
      if (random() < 0.9) response.end(whole);
      else response.write(whole.slice(0, 40), () => request.socket.destroy());
      return;
    }
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    const say = (event: unknown) => response.write(`data: ${JSON.stringify(event)}\n\n`);
    const cut = random() < 0.25 ? Math.floor(random() * tokens) : -1;
    for (let token = 0; token < tokens && !gone; token++) {
      if (token === cut) {
        request.socket.destroy();
        return;
      }
      billed++;
      say({ choices: [{ index: 0, delta: { content: 'w ' }, finish_reason: null }] });
      if (random() < 0.2) await wait(random() * 3);
    }
    say({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] });
    say({ choices: [], usage });
    response.end('data: [DONE]\n\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, billed: () => billed };
}

async function ask(proxy: Serving, random: Random): Promise<void> {
  const impatient = random() < 0.2 ? AbortSignal.timeout(Math.ceil(random() * 80)) : undefined;
  const headers: Record<string, string> = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' };
  if (random() < 0.7) headers['x-breakwater-session'] = `s${Math.floor(random() * 6)}`;
  if (random() < 0.5) headers['x-breakwater-agent'] = `a${Math.floor(random() * 3)}`;
  const body = {
    model: random() < 0.5 ? 'first' : 'whole',
    stream: random() < 0.6,
    messages: [{ role: 'user', content: 'hello '.repeat(20) }],
    ...(random() < 0.8 ? { max_tokens: 5 + Math.floor(random() * 40) } : {}),
  };
  const sent = { method: 'POST', headers, body: JSON.stringify(body) };
  await fetch(`${proxy.url}/v1/chat/completions`, impatient === undefined ? sent : { ...sent, signal: impatient })
    .then((answer) => answer.text())
    .catch((error: unknown) =>
      assert.ok(error instanceof Error && /Timeout|terminated/.test(`${error.name} ${error.message}`)),
    );
}

function limitOf(key: string): number {
  if (key === 'tenant/usd/total') return LIMITS.total * TOKEN;
  if (key.endsWith('/usd/session')) return LIMITS.session * TOKEN;
  if (key.startsWith('agent:')) return LIMITS.agent * TOKEN;
  return key.endsWith('/concurrency') ? 20 : 1_000_000;
}

for (const kind of ['memory', 'sqlite'] as const) {
  it(`no budget in ${kind} is exceeded and nothing stays held, through faults, hedges, resumed streams, aborts and a lowered limit`, async (t) => {
    const random = seeded(7);
    const dir = mkdtempSync(join(tmpdir(), 'breakwater-budgets-'));
    const { url, billed } = await upstream(t, random);
    const state = kind === 'memory' ? 'memory' : `{dir: ${JSON.stringify(dir)}}`;
    const config = (total: number) => parseConfig('test.yaml', configOf(url, state, total), {});
    const defects: string[] = [];
    const telemetry = new Telemetry({
      level: 'error',
      write: (line) => {
        if (/defect|lost/.test(line)) defects.push(line);
      },
    });
    const proxy = await serve({ config: config(LIMITS.total), clock: systemClock, random, telemetry, signals: false });
    t.after(async () => {
      await proxy.close();
      rmSync(dir, { recursive: true, force: true });
    });
    const { tenancy } = proxy.runtime;
    assert.ok(tenancy);
    const look = async () => {
      for (const { key, spent, held } of await tenancy.budgets.counters('acme', 1000))
        assert.ok(spent + held <= limitOf(key), `${key}: ${spent} spent and ${held} held`);
    };

    const running = new Set<Promise<void>>();
    for (let count = 0; count < REQUESTS; count++) {
      if (running.size >= AT_ONCE) await Promise.race(running);
      const one = ask(proxy, random).finally(() => running.delete(one));
      running.add(one);
      await look();
      if (count === REQUESTS / 2) proxy.runtime.reload(config(LIMITS.lowered));
      await wait(random() * 3);
    }
    await Promise.all(running);
    while (proxy.runtime.exchanges.size > 0) await wait(5);
    await look();

    const counters = await tenancy.budgets.counters('acme', 1000);
    assert.deepEqual(
      counters.filter(({ held }) => held !== 0),
      [],
    );
    const ledger = await tenancy.budgets.ledger('acme', { limit: 1000 });
    const charged = ledger.reduce((sum, { cost }) => sum + cost, 0);
    assert.equal(counters.find(({ key }) => key === 'tenant/usd/total')?.spent, charged);
    assert.ok(charged > 0);
    assert.ok(charged <= billed() * TOKEN, `${charged} charged, ${billed()} tokens billed`);
    assert.deepEqual(defects, []);
  });
}
