import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import type { EvidenceBook, RouteState, Verdict } from '../../src/routing/decision.ts';
import { CLIENTS, DIALECTS, type DialectName, postTo } from '../chaos/dialect-clients.ts';
import { dialectRig } from '../chaos/dialect-rig.ts';
import { type Rig, rig } from '../chaos/rig.ts';

/** Two tiers at the same provider: what the upstream was asked for tells which one served. */
const TIERED = `
models:
  cheap: {targets: [{target: b/sim-usage-1000-10, price: {input: "$1/M", output: "$2/M"}}]}
  smart: {targets: [{target: b/sim-usage-1000-20, price: {input: "$10/M", output: "$20/M"}}]}
  auto: {route: p}
routing:
  policies:
    p:
      tiers: {small: cheap, large: smart}
      tasks: {classification: small, reasoning: large}
      rules: [{task: classification, contains: [classify]}, {task: reasoning, contains: [prove]}]
`;
const WITH_EVIDENCE = `${TIERED}      evidence: {budget: $1/day}\n`;

const said = (content: string): Readonly<Record<DialectName, object>> => ({
  chat: { messages: [{ role: 'user', content }] },
  messages: { max_tokens: 10, messages: [{ role: 'user', content }] },
  responses: { input: [{ role: 'user', content }] },
});

async function ask(
  it: Rig,
  body: object,
  headers: Record<string, string> = {},
  client: DialectName = 'chat',
): Promise<{
  status: number;
  route: string;
  target: string | null;
  json: { error?: { code?: string; message: string } };
}> {
  const response = await postTo(it, CLIENTS[client].path, { model: 'auto', ...body }, headers);
  const json = JSON.parse((await response.text()) || '{}');
  const { headers: got, status } = response;
  return { status, route: got.get('x-breakwater-route') ?? '', target: got.get('x-breakwater-target'), json };
}

const fields = (route: string): Record<string, string> =>
  Object.fromEntries(route.split(';').map((part) => [part.split('=')[0]?.trim() ?? '', part.split('=')[1] ?? '']));

for (const client of DIALECTS) {
  test(`a ${client} client that asks for auto gets the model of its task, and is told so`, async (t) => {
    const it = await dialectRig(t, TIERED);

    const easy = await ask(it, said('Classify this: good')[client], {}, client);
    const hard = await ask(it, said('Prove that two is even.')[client], {}, client);

    assert.deepEqual([easy.status, easy.target], [200, 'b/sim-usage-1000-10']);
    assert.deepEqual([hard.status, hard.target], [200, 'b/sim-usage-1000-20']);
    const told = fields(easy.route);
    assert.deepEqual(
      [told.policy, told.tier, told.task, told.model, told.key],
      ['p', 'small', 'classification', 'cheap', 'plain'],
    );
    assert.ok(Number(told.saved) > 0, easy.route);
    assert.equal(fields(hard.route).saved, '0');
    assert.deepEqual(it.records[0]?.route, {
      policy: 'p',
      task: 'classification',
      tier: 'small',
      model: 'cheap',
      key: 'plain',
      state: undefined,
      bumped: false,
      pinned: false,
    });
  });
}

test('a client says the task and the kind of work in headers, or in the metadata of the body', async (t) => {
  const it = await dialectRig(t, TIERED);
  const chat = said('Prove it.').chat;

  const byHeader = await ask(it, chat, { 'x-breakwater-task-type': 'classification', 'x-breakwater-route': 'tickets' });
  assert.deepEqual([byHeader.target, fields(byHeader.route).key], ['b/sim-usage-1000-10', 'tickets']);

  const metadata = { breakwater_task_type: 'classification', breakwater_route: 'tickets' };
  const byBody = await ask(it, { ...chat, metadata });
  assert.deepEqual([byBody.target, fields(byBody.route).key], ['b/sim-usage-1000-10', 'tickets']);

  const odd = await ask(it, chat, { 'x-breakwater-route': 'a;b' });
  assert.deepEqual([odd.status, odd.json.error?.code], [400, 'invalid_header']);
});

test('a stream is routed as a whole answer is', async (t) => {
  const it = await dialectRig(t, TIERED);
  const response = await postTo(it, '/v1/chat/completions', { model: 'auto', stream: true, ...said('classify').chat });
  assert.match(await response.text(), /\[DONE\]/);
  assert.equal(response.headers.get('x-breakwater-target'), 'b/sim-usage-1000-10');
  assert.match(response.headers.get('x-breakwater-route') ?? '', /model=cheap/);
});

test('a named model is served to the letter, whatever the request says', async (t) => {
  const it = await dialectRig(t, WITH_EVIDENCE);
  const word = fc.constantFrom('classify', 'prove', 'step by step', 'a'.repeat(5_000), '```x = 1```', 'hello');
  const named = fc.constantFrom(
    ['cheap', 'b/sim-usage-1000-10'],
    ['smart', 'b/sim-usage-1000-20'],
    ['b/sim-ok', 'b/sim-ok'],
    ['a/sim-ok', 'a/sim-ok'],
  );
  await fc.assert(
    fc.asyncProperty(
      named,
      fc.array(word, { minLength: 1, maxLength: 4 }),
      fc.constantFrom<DialectName>(...DIALECTS),
      fc.dictionary(
        fc.constantFrom('x-breakwater-task-type', 'x-breakwater-route', 'x-breakwater-session'),
        fc.constantFrom('classification', 'reasoning', 'auto', 'cheap'),
      ),
      async ([model, target], words, client, headers) => {
        const answer = await ask(it, { ...said(words.join(' '))[client], model }, headers, client);
        assert.deepEqual([answer.status, answer.target, answer.route], [200, target, '']);
      },
    ),
    { numRuns: 60, seed: 7 },
  );
});

test('what cannot be told apart by a choice is refused: embeddings of two models do not compare', async (t) => {
  const it = await rig(t, { upstreams: [{}, {}], config: TIERED });
  const response = await postTo(it, '/v1/embeddings', { model: 'auto', input: 'x' });
  assert.equal(response.status, 404);
  assert.match(await response.text(), /vectors of different models do not compare/);
});

test('/v1/models lists what is routed beside what is not', async (t) => {
  const it = await rig(t, { upstreams: [{}, {}], config: TIERED });
  const list = (await (await fetch(`${it.proxy.url}/v1/models`)).json()) as { data: { id: string }[] };
  const ids = list.data.map(({ id }) => id);
  for (const name of ['auto', 'cheap', 'smart']) assert.ok(ids.includes(name), name);
  const one = (await (await fetch(`${it.proxy.url}/v1/models/auto`)).json()) as { id: string };
  assert.equal(one.id, 'auto');
});

test('metrics count decisions by policy, tier and model, and what they saved', async (t) => {
  const it = await rig(t, { upstreams: [{}, {}], config: TIERED });
  await ask(it, said('classify').chat);
  const text = await (await fetch(`${it.proxy.url}/metrics`)).text();
  assert.match(text, /breakwater_route_decisions_total\{policy="p",tier="small",model="cheap",state="none"\} 1/);
  assert.match(text, /breakwater_route_saved_usd\{policy="p"\} 0\.00918/);
  assert.match(text, /breakwater_requests_total\{model="auto"/);
});

const KEY = 'bw_acme_key_0123456789abcdef';
const withTenant = (more: string, config = TIERED) =>
  `state: memory\n${config}tenants: {acme: {keys: [${KEY}], ${more}}}\n`;
const BEARER = { authorization: `Bearer ${KEY}` };

test('a tenant gets only tiers whose models it is allowed, and only by names it is allowed', async (t) => {
  const it = await rig(t, { upstreams: [{}, {}], config: withTenant('models: [auto, smart]') });
  const answer = await ask(it, said('classify').chat, BEARER);
  assert.deepEqual([answer.status, answer.target], [200, 'b/sim-usage-1000-20']);

  const none = await rig(t, { upstreams: [{}, {}], config: withTenant('models: [auto]') });
  const refused = await ask(none, said('classify').chat, BEARER);
  assert.deepEqual([refused.status, refused.json.error?.code], [403, 'model_not_allowed']);
  const listed = (await (await fetch(`${none.proxy.url}/v1/models`, { headers: BEARER })).json()) as { data: object[] };
  assert.deepEqual(listed.data, []);

  const other = await rig(t, { upstreams: [{}, {}], config: withTenant('models: [cheap, smart]') });
  const unnamed = await ask(other, said('classify').chat, BEARER);
  assert.deepEqual([unnamed.status, unnamed.json.error?.code], [403, 'model_not_allowed']);
});

test('what a tenant calls its default may be routed', async (t) => {
  const it = await rig(t, { upstreams: [{}, {}], config: withTenant('chain: auto') });
  const answer = await ask(it, { ...said('classify').chat, model: 'default' }, BEARER);
  assert.equal(answer.target, 'b/sim-usage-1000-10');
});

test('a budget moves a routed request further down, and the answer says both', async (t) => {
  const limits = 'budget: {limit: $0.001, per: day}, over: downgrade, downgradeTo: cheap';
  const it = await rig(t, { upstreams: [{}, {}], config: withTenant(limits) });
  const answer = await ask(it, { ...said('prove').chat, max_tokens: 100 }, BEARER);
  assert.deepEqual([answer.status, answer.target], [200, 'b/sim-usage-1000-10']);
  assert.match(answer.route, /^policy=p;tier=large;.*model=smart;.*; downgrade; from=smart; to=cheap$/);
  assert.equal(fields(answer.route).saved, undefined);
});

test('the ledger says what was saved', async (t) => {
  const it = await rig(t, { upstreams: [{}, {}], config: withTenant('budget: {limit: $5, per: day}') });
  const answer = await ask(it, said('classify').chat, BEARER);
  const lines = (await it.proxy.runtime.tenancy?.budgets.ledger('acme', { limit: 10 })) ?? [];
  // The dear model costs ten times as much for the same tokens.
  assert.equal(lines[0]?.saved, 9 * (lines[0]?.cost ?? 0));
  assert.equal(fields(answer.route).saved, String(Number(((lines[0]?.saved ?? 0) / 1e9).toFixed(6))));
});

test('of a kept answer the ledger says what the dear model would have cost', async (t) => {
  const config = `${withTenant('budget: {limit: $5, per: day}')}\ncache: {exact: on}`;
  const it = await rig(t, { upstreams: [{}, {}], config });
  for (let time = 0; time < 2; time++) await ask(it, said('classify').chat, BEARER);
  const lines = (await it.proxy.runtime.tenancy?.budgets.ledger('acme', { limit: 10 })) ?? [];
  const [first, kept] = lines;
  assert.equal(kept?.cost, 0);
  assert.equal(kept?.saved, 10 * (first?.cost ?? 0));
  assert.equal(first?.saved, 9 * (first?.cost ?? 0));
});

/** Says of every key the same. */
const book = (state: RouteState, serve: Verdict['serve'], seen: string[] = []): EvidenceBook => ({
  consult(tenant, key, { cheap, strong }) {
    seen.push(`${tenant} ${key} ${cheap} ${strong}`);
    return { state, n: 214, loss: 0.008, upper: 0.029, serve, shadow: false };
  },
  peek: () => ({ state, n: 214, loss: 0.008, upper: 0.029 }),
});

test('with evidence the cheap model serves only where it is admitted', async (t) => {
  const it = await rig(t, { upstreams: [{}, {}], config: withTenant('concurrency: 5', WITH_EVIDENCE) });
  const unknown = await ask(it, said('classify').chat, BEARER);
  assert.deepEqual([unknown.target, fields(unknown.route).state], ['b/sim-usage-1000-20', 'observe']);

  const seen: string[] = [];
  it.proxy.runtime.evidence = book('admitted', 'cheap', seen);
  const admitted = await ask(it, said('Classify: x').chat, { ...BEARER, 'x-breakwater-route': 'k' });
  assert.equal(admitted.target, 'b/sim-usage-1000-10');
  assert.match(admitted.route, /key=k;state=admitted;n=214;loss=0\.8pt;ucb=2\.9pt;saved=/);
  // What the rules give to the strong model is nobody’s to save.
  await ask(it, said('Prove it').chat, BEARER);
  assert.deepEqual(seen, ['acme k cheap smart']);

  it.proxy.runtime.evidence = book('suspended', 'strong');
  const suspended = await ask(it, said('Classify: y').chat, BEARER);
  assert.deepEqual([suspended.target, fields(suspended.route).state], ['b/sim-usage-1000-20', 'suspended']);
});

const loop = (results: number) => [
  { role: 'user', content: 'Classify the files' },
  ...Array.from({ length: results }, (_, index) => [
    {
      role: 'assistant',
      tool_calls: [{ id: `c${index}`, type: 'function', function: { name: 'read', arguments: '{}' } }],
    },
    { role: 'tool', tool_call_id: `c${index}`, content: 'done' },
  ]).flat(),
];

async function loopingRig(t: TestContext): Promise<Rig> {
  return rig(t, { upstreams: [{}, {}], config: WITH_EVIDENCE });
}

test('inside a tool loop a conversation stays with its model, and leaves it upward only', async (t) => {
  const it = await loopingRig(t);
  it.proxy.runtime.evidence = book('canary', 'cheap');
  assert.equal((await ask(it, { messages: loop(0) })).target, 'b/sim-usage-1000-10');

  it.proxy.runtime.evidence = book('canary', 'strong');
  const kept = await ask(it, { messages: loop(1) });
  assert.equal(kept.target, 'b/sim-usage-1000-10');
  assert.match(kept.route, /;pinned;/);
  // Another conversation is none of its business.
  assert.equal(
    (await ask(it, { messages: [{ role: 'user', content: 'Classify other files' }] })).target,
    'b/sim-usage-1000-20',
  );

  it.proxy.runtime.evidence = book('suspended', 'strong');
  assert.equal((await ask(it, { messages: loop(2) })).target, 'b/sim-usage-1000-20');
  it.proxy.runtime.evidence = book('admitted', 'cheap');
  assert.equal((await ask(it, { messages: loop(3) })).target, 'b/sim-usage-1000-20');
});

test('agents that share a session do not share a conversation', async (t) => {
  const it = await loopingRig(t);
  it.proxy.runtime.evidence = book('admitted', 'cheap');
  const session = { 'x-breakwater-session': 's1' };
  await ask(it, { messages: loop(0) }, session);
  it.proxy.runtime.evidence = book('canary', 'strong');
  assert.equal((await ask(it, { messages: loop(1) }, session)).target, 'b/sim-usage-1000-10');
  const other = [{ role: 'system', content: 'You sort things.' }, ...loop(1)];
  assert.equal((await ask(it, { messages: other }, session)).target, 'b/sim-usage-1000-20');
});

const explained = async (it: Rig, body: object, headers: Record<string, string> = {}, query = '') => {
  const response = await postTo(it, `/v1/route/explain${query}`, { model: 'auto', ...body }, headers);
  return { status: response.status, json: JSON.parse(await response.text()) };
};

test('a request is explained without anybody being called, and without a trace', async (t) => {
  const it = await rig(t, { upstreams: [{}, {}], config: withTenant('concurrency: 5', WITH_EVIDENCE) });
  it.proxy.runtime.evidence = { ...book('admitted', 'cheap'), consult: () => assert.fail('lots were drawn') };
  const { status, json } = await explained(it, said('Classify it').chat, { ...BEARER, 'x-breakwater-route': 'k' });
  assert.equal(status, 200);
  assert.deepEqual(
    [json.asked, json.routed, json.model, json.targets, json.policy, json.tier, json.task, json.key],
    ['auto', true, 'cheap', ['b/sim-usage-1000-10'], 'p', 'small', 'classification', 'k'],
  );
  assert.deepEqual(json.evidence, {
    cheap: 'cheap',
    strong: 'smart',
    state: 'admitted',
    n: 214,
    loss: 0.008,
    upper: 0.029,
  });
  assert.ok(json.reasons.length >= 2);
  assert.equal(
    it.upstreams.reduce((sum, { requestCount }) => sum + requestCount, 0),
    0,
  );
  assert.equal(it.proxy.runtime.routePins.size, 0);
  assert.equal(it.records.length, 0);

  const named = await explained(it, { ...said('x').chat, model: 'smart' }, BEARER);
  assert.deepEqual(
    [named.json.routed, named.json.model, named.json.targets],
    [false, 'smart', ['b/sim-usage-1000-20']],
  );
  const unknown = await explained(it, { ...said('x').chat, model: 'smrt' }, BEARER);
  assert.deepEqual([unknown.status, unknown.json.error.code], [404, 'model_not_found']);
  assert.equal((await explained(it, said('x').chat)).status, 401);
});

test('every dialect’s body is explained, whether its endpoint is named or guessed', async (t) => {
  const it = await dialectRig(t, TIERED);
  for (const client of DIALECTS) {
    const body = { ...said('classify')[client], ...(client === 'messages' ? { system: 'You sort.' } : {}) };
    for (const query of ['', `?endpoint=${client}`])
      assert.equal((await explained(it, body, {}, query)).json.model, 'cheap', client + query);
  }
  assert.equal((await explained(it, { prompt: 'classify' })).json.model, 'cheap');
  assert.equal((await explained(it, said('x').chat, {}, '?endpoint=chta')).status, 400);
  const broken = await postTo(it, '/v1/route/explain', '{"model"');
  assert.equal(broken.status, 400);
  const wrong = await fetch(`${it.proxy.url}/v1/route/explain`);
  assert.deepEqual([wrong.status, wrong.headers.get('allow')], [405, 'POST']);
  await Promise.all([broken.text(), wrong.text()]);
});

test('kept answers are those of the model that served', async (t) => {
  const it = await rig(t, { upstreams: [{}, {}], config: `${TIERED}cache: {exact: on}\n` });
  const body = { ...said('Classify it').chat, temperature: 0 };
  const cacheOf = async (model: string) => {
    const response = await postTo(it, '/v1/chat/completions', { ...body, model });
    await response.text();
    return [response.headers.get('x-breakwater-cache')?.split(';')[0], response.headers.get('x-breakwater-target')];
  };
  assert.deepEqual(await cacheOf('auto'), ['miss', 'b/sim-usage-1000-10']);
  assert.deepEqual(await cacheOf('auto'), ['exact', 'b/sim-usage-1000-10']);
  // A strong model’s client never gets what a cheap one said.
  assert.deepEqual(await cacheOf('smart'), ['miss', 'b/sim-usage-1000-20']);
});

test('a reload puts another policy in force, for the next request', async (t) => {
  const it = await rig(t, { upstreams: [{}, {}], config: TIERED });
  assert.equal((await ask(it, said('classify').chat)).target, 'b/sim-usage-1000-10');
  const { runtime } = it.proxy;
  const [policy] = runtime.config.routing.policies.values();
  assert.ok(policy);
  const other = { ...policy, tasks: new Map([['classification', 'large']]) };
  const routing = { policies: new Map([['p', other]]), models: new Map([['auto', other]]) };
  runtime.reload({ ...runtime.config, routing });
  assert.equal((await ask(it, said('classify').chat)).target, 'b/sim-usage-1000-20');
});

test('completions are routed, and tokens are counted by the model that would serve', async (t) => {
  const it = await dialectRig(
    t,
    TIERED.replaceAll('b/sim', 'a/sim').replace('a/sim-usage-1000-20', 'b/sim-usage-1000-20'),
  );
  const completion = await postTo(it, '/v1/completions', { model: 'auto', prompt: 'classify' });
  await completion.text();
  // The cheap one is at a provider that speaks Messages only.
  assert.equal(completion.headers.get('x-breakwater-target'), 'b/sim-usage-1000-20');
  const count = await postTo(it, '/v1/messages/count_tokens', { model: 'auto', ...said('classify').chat });
  assert.deepEqual([count.status, count.headers.get('x-breakwater-target')], [200, 'a/sim-usage-1000-10']);
  assert.ok(Number(((await count.json()) as { input_tokens: number }).input_tokens) > 0);
  assert.equal(it.proxy.runtime.routePins.size, 0);
});
