import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import OpenAI from 'openai';
import { parseConfig } from '../../src/config/load.ts';
import { holdContext } from '../../src/proxy/hold-context.ts';
import { type Rig, rig } from '../chaos/rig.ts';
import { key } from '../tenants/rig.ts';
import { ADMIN_KEY } from './admin-rig.ts';

const SYSTEM = `You are the clerk of a shop. ${'Be kind and brief, and never promise a refund without asking. '.repeat(60)}`;
const tool = (name: string): OpenAI.ChatCompletionTool => ({
  type: 'function',
  function: { name, description: `What ${name} does, at some length.`, parameters: { type: 'object', properties: {} } },
});

const CONFIG = `
state: memory
models:
  m: {targets: [{target: a/sim-usage-2000-10-cached-500, price: {input: "$1/M", cachedInput: "$0.10/M", output: "$2/M"}}]}
admin: {keys: ["${ADMIN_KEY}"]}
tenants:
  acme: {keys: ["${key('acme')}"], agents: {clerk: {}}}
  other: {keys: ["${key('other')}"]}
`;

async function ask(r: Rig, tenant: string, more: Partial<OpenAI.ChatCompletionCreateParamsNonStreaming> = {}) {
  const client = new OpenAI({ baseURL: `${r.proxy.url}/v1`, apiKey: key(tenant), maxRetries: 0 });
  await client.chat.completions.create(
    {
      model: 'm',
      messages: [
        { role: 'system', content: SYSTEM },
        { role: 'user', content: 'hi' },
      ],
      ...more,
    },
    { headers: { 'x-breakwater-agent': 'clerk' } },
  );
}

async function report(r: Rig, query = '', sent = ADMIN_KEY) {
  const response = await fetch(`${r.proxy.url}/admin/audit${query}`, { headers: { authorization: `Bearer ${sent}` } });
  const text = await response.text();
  return { status: response.status, text, json: Object(JSON.parse(text)) };
}

const start = (t: TestContext, config = `telemetry: {audit: on}\n${CONFIG}`) => rig(t, { config, speed: 1 });

it('tells what system prompts cost, of one tenant or all, and keeps no text', async (t) => {
  const r = await start(t);
  for (let asked = 0; asked < 12; asked++) await ask(r, 'acme');
  await ask(r, 'other');
  await r.proxy.runtime.audit?.settled();
  // Until it is counted, the first guess stands: one more has the count.
  await ask(r, 'acme');
  const { status, json, text } = await report(r, '?tenant=acme');
  assert.equal(status, 200, text);
  const [prompt, ...others] = json.prompts;
  assert.equal(others.length, 0);
  assert.deepEqual([prompt.tenant, prompt.agent, prompt.requests, prompt.estimated], ['acme', 'clerk', 13, false]);
  assert.ok(prompt.tokens > 700 && prompt.tokens < 1100, String(prompt.tokens));
  // 1,500 fresh, 500 cached and 10 written tokens: $0.00157 each.
  assert.ok(Math.abs(json.costUsd - 13 * 0.00157) < 1e-9, String(json.costUsd));
  assert.ok(prompt.shareOfBill > 0.2 && prompt.shareOfBill < 0.6, String(prompt.shareOfBill));
  assert.ok(prompt.cachedShare > 0.4, String(prompt.cachedShare));
  assert.deepEqual(
    prompt.findings.map(({ flag }: { flag: string }) => flag),
    ['long'],
  );
  assert.doesNotMatch(text, /refund/);
  assert.equal((await report(r)).json.requests, 14);
  assert.equal((await report(r, '?limit=1')).json.prompts.length, 1);
  assert.deepEqual((await report(r, '?tenant=other')).json.agents.length, 1);
});

it('tells which tools are never called, by the past that requests bring along', async (t) => {
  const r = await start(t);
  const called = (name: string): OpenAI.ChatCompletionMessageParam[] => [
    { role: 'user', content: 'hi' },
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'c', type: 'function', function: { name, arguments: '{}' } }],
    },
    { role: 'tool', tool_call_id: 'c', content: 'done' },
  ];
  const messages = [{ role: 'system' as const, content: SYSTEM }, ...called('look_up')];
  const tools = [tool('look_up'), tool('delete_all')];
  await ask(r, 'acme', { tools });
  await r.proxy.runtime.audit?.settled();
  for (let asked = 0; asked < 24; asked++) await ask(r, 'acme', { messages, tools });
  const [prompt] = (await report(r, '?tenant=acme')).json.prompts;
  assert.deepEqual(
    prompt.unusedTools.map(({ name }: { name: string }) => name),
    ['delete_all'],
  );
  assert.ok(prompt.findings.some(({ flag }: { flag: string }) => flag === 'unused-tools'));
});

it('a kept answer sends no prompt', async (t) => {
  const r = await start(t, `telemetry: {audit: on}\ncache: {exact: on}\n${CONFIG}`);
  for (let asked = 0; asked < 3; asked++) await ask(r, 'acme', { temperature: 0 });
  assert.equal(r.records.length, 3);
  assert.equal((await report(r)).json.requests, 1);
});

it('refuses what it cannot tell', async (t) => {
  const r = await start(t);
  for (const [query, status, code] of [
    ['?tenant=acm', 404, 'tenant_not_found'],
    ['?tenent=acme', 400, 'bad_request'],
    ['?limit=0', 400, 'invalid_type'],
    ['?limit=many', 400, 'invalid_type'],
  ] as const) {
    const answer = await report(r, query);
    assert.deepEqual([answer.status, answer.json.error.code], [status, code], query);
  }
  assert.equal((await report(r, '', key('acme'))).status, 401);
});

it('is off unless it is written, begins with a reload that writes it, and ends with one that does not', async (t) => {
  const r = await start(t, CONFIG);
  await ask(r, 'acme');
  assert.equal(r.proxy.runtime.audit, undefined);
  assert.equal(r.proxy.runtime.tenancy?.counter.running, false);
  const off = await report(r);
  assert.equal(off.status, 404);
  assert.match(off.json.error.message, /telemetry: \{audit: on\}/);
  const { runtime } = r.proxy;
  const text = (audit: string) =>
    `telemetry: {audit: ${audit}}\nproviders: {a: {baseUrl: "${r.upstreams[0]?.baseUrl}", apiKey: k}}\n${CONFIG}`;
  runtime.reload(parseConfig('rig.yaml', text('on'), {}));
  await holdContext(runtime, undefined);
  await ask(r, 'acme');
  assert.equal((await report(r)).json.requests, 1);
  runtime.reload(parseConfig('rig.yaml', text('off'), {}));
  await holdContext(runtime, undefined);
  assert.equal((await report(r)).status, 404);
});

it('needs no tenants', async (t) => {
  const r = await rig(t, {
    speed: 1,
    config: `telemetry: {audit: on}\nmodels: {m: {targets: [a/sim-ok]}}\nadmin: {keys: ["${ADMIN_KEY}"]}`,
  });
  await ask(r, 'nobody');
  const { json, status } = await report(r);
  assert.deepEqual([status, json.requests, json.prompts[0]?.agent], [200, 1, undefined]);
});
