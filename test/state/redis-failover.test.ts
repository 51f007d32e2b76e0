import assert from 'node:assert/strict';
import { after, describe, it, type TestContext } from 'node:test';
import { StateUnavailable } from '../../src/state/budget-store.ts';
import { ask, charge, levelOf, request, settlement } from './asks.ts';
import { type OwnRedis, redisServerCommand, skipWithout, startRedis, startSentinel, until } from './redis-server.ts';
import { openOn, type RedisStand } from './redis-stand.ts';

const skip = skipWithout(redisServerCommand(), 'no redis-server of 7.2 or newer on PATH');

/** A reserve goes through, whatever happened before. */
const serves = (stand: RedisStand, tenant: string, prefix: string): Promise<void> => {
  let tries = 0;
  return until(`${tenant} is served`, async () => {
    const id = `${prefix}${tries++}`;
    try {
      const reply = await stand.budgets.reserve(request(tenant, id, { counters: [ask('usd', 1_000, 1)] }));
      await stand.budgets.settle(settlement(tenant, id, [charge('usd', 0)]));
      return reply.kind === 'held';
    } catch (error) {
      if (error instanceof StateUnavailable) return false;
      throw error;
    }
  });
};

describe('a Cluster that loses a master', { skip }, () => {
  const nodes: OwnRedis[] = [];
  let stand: RedisStand | undefined;
  after(async () => {
    await stand?.close();
    for (const node of nodes) await node.end();
  });

  it('is used again once the replica has taken over, and its other masters all the while', async () => {
    for (let n = 0; n < 4; n++) {
      nodes.push(
        await startRedis(
          '--cluster-enabled',
          'yes',
          '--cluster-node-timeout',
          '1000',
          '--cluster-announce-ip',
          '127.0.0.1',
        ),
      );
    }
    const [one, two, three, spare] = nodes as [OwnRedis, OwnRedis, OwnRedis, OwnRedis];
    await one.command('cluster', 'addslotsrange', 0, 5460);
    await two.command('cluster', 'addslotsrange', 5461, 10922);
    await three.command('cluster', 'addslotsrange', 10923, 16383);
    for (const node of [two, three, spare]) await one.command('cluster', 'meet', node.host, node.port);
    const text = async (node: OwnRedis, ...args: [string, ...string[]]) => String(await node.command(...args));
    for (const node of nodes) {
      await until('all have met', async () => /cluster_known_nodes:4/.test(await text(node, 'cluster', 'info')));
    }
    await spare.command('cluster', 'replicate', await text(one, 'cluster', 'myid'));
    await until('replicated', async () => /master_link_status:up/.test(await text(spare, 'info', 'replication')));
    for (const node of nodes) {
      await until('all slots served', async () => /cluster_state:ok/.test(await text(node, 'cluster', 'info')));
    }

    const tenantOn = async (from: number, to: number) => {
      for (let n = 0; ; n++) {
        const slot = Number(await one.command('cluster', 'keyslot', `{tenant-${n}}`));
        if (slot >= from && slot <= to) return `tenant-${n}`;
      }
    };
    const [lost, kept] = [await tenantOn(0, 5460), await tenantOn(5461, 10922)];
    stand = await openOn(one, { topology: { kind: 'cluster' }, timeout: 1_000 });
    for (const tenant of [lost, kept]) {
      const counters = [ask('usd', 1_000, 100)];
      assert.equal((await stand.budgets.reserve(request(tenant, 'a', { counters }))).kind, 'held');
    }
    await until('the replica has it', async () => Number(await spare.command('dbsize')) > 0);

    await one.kill();
    await assert.rejects(stand.budgets.reserve(request(lost, 'b')), StateUnavailable);
    for (let n = 0; n < 20; n++) await stand.budgets.reserve(request(kept, `while-down-${n}`));
    await serves(stand, lost, 'after');
    await stand.budgets.settle(settlement(lost, 'a', [charge('usd', 40)]));
    assert.deepEqual(await levelOf(stand.budgets, lost, 'usd'), { spent: 40, held: 0 });
    await until('told', () => (stand?.recoveries.length ?? 0) > 0);
  });
});

describe('a master that Sentinel watches', { skip }, () => {
  for (const [what, change] of [
    ['dies', (watched: Watched) => watched.master.kill()],
    ['is made a replica', demote],
  ] as const) {
    it(`is followed to its successor when it ${what}`, async (t) => {
      const watched = await watch(t);
      const { replica, sentinel } = watched;
      const stand = await openOn(sentinel, { topology: { kind: 'sentinel', master: 'budgets' }, timeout: 1_000 });
      t.after(() => stand.close());
      await serves(stand, 'acme', 'before');
      await until('the replica has it', async () => Number(await replica.command('dbsize')) > 0);
      await change(watched);
      await until('promoted', async () => /role:master/.test(String(await replica.command('info', 'replication'))));
      await serves(stand, 'acme', 'after');
      assert.equal(Number(await replica.command('exists', 'test:{acme}:c:usd')), 1);
    });
  }
});

interface Watched {
  readonly master: OwnRedis;
  readonly replica: OwnRedis;
  readonly sentinel: OwnRedis;
}

/** A master with one replica and one Sentinel, which knows both. */
async function watch(t: TestContext): Promise<Watched> {
  const master = await startRedis();
  t.after(() => master.end());
  const replica = await startRedis('--replicaof', `${master.host} ${master.port}`);
  t.after(() => replica.end());
  await until('replicated', async () =>
    /master_link_status:up/.test(String(await replica.command('info', 'replication'))),
  );
  const sentinel = await startSentinel(
    `sentinel monitor budgets ${master.host} ${master.port} 1`,
    'sentinel down-after-milliseconds budgets 500',
    'sentinel failover-timeout budgets 2000',
  );
  t.after(() => sentinel.end());
  await until('Sentinel knows the replica', async () =>
    JSON.stringify(await sentinel.command('sentinel', 'replicas', 'budgets')).includes(`:${replica.port}`),
  );
  return { master, replica, sentinel };
}

/** Both go on running. Sentinel refuses until it has looked at the replica. */
function demote({ sentinel }: Watched): Promise<void> {
  return until('Sentinel changes masters', async () => {
    try {
      return (await sentinel.command('sentinel', 'failover', 'budgets')) === 'OK';
    } catch (error) {
      if (error instanceof Error && error.message.startsWith('NOGOODSLAVE')) return false;
      throw error;
    }
  });
}
