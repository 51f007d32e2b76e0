import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CounterAsk, SettleReply } from '../../src/state/budget-store.ts';
import { ask, charge, levelOf, request, settlement } from './asks.ts';
import type { Stand } from './conformance.ts';

const nothing: SettleReply = { settled: false, late: false, counters: [] };

export function settlingConforms(stand: Stand): void {
  const reserve = async (tenant: string, id: string, ...counters: readonly CounterAsk[]) =>
    stand.store().reserve(request(tenant, id, { counters, leaseMs: 5_000 }));

  describe('settling', () => {
    it('releases what was held and charges what was used, in the order charged', async () => {
      const tenant = stand.freshTenant();
      await reserve(tenant, 'a', ask('usd', 100, 40), ask('tokens', 100, 30));
      await reserve(tenant, 'b', ask('usd', 100, 5));
      const reply = await stand.store().settle(settlement(tenant, 'a', [charge('tokens', 3), charge('usd', 4)]));
      assert.equal(reply.settled, true);
      assert.equal(reply.late, false);
      assert.deepEqual(
        reply.counters.map((counter) => ({ ...counter })),
        [
          { before: 0, after: 3, held: 0 },
          { before: 0, after: 4, held: 5 },
        ],
      );
      assert.deepEqual(await levelOf(stand.store(), tenant, 'usd'), { spent: 4, held: 5 });
    });

    it('happens once: again, even with other amounts, it changes nothing', async () => {
      const tenant = stand.freshTenant();
      await reserve(tenant, 'a', ask('usd', 100, 40));
      await stand.store().settle(settlement(tenant, 'a', [charge('usd', 4)]));
      assert.deepEqual(await stand.store().settle(settlement(tenant, 'a', [charge('usd', 9)])), nothing);
      assert.deepEqual(await levelOf(stand.store(), tenant, 'usd'), { spent: 4, held: 0 });
      assert.equal((await stand.store().ledger(tenant, { limit: 10 })).length, 1);
    });

    it('of an id that never held changes nothing', async () => {
      const tenant = stand.freshTenant();
      assert.deepEqual(await stand.store().settle(settlement(tenant, 'never', [charge('usd', 9)])), nothing);
      assert.deepEqual(await levelOf(stand.store(), tenant, 'usd'), { spent: 0, held: 0 });
    });

    it('charges each counter in its own window, in whatever order', async () => {
      const tenant = stand.freshTenant();
      const windowStart = Math.floor(stand.clock.now()) - 1;
      const window = { windowStart, windowEnd: windowStart + 3_600_000 };
      await reserve(tenant, 'a', ask('total', 100, 40), ask('hour', 100, 40, window));
      await stand.store().settle(settlement(tenant, 'a', [charge('hour', 3, window), charge('total', 4)]));
      assert.deepEqual(await levelOf(stand.store(), tenant, 'hour'), { spent: 3, held: 0 });
      assert.deepEqual(await levelOf(stand.store(), tenant, 'total'), { spent: 4, held: 0 });
    });

    it('releases also what was held and is not charged', async () => {
      const tenant = stand.freshTenant();
      await reserve(tenant, 'a', ask('usd', 100, 40), ask('slots', 1, 1));
      await stand.store().settle(settlement(tenant, 'a', []));
      assert.deepEqual(await levelOf(stand.store(), tenant, 'usd'), { spent: 0, held: 0 });
      assert.deepEqual(await levelOf(stand.store(), tenant, 'slots'), { spent: 0, held: 0 });
    });

    it('charges also more than was held, and a counter that was not asked', async () => {
      const tenant = stand.freshTenant();
      await reserve(tenant, 'a', ask('usd', 100, 40));
      await stand.store().settle(settlement(tenant, 'a', [charge('usd', 120), charge('other', 7)]));
      assert.deepEqual(await levelOf(stand.store(), tenant, 'usd'), { spent: 120, held: 0 });
      assert.deepEqual(await levelOf(stand.store(), tenant, 'other'), { spent: 7, held: 0 });
      assert.equal((await reserve(tenant, 'b', ask('usd', 100, 1))).kind, 'refused');
    });

    it('releases the extensions of a hold too, and charges once', async () => {
      const tenant = stand.freshTenant();
      await reserve(tenant, 'a', ask('usd', 100, 40));
      await reserve(tenant, 'a+1', ask('usd', 100, 20));
      await reserve(tenant, 'a+2', ask('usd', 100, 20));
      assert.deepEqual(await levelOf(stand.store(), tenant, 'usd'), { spent: 0, held: 80 });
      const ids = ['a', 'a+1', 'a+2'] as const;
      const reply = await stand.store().settle(settlement(tenant, 'a', [charge('usd', 55)], { ids }));
      assert.equal(reply.settled, true);
      assert.deepEqual(await levelOf(stand.store(), tenant, 'usd'), { spent: 55, held: 0 });
      assert.deepEqual(await stand.store().settle(settlement(tenant, 'a', [charge('usd', 55)], { ids })), nothing);
    });

    it('of a request given up frees all and leaves no line', async () => {
      const tenant = stand.freshTenant();
      await reserve(tenant, 'a', ask('usd', 100, 40));
      const reply = await stand.store().settle(settlement(tenant, 'a', [charge('usd', 0)], { entry: undefined }));
      assert.equal(reply.settled, true);
      assert.deepEqual(await levelOf(stand.store(), tenant, 'usd'), { spent: 0, held: 0 });
      assert.deepEqual(await stand.store().ledger(tenant, { limit: 10 }), []);
    });

    it('after the lease still charges, once, and says that it is late', async () => {
      const tenant = stand.freshTenant();
      await reserve(tenant, 'a', ask('usd', 10, 10));
      stand.clock.advance(5_001);
      await stand.store().reap();
      assert.equal((await reserve(tenant, 'b', ask('usd', 10, 10))).kind, 'held');
      const reply = await stand.store().settle(settlement(tenant, 'a', [charge('usd', 8)]));
      assert.equal(reply.settled, true);
      assert.equal(reply.late, true);
      assert.deepEqual(await levelOf(stand.store(), tenant, 'usd'), { spent: 8, held: 10 });
      assert.deepEqual(await stand.store().settle(settlement(tenant, 'a', [charge('usd', 8)])), nothing);
      assert.deepEqual(await levelOf(stand.store(), tenant, 'usd'), { spent: 8, held: 10 });
    });

    it('where only an extension outlived its lease is late as well, and frees the rest', async () => {
      const tenant = stand.freshTenant();
      await reserve(tenant, 'a', ask('usd', 10, 4));
      stand.clock.advance(3_000);
      await reserve(tenant, 'a+1', ask('usd', 10, 4));
      stand.clock.advance(3_000);
      await stand.store().reap();
      assert.deepEqual(await levelOf(stand.store(), tenant, 'usd'), { spent: 0, held: 4 });
      const reply = await stand.store().settle(settlement(tenant, 'a', [charge('usd', 6)], { ids: ['a', 'a+1'] }));
      assert.deepEqual([reply.settled, reply.late], [true, true]);
      assert.deepEqual(await levelOf(stand.store(), tenant, 'usd'), { spent: 6, held: 0 });
    });

    it('charges what was never held where that is said, once', async () => {
      const tenant = stand.freshTenant();
      const unheld = settlement(tenant, 'a', [charge('usd', 8)], { held: false });
      assert.equal((await stand.store().settle(unheld)).settled, true);
      assert.deepEqual(await stand.store().settle(unheld), nothing);
      assert.deepEqual(await levelOf(stand.store(), tenant, 'usd'), { spent: 8, held: 0 });
    });

    it('releases a hold that the caller did not know of', async () => {
      const tenant = stand.freshTenant();
      await reserve(tenant, 'a', ask('usd', 10, 10));
      const unheld = settlement(tenant, 'a', [charge('usd', 8)], { held: false });
      assert.equal((await stand.store().settle(unheld)).settled, true);
      assert.deepEqual(await stand.store().settle(unheld), nothing);
      assert.deepEqual(await levelOf(stand.store(), tenant, 'usd'), { spent: 8, held: 0 });
    });

    it('many times at once charges once', async () => {
      const tenant = stand.freshTenant();
      await reserve(tenant, 'a', ask('usd', 100, 40));
      const replies = await Promise.all(
        Array.from({ length: 20 }, async () => stand.store().settle(settlement(tenant, 'a', [charge('usd', 4)]))),
      );
      assert.equal(replies.filter(({ settled }) => settled).length, 1);
      assert.deepEqual(await levelOf(stand.store(), tenant, 'usd'), { spent: 4, held: 0 });
    });
  });
}
