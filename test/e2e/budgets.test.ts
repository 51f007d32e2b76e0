import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import OpenAI from 'openai';
import type { LedgerLine } from '../../src/state/budget-store.ts';
import { HELLO, type Rig, rig, textOf } from '../chaos/rig.ts';
import { until } from '../chaos/until.ts';

const KEY = 'bw_acme_key_0123456789abcdef';
const OTHER = 'bw_beta_key_0123456789abcdef';
/** Input is free, an output token costs a thousandth of a dollar: ten of them one cent. */
const PRICE = 'price: {input: "$0/M", output: "$1000/M"}';

function folder(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'breakwater-budgets-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

function clientOf({ proxy }: Rig, apiKey = KEY, headers: Record<string, string> = {}): OpenAI {
  return new OpenAI({ baseURL: `${proxy.url}/v1`, apiKey, maxRetries: 0, defaultHeaders: headers });
}

async function ledgerOf({ proxy }: Rig, tenant = 'acme'): Promise<readonly LedgerLine[]> {
  const { tenancy } = proxy.runtime;
  assert.ok(tenancy);
  return await tenancy.budgets.ledger(tenant, { limit: 1000 });
}

/** What the tenant's own daily budget shows, nano-dollars. */
async function dayOf({ proxy }: Rig, tenant = 'acme'): Promise<{ spent: number; held: number }> {
  const counters = (await proxy.runtime.tenancy?.budgets.counters(tenant, 100)) ?? [];
  const found = counters.find(({ key }) => key === 'tenant/usd/day');
  return { spent: found?.spent ?? 0, held: found?.held ?? 0 };
}

const CENT = 10_000_000;

for (const kind of ['memory', 'sqlite'] as const) {
  const stateFor = (t: TestContext) =>
    kind === 'memory' ? 'state: memory' : `state: {dir: ${JSON.stringify(folder(t))}}`;

  describe(`a budget kept in ${kind}`, () => {
    it('lets exactly ten of two hundred requests at once through, where it is enough for ten', async (t) => {
      const r = await rig(t, {
        config: `
${stateFor(t)}
models: {m: {targets: [{target: a/sim-usage-20-10, ${PRICE}}]}}
tenants: {acme: {keys: [${KEY}], budget: {limit: $0.10, per: day}}}
`,
      });
      const client = clientOf(r);
      const results = await Promise.allSettled(
        Array.from({ length: 200 }, () =>
          client.chat.completions.create({ model: 'm', max_tokens: 10, messages: HELLO }),
        ),
      );
      const answered = results.filter(({ status }) => status === 'fulfilled').length;
      const refusals = results.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []));
      assert.equal(answered, 10);
      assert.equal(refusals.length, 190);
      for (const refusal of refusals) {
        assert.ok(refusal instanceof OpenAI.RateLimitError);
        assert.equal(refusal.code, 'insufficient_quota');
        assert.equal(refusal.headers.get('x-should-retry'), 'false');
        assert.match(refusal.message, /tenant acme .*\$0\.10 per day.*resets at \d{4}-\d\d-\d\dT/);
      }
      assert.deepEqual(await dayOf(r), { spent: 10 * CENT, held: 0 });
      const lines = await ledgerOf(r);
      assert.equal(lines.length, 10);
      assert.equal(
        lines.reduce((sum, { cost }) => sum + cost, 0),
        10 * CENT,
      );
    });

    it('is charged what was used, not what was held', async (t) => {
      const r = await rig(t, {
        config: `
${stateFor(t)}
models: {m: {targets: [{target: a/sim-usage-20-3, ${PRICE}}]}}
tenants: {acme: {keys: [${KEY}], budget: {limit: $0.10, per: day}}}
`,
      });
      const { response } = await clientOf(r)
        .chat.completions.create({ model: 'm', max_tokens: 10, messages: HELLO })
        .withResponse();
      assert.equal(response.headers.get('x-breakwater-cost-usd'), '0.003');
      assert.deepEqual(await dayOf(r), { spent: 3_000_000, held: 0 });
    });
  });
}

describe('a try that fails after it was billed', () => {
  it('is charged beside the one that answers', async (t) => {
    const r = await rig(t, {
      upstreams: [{}, {}],
      config: `
state: memory
models: {m: {targets: [{target: a/sim-cut-at-4, ${PRICE}}, {target: b/sim-usage-20-10, ${PRICE}}], stream: {commit: complete}, retries: {max: 0}}}
tenants: {acme: {keys: [${KEY}], budget: {limit: $1, per: day}}}
`,
    });
    const text = await textOf(
      await clientOf(r).chat.completions.create({ model: 'm', max_tokens: 10, stream: true, messages: HELLO }),
    );
    assert.notEqual(text, '');
    const [line] = await ledgerOf(r);
    assert.equal(line?.billedTries, 2);
    assert.equal(line?.target, 'b/sim-usage-20-10');
    assert.equal(line?.estimated, true);
    assert.deepEqual(await dayOf(r), { spent: 14_000_000, held: 0 });
  });

  it('leaves no money for another, where the budget is only enough for one', async (t) => {
    const r = await rig(t, {
      upstreams: [{}, {}],
      config: `
state: memory
models: {m: {targets: [{target: a/sim-cut-at-4, ${PRICE}}, {target: b/sim-usage-20-10, ${PRICE}}], stream: {commit: complete}, retries: {max: 0}}}
tenants: {acme: {keys: [${KEY}], budget: {limit: $0.01, per: day}}}
`,
    });
    const stream = clientOf(r).chat.completions.create({ model: 'm', max_tokens: 10, stream: true, messages: HELLO });
    await assert.rejects(async () => textOf(await stream), { code: 'insufficient_quota' });
    assert.equal(r.upstreams[1]?.requests.length, 0);
    assert.deepEqual(await dayOf(r), { spent: 4_000_000, held: 0 });
  });
});

describe('a stream', () => {
  const config = (target: string) => `
state: memory
models: {m: {targets: [{target: ${target}, ${PRICE}}], retries: {max: 0}}}
tenants: {acme: {keys: [${KEY}], budget: {limit: $1, per: day}}}
`;

  it('that is cut is charged what was seen of it', async (t) => {
    const r = await rig(t, { config: config('a/sim-cut-at-4') });
    const stream = clientOf(r).chat.completions.create({ model: 'm', max_tokens: 10, stream: true, messages: HELLO });
    await assert.rejects(async () => textOf(await stream));
    assert.deepEqual(await dayOf(r), { spent: 4_000_000, held: 0 });
    assert.equal((await ledgerOf(r))[0]?.estimated, true);
  });

  it('that its client leaves is charged what was seen of it, and holds nothing', async (t) => {
    const r = await rig(t, { config: config('a/sim-long-200-paced-200ms') });
    const stream = await clientOf(r).chat.completions.create({
      model: 'm',
      max_tokens: 200,
      stream: true,
      messages: HELLO,
    });
    let seen = 0;
    for await (const chunk of stream) {
      if (chunk.choices[0]?.delta.content && ++seen === 3) break;
    }
    await until('the exchange is settled', () => r.records.length === 1);
    const { spent, held } = await dayOf(r);
    assert.equal(held, 0);
    assert.ok(spent >= 3_000_000 && spent < 100_000_000, `${spent} nano-dollars`);
  });

  it('that ends well is charged what the provider says', async (t) => {
    const r = await rig(t, {
      providers: 'providers: {a: {baseUrl: "up(a)", apiKey: k, streamUsage: true}}',
      config: config('a/sim-usage-20-7'),
    });
    await textOf(
      await clientOf(r).chat.completions.create({ model: 'm', max_tokens: 10, stream: true, messages: HELLO }),
    );
    assert.deepEqual(await dayOf(r), { spent: 7_000_000, held: 0 });
  });
});

describe('over its budget', () => {
  it('a request is moved to the cheaper model of its policy, and says so', async (t) => {
    const r = await rig(t, {
      config: `
state: memory
models:
  m: {targets: [{target: a/sim-usage-20-10, ${PRICE}}]}
  cheap: {targets: [{target: a/sim-usage-20-10@cheap, price: {input: "$0/M", output: "$1/M"}}]}
tenants: {acme: {keys: [${KEY}], budget: {limit: $0.015, per: day}, over: downgrade, downgradeTo: cheap}}
`,
    });
    const ask = () =>
      clientOf(r).chat.completions.create({ model: 'm', max_tokens: 10, messages: HELLO }).withResponse();
    const first = await ask();
    assert.equal(first.response.headers.get('x-breakwater-status'), 'ok');
    const { response } = await ask();
    assert.equal(response.headers.get('x-breakwater-status'), 'degraded');
    assert.equal(response.headers.get('x-breakwater-target'), 'a/sim-usage-20-10@cheap');
    assert.match(response.headers.get('x-breakwater-route') ?? '', /^downgrade; from=m; to=cheap/);
    assert.deepEqual(await dayOf(r), { spent: CENT + 10_000, held: 0 });
  });

  it('a request is clamped to what the remainder buys, where the policy allows it', async (t) => {
    const r = await rig(t, {
      config: `
state: memory
models: {m: {targets: [{target: a/sim-long-200, ${PRICE}}]}}
tenants: {acme: {keys: [${KEY}], budget: {limit: $0.05, per: day}, clamp: true}}
`,
    });
    const { data, response } = await clientOf(r)
      .chat.completions.create({ model: 'm', max_tokens: 200, messages: HELLO })
      .withResponse();
    assert.equal(response.headers.get('x-breakwater-clamped'), '50');
    assert.equal(data.choices[0]?.finish_reason, 'length');
    assert.deepEqual(await dayOf(r), { spent: 50_000_000, held: 0 });
  });

  it('a request whose price nobody knows is refused, and told what to write', async (t) => {
    const r = await rig(t, {
      config: `
state: memory
models: {m: {targets: [a/sim-ok]}}
tenants: {acme: {keys: [${KEY}], budget: {limit: $1, per: day}}}
`,
    });
    await assert.rejects(clientOf(r).chat.completions.create({ model: 'm', messages: HELLO }), (error: unknown) => {
      assert.ok(error instanceof OpenAI.BadRequestError);
      assert.match(error.message, /"a\/sim-ok".*prices/);
      return true;
    });
    assert.equal(r.upstreams[0]?.requests.length, 0);
  });
});

describe('near its budget', () => {
  it('an answer carries a warning, and the event is told once', async (t) => {
    const r = await rig(t, {
      config: `
state: memory
models: {m: {targets: [{target: a/sim-usage-20-10, ${PRICE}}]}}
tenants: {acme: {keys: [${KEY}], budget: {limit: $0.10, per: day}}}
`,
    });
    const warnings: (string | null)[] = [];
    for (let i = 0; i < 10; i++) {
      const { response } = await clientOf(r)
        .chat.completions.create({ model: 'm', max_tokens: 10, messages: HELLO })
        .withResponse();
      warnings.push(response.headers.get('x-breakwater-budget'));
    }
    assert.deepEqual(warnings.slice(0, 8), Array(8).fill(null));
    assert.equal(warnings[8], 'warning; tenant 80% of usd/day');
    assert.equal(r.events.filter(({ event }) => event === 'budget.warning').length, 1);
  });
});

describe('without a good key', () => {
  const config = `
state: memory
models: {m: {targets: [{target: a/sim-ok, free: true}]}, other: {targets: [{target: a/sim-ok, free: true}]}}
tenants: {acme: {keys: [${KEY}], models: [m]}, beta: {keys: [${OTHER}]}}
`;

  it('nothing is answered', async (t) => {
    const r = await rig(t, { config });
    await assert.rejects(
      clientOf(r, 'bw_nobody_0123456789abcdef').chat.completions.create({ model: 'm', messages: HELLO }),
      OpenAI.AuthenticationError,
    );
    const response = await fetch(`${r.proxy.url}/v1/models`);
    assert.equal(response.status, 401);
    assert.equal(r.upstreams[0]?.requests.length, 0);
  });

  it('a model outside the allow-list is refused, with what is allowed', async (t) => {
    const r = await rig(t, { config });
    await assert.rejects(
      clientOf(r).chat.completions.create({ model: 'other', messages: HELLO }),
      (error: unknown) => error instanceof OpenAI.PermissionDeniedError && /Allowed: m\b/.test(error.message),
    );
    await clientOf(r, OTHER).chat.completions.create({ model: 'other', messages: HELLO });
  });

  it("the client's key for the proxy never goes upstream", async (t) => {
    const r = await rig(t, {
      providers: 'providers:\n  a: {baseUrl: "up(a)", passthrough: true}',
      config,
    });
    await clientOf(r, 'sim-ok', { 'x-breakwater-key': KEY }).chat.completions.create({ model: 'm', messages: HELLO });
    await assert.rejects(clientOf(r, 'sim-ok').chat.completions.create({ model: 'm', messages: HELLO }));
  });
});

describe('a paused scope', () => {
  it('is refused until it is resumed', async (t) => {
    const r = await rig(t, {
      config: `
state: memory
models: {m: {targets: [{target: a/sim-ok, free: true}]}}
tenants: {acme: {keys: [${KEY}], agents: {coder: {}}}}
`,
    });
    const coder = clientOf(r, KEY, { 'x-breakwater-agent': 'coder' });
    await r.proxy.runtime.tenancy?.pause('acme', 'agent:coder', 'it loops');
    await assert.rejects(coder.chat.completions.create({ model: 'm', messages: HELLO }), /it loops/);
    await clientOf(r).chat.completions.create({ model: 'm', messages: HELLO });
    await r.proxy.runtime.tenancy?.budgets.resume('acme', 'agent:coder');
    await coder.chat.completions.create({ model: 'm', messages: HELLO });
  });
});
