import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Charge, CounterAsk } from '../../src/state/budget-store.ts';
import { ask, charge, levelOf, request, settlement } from './asks.ts';
import type { Stand } from './conformance.ts';

const hour = 3_600_000;

export function windowsAndLeasesConform(stand: Stand): void {
  /** The hour that `offset` hours from now lies in. */
  const hourOf = (offset = 0) => {
    const windowStart = (Math.floor(stand.clock.now() / hour) + offset) * hour;
    return { windowStart, windowEnd: windowStart + hour };
  };
  const hourly = (limit: number, amount: number, offset = 0): CounterAsk => ask('hour', limit, amount, hourOf(offset));
  const charged = (amount: number, window: Partial<Charge>) => charge('hour', amount, window);
  const reserve = async (tenant: string, id: string, counter: CounterAsk, leaseMs = 10 * hour) =>
    stand.store().reserve(request(tenant, id, { counters: [counter], leaseMs }));

  describe('windows', () => {
    it('begin empty', async () => {
      const tenant = stand.freshTenant();
      await reserve(tenant, 'a', hourly(10, 10));
      await stand.store().settle(settlement(tenant, 'a', [charged(10, hourOf())]));
      assert.equal((await reserve(tenant, 'b', hourly(10, 1))).kind, 'refused');
      stand.clock.advance(hour);
      assert.equal((await reserve(tenant, 'c', hourly(10, 10))).kind, 'held');
    });

    it('are not weighed on by holds of the window before, whose charges only the ledger keeps', async () => {
      const tenant = stand.freshTenant();
      const before = hourOf();
      await reserve(tenant, 'a', hourly(10, 10));
      stand.clock.advance(hour);
      assert.equal((await reserve(tenant, 'b', hourly(10, 10))).kind, 'held');
      const reply = await stand.store().settle(settlement(tenant, 'a', [charged(7, before)]));
      assert.equal(reply.settled, true);
      assert.deepEqual(reply.counters, [undefined]);
      assert.deepEqual(await levelOf(stand.store(), tenant, 'hour'), { spent: 0, held: 10 });
      assert.equal((await stand.store().ledger(tenant, { limit: 10 })).length, 1);
    });

    it('never go back: with a clock set back, an earlier window is counted in the one reached', async () => {
      const tenant = stand.freshTenant();
      await reserve(tenant, 'a', hourly(10, 1));
      stand.clock.advance(hour);
      await reserve(tenant, 'b', hourly(10, 8));
      stand.clock.advance(-hour);
      const earlier = hourOf();
      assert.equal((await reserve(tenant, 'c', hourly(10, 3))).kind, 'refused');
      assert.equal((await reserve(tenant, 'd', hourly(10, 2))).kind, 'held');
      assert.deepEqual(await levelOf(stand.store(), tenant, 'hour'), { spent: 0, held: 10 });
      await stand.store().settle(settlement(tenant, 'd', [charged(1, earlier)]));
      assert.deepEqual(await levelOf(stand.store(), tenant, 'hour'), { spent: 1, held: 8 });
      stand.clock.advance(hour);
    });

    it('are not moved by what is refused', async () => {
      const tenant = stand.freshTenant();
      await reserve(tenant, 'a', hourly(10, 9));
      stand.clock.advance(hour);
      assert.equal((await reserve(tenant, 'b', hourly(10, 11))).kind, 'refused');
      stand.clock.advance(-hour);
      assert.equal((await reserve(tenant, 'c', hourly(10, 2))).kind, 'refused');
      stand.clock.advance(hour);
    });

    it('that do not contain the time of the store are stale, and nothing is held', async () => {
      const tenant = stand.freshTenant();
      for (const [id, offset] of [
        ['a', -1],
        ['b', 1],
      ] as const) {
        const reply = await stand
          .store()
          .reserve(request(tenant, id, { counters: [ask('usd', 10, 1), hourly(10, 1, offset)] }));
        assert.deepEqual(reply, { kind: 'stale-window', now: stand.clock.now() });
      }
      assert.deepEqual(await levelOf(stand.store(), tenant, 'usd'), { spent: 0, held: 0 });
    });

    it('begin with their first millisecond and end before their end', async () => {
      const tenant = stand.freshTenant();
      const now = stand.clock.now();
      const at = (windowStart: number, windowEnd: number) => ask('usd', 10, 1, { windowStart, windowEnd });
      assert.equal((await reserve(tenant, 'a', at(now, now + 1))).kind, 'held');
      assert.equal((await reserve(tenant, 'b', at(now - 1, now))).kind, 'stale-window');
      assert.equal((await reserve(tenant, 'c', at(now + 1, now + 2))).kind, 'stale-window');
    });
  });

  describe('leases', () => {
    it('give back what is held when they run out, before anything is refused for it', async () => {
      const tenant = stand.freshTenant();
      await reserve(tenant, 'a', ask('usd', 10, 10), 5_000);
      stand.clock.advance(4_999);
      assert.equal((await reserve(tenant, 'b', ask('usd', 10, 10), 5_000)).kind, 'refused');
      stand.clock.advance(2);
      assert.equal((await reserve(tenant, 'c', ask('usd', 10, 10), 5_000)).kind, 'held');
    });

    it('that have run out do not show as held', async () => {
      const tenant = stand.freshTenant();
      await reserve(tenant, 'a', ask('usd', 10, 10), 5_000);
      stand.clock.advance(5_001);
      assert.deepEqual(await levelOf(stand.store(), tenant, 'usd'), { spent: 0, held: 0 });
    });

    it('are ended by the reaper, which counts them', async () => {
      const tenant = stand.freshTenant();
      await stand.store().reap();
      await reserve(tenant, 'a', ask('usd', 10, 1), 5_000);
      await reserve(tenant, 'b', ask('usd', 10, 1), 5_000);
      await reserve(tenant, 'c', ask('usd', 10, 1), 50_000);
      stand.clock.advance(5_001);
      assert.equal(await stand.store().reap(), 2);
      assert.equal(await stand.store().reap(), 0);
      assert.deepEqual(await levelOf(stand.store(), tenant, 'usd'), { spent: 0, held: 1 });
    });

    it('are prolonged from now on, where there still is a hold', async () => {
      const tenant = stand.freshTenant();
      await reserve(tenant, 'a', ask('usd', 10, 6), 5_000);
      await reserve(tenant, 'b', ask('usd', 10, 4), 5_000);
      stand.clock.advance(4_000);
      await stand.store().renew(tenant, ['a', 'unknown'], 5_000);
      stand.clock.advance(4_000);
      assert.deepEqual(await levelOf(stand.store(), tenant, 'usd'), { spent: 0, held: 6 });
      await stand.store().reap();
      await stand.store().renew(tenant, ['b'], 5_000);
      assert.deepEqual(await levelOf(stand.store(), tenant, 'usd'), { spent: 0, held: 6 });
      stand.clock.advance(1_001);
      assert.deepEqual(await levelOf(stand.store(), tenant, 'usd'), { spent: 0, held: 0 });
    });
  });
}
