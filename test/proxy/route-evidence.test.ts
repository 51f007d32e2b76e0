import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { ownDirectory } from '../cache/rig.ts';
import { DIALECTS } from '../chaos/dialect-clients.ts';
import { run } from '../cli/cli-rig.ts';
import { stateDir } from '../state/state-dir.ts';
import { ADMIN, CHEAP, EACH, type EvidenceRig, evidenceRig, KEY, OTHER_KEY, STRONG, TENANTS } from './evidence-rig.ts';

const AS_ACME = { headers: { authorization: `Bearer ${KEY}` } };
const AS_BETA = { headers: { authorization: `Bearer ${OTHER_KEY}` } };
const OTHER_TEXT = 'sim-other-text-usage-1000-10@cheap';

async function times(n: number, run: () => Promise<unknown>): Promise<void> {
  for (let at = 0; at < n; at++) await run();
}

async function untilAdmitted(it: EvidenceRig, options: Parameters<EvidenceRig['ask']>[0] = {}): Promise<void> {
  for (let n = 0; n < 300; n++) {
    await it.ask(options);
    if (it.reports().some(({ state }) => state === 'admitted')) return;
  }
  assert.fail(JSON.stringify(it.reports()));
}

const admin = async (it: EvidenceRig, path: string) => {
  const response = await fetch(it.proxy.url + path, { headers: { authorization: `Bearer ${ADMIN}` } });
  return { status: response.status, json: JSON.parse(await response.text()) };
};

describe('a policy with evidence', () => {
  test('serves the strong model until the cheap one has shown that it is as good, and then the cheap one', async (t) => {
    const it = await evidenceRig(t);
    assert.equal((await it.ask()).model, 'smart');
    await times(20, () => it.ask());
    assert.equal(it.calls(CHEAP), 0, 'nothing is asked twice before there is enough of it');
    await untilAdmitted(it);
    assert.ok(it.calls(CHEAP) > 20);
    const told = await it.ask();
    assert.deepEqual([told.status, told.model, told.state], [200, 'cheap', 'admitted']);
    const [report] = it.reports();
    assert.equal(report?.loss, 0);
    assert.ok(report !== undefined && report.upper <= 0.2);
    assert.deepEqual(report.models, { cheap: [CHEAP], strong: [STRONG] });
    assert.match(report.verdict, /^Good enough/);
  });

  test('goes on asking the strong model when the cheap one serves', async (t) => {
    const it = await evidenceRig(t);
    await untilAdmitted(it);
    const [calls, n] = [it.calls(STRONG), Number(it.reports()[0]?.n)];
    await times(20, () => it.ask());
    assert.ok(it.calls(STRONG) - calls >= 4);
    assert.equal(it.calls(STRONG) - calls, Number(it.reports()[0]?.n) - n);
  });

  test('stops serving a cheap model that answers otherwise, and says that it does not pay', async (t) => {
    const it = await evidenceRig(t, { cheap: OTHER_TEXT, evidence: EACH });
    for (let n = 0; n < 60 && it.reports()[0]?.state !== 'suspended'; n++) await it.ask();
    assert.match(it.reports()[0]?.verdict ?? '', /^Routing does not pay here: \d+ compared, loss 100\.0 points/);
    const before = it.calls(OTHER_TEXT);
    assert.equal((await it.ask()).model, 'smart');
    assert.equal(it.calls(OTHER_TEXT), before, 'nothing is spent on it any more');
    assert.ok(it.events.some(({ msg }) => msg === 'route: suspended'));
  });

  for (const client of DIALECTS)
    for (const stream of [false, true])
      test(`compares ${stream ? 'streamed' : 'whole'} answers of a ${client} client`, async (t) => {
        const it = await evidenceRig(t, { evidence: EACH });
        await times(24, () => it.ask({ client, stream }));
        const [report] = it.reports();
        assert.equal(report?.results.same, 3, JSON.stringify(report));
        assert.deepEqual(report.models, { cheap: [CHEAP], strong: [STRONG] });
      });

  test('asks the other model the same, but whole', async (t) => {
    const it = await evidenceRig(t, { evidence: EACH });
    await times(22, () => it.ask({ stream: true, body: { temperature: 0.5 } }));
    const asked = it.upstreams[0]?.requests.filter(({ model }) => model === CHEAP).at(-1)?.body;
    assert.ok(typeof asked === 'object' && asked !== null);
    assert.deepEqual(asked, {
      model: CHEAP,
      messages: [{ role: 'user', content: 'hello there' }],
      temperature: 0.5,
    });
  });

  test('learns nothing of an outage of the cheap model, and its circuit hears of it', async (t) => {
    const it = await evidenceRig(t, { cheap: 'sim-500', evidence: EACH });
    await times(40, async () => assert.equal((await it.ask()).status, 200));
    const [report] = it.reports();
    assert.equal(report?.n, 0);
    assert.ok(Number(report?.results.unavailable) > 10);
    assert.equal(report?.state, 'shadow');
    assert.ok(
      it.proxy.runtime.gates.circuits
        .snapshots()
        .some(({ name, state }) => name.includes('sim-500') && state !== 'closed'),
    );
  });

  for (const refusal of ['sim-content-filter', 'sim-policy-violation'])
    test(`takes ${refusal} of the cheap model, where the strong one answers, for a loss`, async (t) => {
      const it = await evidenceRig(t, { cheap: refusal, evidence: EACH });
      await times(60, async () => assert.equal((await it.ask()).status, 200));
      const [report] = it.reports();
      assert.ok(Number(report?.results.strongBetter) >= 5, JSON.stringify(report?.results));
      assert.equal(report?.results.unavailable, 0);
      assert.equal(report?.state, 'suspended');
    });

  test('hears that an admitted model has begun to turn down what the strong one answers', async (t) => {
    const it = await evidenceRig(t);
    await untilAdmitted(it);
    const { strongBetter } = it.reports()[0]?.results ?? assert.fail();
    for (let n = 0; n < 100 && it.reports()[0]?.state === 'admitted'; n++) {
      it.upstreams[0]?.script(CHEAP, 'content-filter');
      assert.equal((await it.ask()).status, 400);
    }
    const [report] = it.reports();
    assert.notEqual(report?.state, 'admitted');
    assert.ok(Number(report?.results.strongBetter) > strongBetter);
  });

  test('learns nothing of requests that both turn down, however many there are', async (t) => {
    const it = await evidenceRig(t);
    await untilAdmitted(it);
    const before = it.reports()[0];
    for (let n = 0; n < 40; n++) {
      it.upstreams[0]?.script(CHEAP, 'policy-violation');
      it.upstreams[0]?.script(STRONG, 'policy-violation');
      assert.equal((await it.ask()).status, 400);
    }
    const [report] = it.reports();
    assert.deepEqual([report?.state, report?.n, report?.blind], ['admitted', before?.n, false]);
    assert.ok(Number(report?.results.undecided) > Number(before?.results.undecided) + 10);
    assert.equal(report?.results.unavailable, before?.results.unavailable);
  });

  test('does not compare requests for several answers', async (t) => {
    const it = await evidenceRig(t, { evidence: EACH });
    await times(25, () => it.ask({ body: { n: 2 } }));
    assert.equal(it.calls(CHEAP), 0);
  });
});

describe('what comparing costs', () => {
  test('is charged to the tenant with lines of its own, and counted against what is saved', async (t) => {
    const it = await evidenceRig(t, { more: TENANTS, evidence: EACH });
    await times(25, () => it.ask(AS_ACME));
    const lines = (await it.proxy.runtime.tenancy?.budgets.ledger('acme', { limit: 1_000 })) ?? [];
    const shadows = lines.filter(({ endpoint }) => endpoint === 'shadow');
    assert.equal(shadows.length, it.calls(CHEAP));
    // 1,000 tokens at $1 and 10 at $2 a million.
    for (const { cost, saved, model } of shadows) assert.deepEqual([cost, saved, model], [1_020_000, 0, `a/${CHEAP}`]);
    const counters = (await it.proxy.runtime.tenancy?.budgets.counters('acme', 100)) ?? [];
    const spent = counters.find(({ key }) => key === 'tenant/usd/day')?.spent;
    assert.equal(
      spent,
      lines.reduce((sum, { cost }) => sum + cost, 0),
    );
    assert.equal(
      counters.every(({ held }) => held === 0),
      true,
    );
    assert.equal(it.reports()[0]?.spent.shadow, shadows.length * 1_020_000);
  });

  test('stays within what the policy may spend a day', async (t) => {
    // An eighth of it is there at once: a little more than five comparisons.
    const it = await evidenceRig(t, { evidence: `${EACH}, budget: $0.045/day` });
    await times(80, () => it.ask());
    assert.ok(it.calls(CHEAP) >= 2 && it.calls(CHEAP) <= 7, String(it.calls(CHEAP)));
  });

  test('is not spent where a price is not known and there is a budget', async (t) => {
    const it = await evidenceRig(t, {
      evidence: `${EACH}, budget: $1/day`,
      // The simulator's models are on no list.
      price: '',
    });
    await times(25, () => it.ask());
    assert.equal(it.calls(CHEAP), 0);
  });

  test('is not more than the tenant has left', async (t) => {
    const tenants = TENANTS.replace('limit: $1000', 'limit: $0.5');
    const it = await evidenceRig(t, { more: tenants, price: '{input: "$100/M", output: "$20000/M"}', evidence: EACH });
    // Each answer is held for with 500 tokens; the second model would be held for with far more.
    const cheap = { ...AS_ACME, body: { max_tokens: 50 } };
    await times(25, () => it.ask(cheap));
    assert.equal(it.calls(CHEAP), 0);
    assert.ok(it.events.some(({ reason }) => String(reason).includes('no budget of the tenant')));
  });

  test('ends with the proxy: nothing is waited for, and no timer is left', async (t) => {
    const it = await evidenceRig(t, { cheap: 'sim-ttft-600s@cheap', speed: 1, evidence: EACH });
    await times(21, () => it.ask({ leave: true }));
    await it.ask({ leave: true });
    while (it.calls('sim-ttft-600s@cheap') === 0) await new Promise((resolve) => setImmediate(resolve));
    await it.proxy.close();
    assert.equal(it.reports()[0]?.n, 0);
  });
});

describe('tenants', () => {
  test('have evidence of their own', async (t) => {
    const it = await evidenceRig(t, { more: TENANTS });
    await untilAdmitted(it, AS_ACME);
    assert.equal((await it.ask(AS_ACME)).model, 'cheap');
    assert.equal((await it.ask(AS_BETA)).model, 'smart');
    assert.equal((await it.ask(AS_BETA)).state, 'observe');
  });

  test('are shown to operators, one or all, and to nobody else', async (t) => {
    const it = await evidenceRig(t, { more: TENANTS });
    await untilAdmitted(it, AS_ACME);
    await times(2, () => it.ask(AS_BETA));
    const all = await admin(it, '/admin/routes');
    assert.deepEqual([all.status, all.json.total], [200, 2]);
    const { json } = await admin(it, '/admin/routes?tenant=acme');
    const [route] = json.routes;
    assert.deepEqual(
      [json.routes.length, route.tenant, route.policy, route.state, route.pair],
      [1, 'acme', 'p', 'admitted', { cheap: 'cheap', strong: 'smart' }],
    );
    assert.ok(route.savedUsd >= 0 && route.spentUsd.shadow > 0);
    assert.ok(Math.abs(route.netUsd - (route.savedUsd - route.spentUsd.shadow)) < 1e-9);
    assert.match(route.verdict, /^Good enough/);
    assert.equal((await admin(it, '/admin/routes?limit=0')).status, 400);
    assert.equal((await admin(it, '/admin/routes?tenent=acme')).status, 400);
    assert.equal((await fetch(`${it.proxy.url}/admin/routes`, AS_ACME)).status, 401);
    const env = { BREAKWATER_ADMIN_KEY: ADMIN };
    const shown = await run(['route', 'status', '--url', it.proxy.url, '--verdicts'], env);
    assert.equal(shown.status, 0, shown.error);
    assert.match(shown.out, /^TENANT +POLICY +KEY +CHEAP +STATE/);
    assert.match(shown.out, /\nacme +p +plain +cheap +admitted +\d+ +0\.0pt +\d+\.\dpt +\d+\/\d+ +\$/);
    assert.match(shown.out, /\nplain, cheap: Good enough/);
    const asJson = await run(['route', 'status', '--url', it.proxy.url, '--tenant', 'beta', '--json'], env);
    assert.equal(JSON.parse(asJson.out).routes[0].tenant, 'beta');
    assert.equal((await run(['route', 'status'], env)).status, 2);
    assert.equal((await run(['route', 'status', '--url', it.proxy.url], { BREAKWATER_ADMIN_KEY: 'wrong' })).status, 1);
    const metrics = await it.proxy.runtime.telemetry.metrics.text();
    assert.match(metrics, /breakwater_route_pairs\{policy="p",state="admitted"\} 1/);
    assert.match(metrics, /breakwater_routes_compared_total\{policy="p",result="same"\} \d+/);
  });
});

describe('a judge', () => {
  const JUDGED = 'delta: 20pt, shadow: 50%, canary: 50%, judge: {target: j/judge}';

  test('whose word is that there is no difference admits answers that are worded otherwise, on the tenant’s account', async (t) => {
    const it = await evidenceRig(t, { cheap: OTHER_TEXT, evidence: JUDGED, more: TENANTS });
    await untilAdmitted(it, AS_ACME);
    const prompts = it.judge.prompts.length;
    assert.ok(prompts >= 20);
    const lines = (await it.proxy.runtime.tenancy?.budgets.ledger('acme', { limit: 1_000 })) ?? [];
    const judged = lines.filter(({ endpoint }) => endpoint === 'judge');
    assert.equal(judged.length, prompts);
    // A hundred tokens at a dollar a million.
    for (const { cost } of judged) assert.equal(cost, 100_000);
    assert.equal(it.reports()[0]?.spent.judge, prompts * 100_000);
  });

  test('that is away admits nothing, and no client notices', async (t) => {
    const it = await evidenceRig(t, { cheap: OTHER_TEXT, evidence: JUDGED.replace('j/judge', 'a/sim-500') });
    await times(80, async () => assert.equal((await it.ask()).status, 200));
    const [report] = it.reports();
    assert.deepEqual([report?.state, report?.n], ['shadow', 0]);
    assert.ok(Number(report?.results.unavailable) >= 20);
  });

  test('that always says FIRST admits nothing', async (t) => {
    const it = await evidenceRig(t, { cheap: OTHER_TEXT, evidence: JUDGED });
    it.judge.word = 'FIRST';
    await times(80, () => it.ask());
    const [report] = it.reports();
    assert.deepEqual([report?.state, report?.n], ['shadow', 0]);
    assert.ok(Number(report?.results.undecided) >= 20);
  });
});

describe('evidence', () => {
  test('outlives the process', async (t) => {
    const state = ownDirectory();
    const first = await evidenceRig(t, { state });
    await untilAdmitted(first);
    await first.proxy.close();
    const second = await evidenceRig(t, { state });
    await second.ask();
    assert.deepEqual([(await second.ask()).model, (await second.ask()).state], ['cheap', 'admitted']);
  });

  test('is in memory where its file cannot be used', async (t) => {
    const dir = stateDir();
    const state = `{dir: ${JSON.stringify(dir)}}`;
    mkdirSync(join(dir, 'routes.db'), { recursive: true });
    const it = await evidenceRig(t, { state });
    await untilAdmitted(it);
    assert.ok(it.events.some(({ msg }) => String(msg).includes('evidence for routes is in memory only')));
  });
});

describe('reported outcomes', () => {
  const report = async (it: EvidenceRig, body: unknown, headers: Record<string, string> = {}) => {
    const response = await fetch(`${it.proxy.url}/v1/outcomes`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return { status: response.status, json: JSON.parse(await response.text()) };
  };

  test('are joined to what was routed of the session, once, and of the tenant only', async (t) => {
    const it = await evidenceRig(t, { more: TENANTS });
    const headers = { ...AS_ACME.headers, 'x-breakwater-session': 's1', 'x-breakwater-task': 't1' };
    await times(22, () => it.ask(AS_ACME));
    await times(3, () => it.ask({ headers }));
    const outcome = { session: 's1', task: 't1', success: true, score: 0.8, note: 'fine' };
    assert.deepEqual((await report(it, outcome, AS_BETA.headers)).json, { object: 'outcome', routes: 0, counted: 0 });
    assert.equal((await report(it, outcome)).status, 401);
    const told = await report(it, outcome, AS_ACME.headers);
    assert.deepEqual([told.status, told.json], [202, { object: 'outcome', routes: 1, counted: 1 }]);
    assert.deepEqual((await report(it, outcome, AS_ACME.headers)).json.routes, 0);
    assert.deepEqual(
      it.reports().map(({ outcomes }) => outcomes),
      [{ cheap: 0, strong: 1 }],
    );
  });

  test('are not counted where both models had a part in the work', async (t) => {
    const it = await evidenceRig(t);
    const headers = { 'x-breakwater-session': 's1' };
    await untilAdmitted(it, { headers });
    await it.ask({ headers });
    assert.deepEqual((await report(it, { session: 's1', success: true })).json, {
      object: 'outcome',
      routes: 1,
      counted: 0,
    });
  });

  test('stop a model whose answers look alike and whose work fails', async (t) => {
    const it = await evidenceRig(t);
    for (let n = 0; n < 400 && it.reports()[0]?.state !== 'suspended'; n++) {
      const { model } = await it.ask({ headers: { 'x-breakwater-task': `t${n}` } });
      await report(it, { task: `t${n}`, success: model === 'smart' });
    }
    assert.match(it.reports()[0]?.verdict ?? '', /reported outcomes of the cheap model are 0\.0%/);
  });

  test('are refused with what is wrong of them', async (t) => {
    const it = await evidenceRig(t);
    for (const [body, code, param] of [
      ['{', 'invalid_json', null],
      ['[]', 'invalid_type', null],
      [{ success: true }, 'missing_required_parameter', 'session'],
      [{ session: 's' }, 'missing_required_parameter', 'success'],
      [{ session: 5, success: true }, 'invalid_type', 'session'],
      [{ session: 'ü', success: true }, 'invalid_type', 'session'],
      [{ session: 's', success: 'yes' }, 'invalid_type', 'success'],
      [{ session: 's', score: 2 }, 'invalid_type', 'score'],
      [{ session: 's', success: true, note: 'x'.repeat(2_001) }, 'invalid_type', 'note'],
      [{ session: 's', sucess: true }, 'bad_request', null],
    ] as const) {
      const { status, json } = await report(it, body);
      assert.deepEqual([status, json.error.code, json.error.param ?? null], [400, code, param], JSON.stringify(body));
    }
    assert.equal((await fetch(`${it.proxy.url}/v1/outcomes`)).status, 405);
  });
});
