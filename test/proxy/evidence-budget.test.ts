import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '../../src/clock.ts';
import { NO_TENANT, SpendingBudget } from '../../src/state/spending-budget.ts';
import { ownDirectory } from '../cache/rig.ts';
import { type OwnRedis, redisServerCommand, skipWithout, startRedis } from '../state/redis-server.ts';
import { openOn } from '../state/redis-stand.ts';
import { type AskOptions, CHEAP, EACH, type EvidenceRig, evidenceRig, KEY, TENANTS } from './evidence-rig.ts';

const AS_ACME: AskOptions = { headers: { authorization: `Bearer ${KEY}` } };
/** Of one comparison, nano-dollars: 1,000 tokens at $1 and 10 at $2 a million. */
const COMPARISON = 1_020_000;
const DAY = 86_400_000;
const COUNTER = `evidence:p/usd/${DAY}ms`;
const noServer = skipWithout(redisServerCommand(), 'no redis-server of 7.2 or newer on PATH');

async function times(n: number, run: () => Promise<unknown>): Promise<void> {
  for (let at = 0; at < n; at++) await run();
}

/** What the counter of the policy has; it is settled behind the comparison's back. */
async function spent(it: EvidenceRig, tenant: string): Promise<{ spent: number; held: number }> {
  const counters = (await it.proxy.runtime.tenancy?.budgets.counters(tenant, 100)) ?? [];
  const counter = counters.find(({ key }) => key === COUNTER);
  return { spent: counter?.spent ?? 0, held: counter?.held ?? 0 };
}

describe('a budget for evidence', () => {
  test('is charged what comparisons have cost, tenant by tenant', async (t) => {
    const it = await evidenceRig(t, { more: TENANTS, evidence: `${EACH}, budget: $0.5/day` });
    await times(30, () => it.ask(AS_ACME));
    assert.ok(it.calls(CHEAP) > 0);
    assert.deepEqual(await spent(it, 'acme'), { spent: it.calls(CHEAP) * COMPARISON, held: 0 });
    assert.deepEqual(await spent(it, 'beta'), { spent: 0, held: 0 });
  });

  test('is charged for the judge, too', async (t) => {
    const it = await evidenceRig(t, {
      cheap: 'sim-other-text-usage-1000-10@cheap',
      more: TENANTS,
      evidence: `${EACH}, budget: $10/day, judge: {target: j/judge}`,
    });
    await times(30, () => it.ask(AS_ACME));
    const [report] = it.reports();
    assert.ok(report !== undefined && report.spent.judge > 0);
    assert.deepEqual(await spent(it, 'acme'), { spent: report.spent.shadow + report.spent.judge, held: 0 });
  });

  test('is remembered by the next process, on SQLite', async (t) => {
    const state = ownDirectory();
    const options = { state, more: TENANTS, evidence: `${EACH}, budget: $0.5/day` };
    const first = await evidenceRig(t, options);
    await times(30, () => first.ask(AS_ACME));
    const before = await spent(first, 'acme');
    assert.ok(before.spent > 0);
    await first.proxy.close();
    const second = await evidenceRig(t, options);
    assert.deepEqual(await spent(second, 'acme'), before);
    await times(30, () => second.ask(AS_ACME));
    const all = second.reports()[0]?.spent.shadow ?? 0;
    assert.ok(all > before.spent);
    assert.deepEqual(await spent(second, 'acme'), { spent: all, held: 0 });
  });

  describe('of replicas', { skip: noServer }, () => {
    let redis: OwnRedis;
    before(async () => {
      redis = await startRedis();
    });
    after(() => redis.end());
    const newPrefix = () => `test-${randomBytes(6).toString('hex')}`;
    const state = (prefix: string, more = '') =>
      `{redis: "redis://${redis.host}:${redis.port}", keyPrefix: ${prefix}, timeout: 20s${more}}`;

    test('is one for all of them, by way of Redis', async (t) => {
      const prefix = newPrefix();
      const options = { state: state(prefix), more: TENANTS, evidence: `${EACH}, budget: $0.5/day` };
      const replicas = [await evidenceRig(t, options), await evidenceRig(t, options)] as const;
      for (const it of replicas) await times(25, () => it.ask(AS_ACME));
      for (const it of replicas) assert.ok(it.calls(CHEAP) > 0);
      const lines = (await replicas[0].proxy.runtime.tenancy?.budgets.ledger('acme', { limit: 1_000 })) ?? [];
      const all = lines.filter(({ endpoint }) => endpoint === 'shadow').reduce((sum, { cost }) => sum + cost, 0);
      for (const it of replicas) assert.deepEqual(await spent(it, 'acme'), { spent: all, held: 0 });
    });

    for (const whose of ['acme', NO_TENANT])
      test(`that another has spent lets nothing be compared, and every request be answered (${whose})`, async (t) => {
        const prefix = newPrefix();
        const limit = 500_000_000;
        const stand = await openOn(redis, { keyPrefix: prefix });
        const other = { store: stand.budgets, clock: systemClock, tenant: whose, name: 'evidence:p' };
        const hold = await new SpendingBudget({ ...other, limit, periodMs: DAY }).hold('other', limit);
        await hold?.settle(limit);
        await stand.close();
        const more = whose === NO_TENANT ? '' : TENANTS;
        const it = await evidenceRig(t, { state: state(prefix), more, evidence: `${EACH}, budget: $0.5/day` });
        const asked = whose === NO_TENANT ? {} : AS_ACME;
        await times(40, async () => assert.equal((await it.ask(asked)).status, 200));
        assert.equal(it.calls(CHEAP), 0);
        assert.equal(it.reports()[0]?.state, 'shadow');
        assert.deepEqual(it.reports()[0]?.results.unavailable, 0, 'what was skipped is no outage');
      });

    test('whose Redis is gone lets nothing be compared either, though requests may pass', async (t) => {
      const own = await startRedis();
      t.after(() => own.end());
      const url = `redis://${own.host}:${own.port}`;
      const it = await evidenceRig(t, {
        // 50 ms of the rig's clock are two and a half: on a busy machine Redis would be away from the start.
        state: `{redis: "${url}", whenUnavailable: allow, timeout: 20s}`,
        more: TENANTS,
        evidence: `${EACH}, budget: $0.5/day`,
      });
      await times(30, () => it.ask(AS_ACME));
      const before = it.calls(CHEAP);
      assert.ok(before > 0);
      await own.kill();
      await times(20, async () => assert.equal((await it.ask(AS_ACME)).status, 200));
      assert.equal(it.calls(CHEAP), before);
      await own.start();
    });
  });
});
