import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, type TestContext, test } from 'node:test';
import type { RedisTopology } from '../../../src/config/state-config.ts';
import type { Side } from '../../../src/routing/evidence/change.ts';
import type { EvidenceKey } from '../../../src/routing/evidence/evidence-key.ts';
import { OUTCOME_WITHIN_MS, RecentRoutes } from '../../../src/routing/evidence/recent-routes.ts';
import { RedisRecent } from '../../../src/routing/evidence/store/redis-recent.ts';
import { openRedisState } from '../../../src/state/redis/open-redis.ts';
import { FakeClock } from '../../breakers/fake-clock.ts';
import { type OwnRedis, placeFrom, redisServerCommand, skipWithout, startRedis } from '../../state/redis-server.ts';

const KEY: EvidenceKey = { tenant: 'acme', key: 'k1', pair: { cheap: 'small', strong: 'smart' } };
const routed = (side: Side, key = KEY) => ({ key, policy: 'p', side });

describe('recent routes of one process', () => {
  test('are told once, by session, by task, and by both', async () => {
    const recent = new RecentRoutes(new FakeClock());
    recent.remember('s', 't', routed('cheap'));
    recent.remember('s', 'u', routed('strong'));
    recent.remember(undefined, undefined, routed('strong'));
    const sides = async (session?: string, task?: string) =>
      (await recent.take('acme', session, task)).map(({ side }) => side ?? 'both');
    assert.deepEqual(await sides('s', 't'), ['cheap']);
    assert.deepEqual(await sides('s'), ['both']);
    assert.deepEqual(await sides('s'), []);
    assert.deepEqual(await sides(undefined, 'u'), ['strong']);
    assert.deepEqual(await recent.take('beta', undefined, 't'), []);
  });

  test('are forgotten a day after the last request', async () => {
    const clock = new FakeClock();
    const recent = new RecentRoutes(clock);
    recent.remember('s', undefined, routed('cheap'));
    clock.advance(OUTCOME_WITHIN_MS + 1);
    assert.deepEqual(await recent.take('acme', 's', undefined), []);
  });

  test('are this process’s own where the others cannot be asked', async () => {
    const gone = () => Promise.reject(new Error('gone'));
    const recent = new RecentRoutes(new FakeClock(), { remember: gone, take: gone });
    recent.remember('s', undefined, routed('cheap'));
    assert.deepEqual(await recent.take('acme', 's', undefined), [routed('cheap')]);
    assert.deepEqual(await recent.take('acme', 's', undefined), []);
  });
});

const server = placeFrom('BREAKWATER_TEST_REDIS');
const cluster = placeFrom('BREAKWATER_TEST_REDIS_CLUSTER');
const noServer = skipWithout(server ?? redisServerCommand(), 'no Redis');
const noCluster = skipWithout(cluster, 'BREAKWATER_TEST_REDIS_CLUSTER names none');
let own: OwnRedis | undefined;
before(async () => {
  if (server === undefined && noServer === false) own = await startRedis();
});
after(() => own?.end());

sharedBy('a single Redis', noServer, { kind: 'standalone' }, () => server ?? own);
sharedBy('a Redis Cluster', noCluster, { kind: 'cluster' }, () => cluster);

function sharedBy(
  name: string,
  skip: string | false,
  topology: RedisTopology,
  place: () => { readonly host: string; readonly port: number } | undefined,
): void {
  describe(`recent routes of replicas with ${name}`, { skip }, () => {
    const open = async (t: TestContext, most?: number) => {
      const at = place();
      assert.ok(at);
      const keyPrefix = `test-${randomBytes(6).toString('hex')}`;
      const urls = [`redis://${at.host}:${at.port}`];
      const { link, close } = await openRedisState({ urls, topology, timeout: 30_000, keyPrefix });
      t.after(close);
      const shared = new RedisRecent(link, keyPrefix, most);
      const replica = () => {
        const told: Promise<void>[] = [];
        const recent = new RecentRoutes(new FakeClock(), {
          remember: (ids, route) => {
            const one = shared.remember(ids, route);
            told.push(one);
            return one;
          },
          take: (tenant, id) => shared.take(tenant, id),
        });
        return { recent, told: () => Promise.all(told) };
      };
      return { link, key: (tenant: string) => `${keyPrefix}:{${tenant}}:work`, replica };
    };

    test('are those of all of them, told to one of them once', async (t) => {
      const { replica } = await open(t);
      const [one, other] = [replica(), replica()];
      one.recent.remember('s', 't', routed('cheap'));
      await one.told();
      other.recent.remember('s', 'u', routed('strong'));
      other.recent.remember('s', 'u', routed('strong', { ...KEY, key: 'k"2' }));
      await other.told();
      const shown = async (it: typeof one, session?: string, task?: string, tenant = 'acme') =>
        (await it.recent.take(tenant, session, task))
          .map(({ key, policy, side }) => [key.key, policy, side ?? 'both'])
          .sort();
      assert.deepEqual(await shown(one, 's', undefined, 'beta'), []);
      assert.deepEqual(await shown(one, 's'), [
        ['k"2', 'p', 'strong'],
        ['k1', 'p', 'both'],
      ]);
      assert.deepEqual(await shown(other, 's'), []);
      assert.deepEqual(await shown(one, undefined, 'u'), [
        ['k"2', 'p', 'strong'],
        ['k1', 'p', 'strong'],
      ]);
      assert.deepEqual(await other.recent.take('acme', 's', 't'), [routed('cheap')]);
    });

    test('are bounded: of one session, of a tenant, and in time', async (t) => {
      const { replica, link, key } = await open(t, 10);
      const it = replica();
      for (let n = 0; n < 20; n++) it.recent.remember('s', undefined, routed('cheap', { ...KEY, key: `k${n}` }));
      await it.told();
      assert.equal((await it.recent.take('acme', 's', undefined)).length, 16);
      for (let n = 0; n < 20; n++) {
        it.recent.remember(`s${n}`, 't', routed('cheap', { ...KEY, tenant: '' }));
        await it.told();
      }
      assert.equal(await link.call('hlen', key('~')), 10);
      assert.equal(await link.call('zcard', `${key('~')}:at`), 10);
      assert.ok(Number(await link.call('pttl', key('~'))) > OUTCOME_WITHIN_MS - 60_000);
      assert.ok(Number(await link.call('pttl', `${key('~')}:at`)) > OUTCOME_WITHIN_MS - 60_000);
      assert.equal((await it.recent.take('', 's19', undefined)).length, 1);
      assert.equal((await it.recent.take('', 's0', undefined)).length, 0);
    });
  });
}
