import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, type TestContext, test } from 'node:test';
import { holdCache } from '../../src/proxy/hold-cache.ts';
import type { LedgerLine } from '../../src/state/budget-store.ts';
import { ownDirectory } from '../cache/rig.ts';
import { LIVE, type SemanticRig, semanticRig, topic } from '../cache/semantic/rig.ts';
import { until } from '../chaos/until.ts';

const KEY = 'acme-key-of-twenty-chars';
const ADMIN = 'admin-key-of-twenty-characters';
const TENANT = `tenants: {acme: {keys: [${KEY}], budget: {limit: $1000, per: day}}}\nadmin: {keys: [${ADMIN}]}`;
const AS_ACME = { headers: { authorization: `Bearer ${KEY}` } };
const FRANCE = 'What is the capital of France?';
const FRANCE_TOO = "What's the capital of France?";
/** Seven tokens at a dollar a million. */
const EMBEDDING = 7_000;

async function ledgerOf({ proxy }: SemanticRig): Promise<readonly LedgerLine[]> {
  return (await proxy.runtime.tenancy?.budgets.ledger('acme', { limit: 1000 })) ?? [];
}

async function spentToday({ proxy }: SemanticRig): Promise<number> {
  const counters = (await proxy.runtime.tenancy?.budgets.counters('acme', 100)) ?? [];
  return counters.find(({ key }) => key === 'tenant/usd/day')?.spent ?? 0;
}

async function admin(rig: SemanticRig, method: string, path: string): Promise<{ status: number; json: unknown }> {
  const response = await fetch(rig.proxy.url + path, { method, headers: { authorization: `Bearer ${ADMIN}` } });
  return { status: response.status, json: await response.json() };
}

describe('what a semantic cache costs and saves', () => {
  test('a hit is charged its embedding only, and the ledger says what it saved', async (t) => {
    const rig = await semanticRig(t, { more: TENANT });
    await rig.ask(FRANCE, AS_ACME);
    await rig.proxy.runtime.semantic?.settled();
    const answer = (await ledgerOf(rig))[0]?.cost ?? 0;
    const before = await spentToday(rig);
    assert.equal(answer, before);
    assert.match((await rig.ask(FRANCE_TOO, AS_ACME)).cache ?? '', /^semantic/);
    assert.equal((await spentToday(rig)) - before, EMBEDDING);
    const lines = await ledgerOf(rig);
    assert.deepEqual(
      lines.map(({ cost, saved }) => [cost, saved]).sort(),
      [
        [answer, 0],
        [EMBEDDING, answer - EMBEDDING],
      ].sort(),
    );
    assert.deepEqual(await rig.metrics('breakwater_cache_saved_usd_total{'), [
      `breakwater_cache_saved_usd_total{by="semantic"} ${(answer - EMBEDDING) / 1e9}`,
    ]);
    assert.deepEqual(await rig.metrics('breakwater_cache_spent_usd_total{'), [
      `breakwater_cache_spent_usd_total{target="e/vectors"} ${(2 * EMBEDDING) / 1e9}`,
    ]);
  });

  test('an exact hit is in the ledger, and costs nothing', async (t) => {
    const rig = await semanticRig(t, { more: TENANT });
    await rig.ask(FRANCE, AS_ACME);
    const before = await spentToday(rig);
    assert.match((await rig.ask(FRANCE, AS_ACME)).cache ?? '', /^exact/);
    assert.equal(await spentToday(rig), before);
    const saved = (await ledgerOf(rig)).map((line) => line.saved).sort();
    assert.deepEqual(saved, [0, before - EMBEDDING].sort());
  });

  test('a judge that speaks after the answer is charged as well', async (t) => {
    const rig = await semanticRig(t, { more: TENANT, semantic: '{mode: shadow, judge: {target: e/judge}}' });
    // The first 50 would-be hits are only looked at; then they are audited.
    for (let at = 0; at < 56; at++)
      for (const form of ['How do', 'How can']) {
        await rig.ask(topic(form, at), AS_ACME);
        await rig.proxy.runtime.semantic?.settled();
      }
    const judged = (await ledgerOf(rig)).filter(({ endpoint, target }) => endpoint === 'cache' && target === 'e/judge');
    assert.equal(judged.length, rig.embedder.prompts.length);
    assert.ok(judged.length > 0);
    // A hundred tokens at a dollar a million.
    for (const { cost, saved } of judged) assert.deepEqual([cost, saved], [100_000, 0]);
    assert.ok(
      rig.embedder.prompts.some((prompt) => prompt.includes('Answer SAME')),
      'answers were compared',
    );
  });
});

describe('the admin API', () => {
  test('shows the cache and empties it', async (t) => {
    const rig = await semanticRig(t, { more: TENANT, semantic: LIVE });
    await rig.ask(FRANCE, { headers: { ...AS_ACME.headers, 'x-breakwater-cache-tag': 'geo' } });
    await rig.proxy.runtime.semantic?.settled();
    const { status, json } = await admin(rig, 'GET', '/admin/cache');
    assert.equal(status, 200);
    assert.deepEqual(json, {
      answers: rig.proxy.runtime.cache?.localStats(),
      semantic: {
        embedder: 'e/vectors',
        dimensions: 256,
        indexes: [{ kind: 'memory', size: 1 }],
        certificates: [],
        liveAudits: [],
      },
    });
    assert.deepEqual((await admin(rig, 'DELETE', '/admin/cache?tag=other')).json, { removed: 0 });
    assert.deepEqual((await admin(rig, 'DELETE', '/admin/cache?tag=geo')).json, { removed: 1 });
    assert.equal((await rig.ask(FRANCE_TOO, AS_ACME)).cache, 'miss; reason=not-found');
  });

  test('asks what is to go, and for an admin key', async (t) => {
    const rig = await semanticRig(t, { more: TENANT });
    for (const query of ['', '?tagg=x', '?scope=x', '?scope=x&tag=y&tenant=acme'])
      assert.equal((await admin(rig, 'DELETE', `/admin/cache${query}`)).status, 400, query);
    assert.equal((await fetch(`${rig.proxy.url}/admin/cache`)).status, 401);
    const post = await admin(rig, 'POST', '/admin/cache');
    assert.equal(post.status, 405);
  });
});

test('a tenant with webhooks is told when its cache may answer', async (t) => {
  const told = await receiver(t);
  const hook = `webhooks: [{url: "${told.url}", secret: sixteen-characters, events: [cache.certified, cache.suspended]}]`;
  const rig = await semanticRig(t, {
    models: '{m: {targets: [a/sim-repeat], retries: {max: 0}, cache: {semantic: {mode: certified, epsilon: 20%}}}}',
    more: TENANT.replace('keys: [', `${hook}, keys: [`),
  });
  const { semantic } = rig.proxy.runtime;
  const both = async (at: number) => {
    await rig.ask(topic('How do', at), AS_ACME);
    await semantic?.settled();
    for (const form of ['How can', 'How could']) {
      await rig.ask(topic(form, at), AS_ACME);
      await semantic?.settled();
    }
  };
  for (let at = 0; at < 100 && (await rig.metrics('breakwater_semantic_certificates_total{')).length === 0; at++)
    await both(at);
  await until('the webhook has come', () => told.messages.length > 0);
  const [message] = told.messages;
  assert.equal(message?.type, 'cache.certified');
  assert.deepEqual([message?.data.tenant, message?.data.model, message?.data.embedder], ['acme', 'm', 'e/vectors']);
  assert.ok(Number(message?.data.threshold) >= 0.88 && Number(message?.data.bound) <= 0.2);
  assert.ok(!JSON.stringify(told.messages).includes('How do'), 'no question leaves by a webhook');
});

describe('who is paused gets no kept answer', () => {
  for (const kind of ['exact', 'semantic'] as const)
    test(`no ${kind} one: 403, and the answer is still there afterwards`, async (t) => {
      const rig = await semanticRig(t, { more: TENANT });
      const { tenancy } = rig.proxy.runtime;
      await rig.ask(FRANCE, AS_ACME);
      await rig.proxy.runtime.semantic?.settled();
      const question = kind === 'exact' ? FRANCE : FRANCE_TOO;
      await tenancy?.pause('acme', 'tenant', 'by hand');
      const paused = await rig.ask(question, AS_ACME);
      assert.deepEqual([paused.status, paused.cache], [403, null]);
      assert.match(paused.text, /scope_paused/);
      assert.equal(rig.calls, 1);
      await tenancy?.budgets.resume('acme', 'tenant');
      assert.match((await rig.ask(question, AS_ACME)).cache ?? '', new RegExp(`^${kind}`));
    });

  test('nor the answer to a repeat of its own', async (t) => {
    const rig = await semanticRig(t, { more: TENANT, cache: 'idempotency: on' });
    const keyed = { headers: { ...AS_ACME.headers, 'idempotency-key': 'k' } };
    await rig.ask(FRANCE, keyed);
    await rig.proxy.runtime.tenancy?.pause('acme', 'tenant', 'by hand');
    assert.equal((await rig.ask(FRANCE, keyed)).status, 403);
    await rig.proxy.runtime.tenancy?.budgets.resume('acme', 'tenant');
    assert.equal((await rig.ask(FRANCE, keyed)).idempotent, 'replayed');
  });

  test('an agent that is paused, and not another one', async (t) => {
    const rig = await semanticRig(t, { more: TENANT });
    const as = (agent: string) => ({ headers: { ...AS_ACME.headers, 'x-breakwater-agent': agent } });
    await rig.ask(FRANCE, as('one'));
    await rig.proxy.runtime.tenancy?.pause('acme', 'agent:two', 'by hand');
    assert.equal((await rig.ask(FRANCE, as('two'))).status, 403);
    assert.match((await rig.ask(FRANCE, as('one'))).cache ?? '', /^exact/);
  });
});

interface Message {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Takes webhooks. */
async function receiver(t: TestContext): Promise<{ readonly url: string; readonly messages: readonly Message[] }> {
  const messages: Message[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      messages.push(JSON.parse(Buffer.concat(chunks).toString('utf8')));
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, messages };
}

test('a restart keeps answers and vectors', async (t) => {
  const state = ownDirectory();
  const first = await semanticRig(t, { state, semantic: '{mode: shadow}', cache: 'exact: off' });
  for (let time = 0; time < 3; time++) {
    await first.ask(FRANCE);
    await first.proxy.runtime.semantic?.settled();
  }
  const before = await first.proxy.runtime.semantic?.report();
  await first.proxy.close();
  const second = await semanticRig(t, { state, semantic: '{mode: shadow}', cache: 'exact: off' });
  assert.equal(second.proxy.runtime.cache?.localStats()?.entries, 1);
  await second.ask(FRANCE_TOO);
  await second.proxy.runtime.semantic?.settled();
  const after = await second.proxy.runtime.semantic?.report();
  assert.equal(before?.certificates[0]?.certificate.lookups, 2);
  assert.deepEqual(after?.indexes, [{ kind: 'memory', size: 2 }]);
});

test('a changed epoch begins anew, at once', async (t) => {
  const rig = await semanticRig(t);
  await rig.ask(FRANCE);
  await rig.proxy.runtime.semantic?.settled();
  const { config } = rig.proxy.runtime;
  rig.proxy.runtime.reload({ ...config, cache: { ...config.cache, epoch: 'next' } });
  assert.equal((await rig.ask(FRANCE_TOO)).cache, 'miss; reason=not-found');
});

test('a changed embedder begins anew, and what was on its way does not get in', async (t) => {
  const rig = await semanticRig(t);
  const { runtime } = rig.proxy;
  await rig.ask(FRANCE);
  const before = runtime.semantic;
  const { config } = runtime;
  const embedder = { kind: 'target', target: 'e/others', dimensions: undefined, timeout: 60_000 } as const;
  runtime.reload({ ...config, cache: { ...config.cache, embedder } });
  await holdCache(runtime, undefined);
  assert.notEqual(runtime.semantic, before);
  assert.equal((await rig.ask(FRANCE_TOO)).cache, 'miss; reason=not-found');
  await runtime.semantic?.settled();
  assert.match((await rig.ask('What is the capital of France')).cache ?? '', /^semantic/);
  assert.equal((await runtime.semantic?.report())?.embedder, 'e/others');
});
