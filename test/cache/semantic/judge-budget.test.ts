import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '../../../src/clock.ts';
import { NO_TENANT, SpendingBudget } from '../../../src/state/spending-budget.ts';
import { until } from '../../chaos/until.ts';
import { type OwnRedis, redisServerCommand, skipWithout, startRedis } from '../../state/redis-server.ts';
import { openOn } from '../../state/redis-stand.ts';
import { type SemanticRig, type SemanticRigOptions, semanticRig } from './rig.ts';

const FRANCE = 'What is the capital of France?';
const FRANCE_TOO = "What's the capital of France?";
const LIMIT = 800_000;
const noServer = skipWithout(redisServerCommand(), 'no redis-server of 7.2 or newer on PATH');

/** Every hit is in the judge's band; a word costs a hundred tokens at a dollar a million, of $0.0008 a day. */
const judged = (budget: string) =>
  `{mode: live, threshold: 0.75, judge: {target: e/judge, timeout: 600s, band: 0.24, budget: ${budget}}}`;

async function askedNear(t: Parameters<typeof semanticRig>[0], options: SemanticRigOptions): Promise<SemanticRig> {
  const rig = await semanticRig(t, { ...options, cache: 'exact: off', semantic: judged('$0.0008/day') });
  rig.embedder.word = 'YES';
  await rig.ask(FRANCE);
  // What is kept is kept after the client has its answer.
  await until('the exchange is over', () => rig.proxy.runtime.exchanges.size === 0);
  await rig.proxy.runtime.semantic?.settled();
  return rig;
}

describe('the budget of a judge', () => {
  test('ends its questions, and no request', async (t) => {
    const rig = await askedNear(t, {});
    const reasons: (string | null | undefined)[] = [];
    const things = ['label', 'chart', 'filter', 'comment', 'table', 'picture', 'footer', 'timer', 'button', 'panel'];
    for (const thing of things) {
      await rig.ask(`How do I add a ${thing} to the ${thing} board?`);
      await rig.proxy.runtime.semantic?.settled();
      const { status, cache } = await rig.ask(`How can I add a ${thing} to the ${thing} board?`);
      await rig.proxy.runtime.semantic?.settled();
      assert.equal(status, 200);
      reasons.push(cache?.split(';')[0] === 'semantic' ? 'served' : cache);
    }
    assert.equal(rig.embedder.prompts.length, 8, reasons.join(', '));
    assert.ok(reasons.includes('served'));
    assert.equal(reasons.at(-1), 'miss; reason=judge');
    assert.equal((await rig.metrics('breakwater_semantic_trouble_total{what="judge"}')).length, 1);
  });

  describe('of replicas', { skip: noServer }, () => {
    let redis: OwnRedis;
    before(async () => {
      redis = await startRedis();
    });
    after(() => redis.end());

    test('is spent where another has spent it', async (t) => {
      const keyPrefix = `test-${randomBytes(6).toString('hex')}`;
      const stand = await openOn(redis, { keyPrefix });
      const budget = new SpendingBudget({
        store: stand.budgets,
        clock: systemClock,
        tenant: NO_TENANT,
        name: 'models.m.cache.semantic.judge',
        limit: LIMIT,
        periodMs: 86_400_000,
      });
      await (await budget.hold('other', LIMIT))?.settle(LIMIT);
      await stand.close();
      const state = `{redis: "redis://${redis.host}:${redis.port}", keyPrefix: ${keyPrefix}, timeout: 20s}`;
      const rig = await askedNear(t, { state });
      const told = await rig.ask(FRANCE_TOO);
      assert.deepEqual([told.status, told.cache], [200, 'miss; reason=judge']);
      assert.equal(rig.embedder.prompts.length, 0);
    });
  });
});
