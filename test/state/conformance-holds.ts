import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CounterAsk, ReserveRequest } from '../../src/state/budget-store.ts';
import { ask, charge, levelOf, rate, request, settlement } from './asks.ts';
import type { Stand } from './conformance.ts';

export function holdsConform(stand: Stand): void {
  describe('holding', () => {
    it('holds what fits and says what each counter holds then, in the order asked', async () => {
      const tenant = stand.freshTenant();
      const reply = await stand
        .store()
        .reserve(request(tenant, 'a', { counters: [ask('usd', 10, 4), ask('requests', 3, 1)] }));
      assert.equal(reply.kind, 'held');
      assert.deepEqual(reply.kind === 'held' && reply.counters.map((level) => ({ ...level })), [
        { spent: 0, held: 4 },
        { spent: 0, held: 1 },
      ]);
      assert.equal(reply.now, stand.clock.now());
    });

    it('holds up to the limit exactly, and not one more', async () => {
      const tenant = stand.freshTenant();
      assert.equal((await reserve(tenant, 'a', ask('usd', 10, 9))).kind, 'held');
      assert.equal((await reserve(tenant, 'b', ask('usd', 10, 2))).kind, 'refused');
      assert.equal((await reserve(tenant, 'c', ask('usd', 10, 1))).kind, 'held');
      assert.equal((await reserve(tenant, 'd', ask('usd', 10, 1))).kind, 'refused');
      assert.deepEqual(await levelOf(stand.store(), tenant, 'usd'), { spent: 0, held: 10 });
    });

    it('counts what is spent and what is held together', async () => {
      const tenant = stand.freshTenant();
      await reserve(tenant, 'a', ask('usd', 10, 5));
      await stand.store().settle(settlement(tenant, 'a', [charge('usd', 4)]));
      await reserve(tenant, 'b', ask('usd', 10, 3));
      assert.equal((await reserve(tenant, 'c', ask('usd', 10, 4))).kind, 'refused');
      assert.equal((await reserve(tenant, 'd', ask('usd', 10, 3))).kind, 'held');
    });

    it('refuses by every full counter, with its level, and then holds nothing of the others', async () => {
      const tenant = stand.freshTenant();
      await reserve(tenant, 'a', ask('usd', 10, 8), ask('tokens', 10, 9));
      const reply = await reserve(tenant, 'b', ask('usd', 10, 3), ask('requests', 10, 1), ask('tokens', 10, 2));
      assert.equal(reply.kind, 'refused');
      assert.deepEqual(
        reply.kind === 'refused' &&
          reply.by.map((by) => (by.kind === 'counter' ? [by.index, by.level.spent, by.level.held] : by)),
        [
          [0, 0, 8],
          [2, 0, 9],
        ],
      );
      assert.deepEqual(await levelOf(stand.store(), tenant, 'requests'), { spent: 0, held: 0 });
    });

    it('holds nothing more for an id that holds already', async () => {
      const tenant = stand.freshTenant();
      for (let repeat = 0; repeat < 3; repeat++) {
        const reply = await stand
          .store()
          .reserve(request(tenant, 'a', { counters: [ask('usd', 10, 6)], rates: [rate('rpm', 1, 60_000, 1)] }));
        assert.equal(reply.kind, 'held');
      }
      assert.deepEqual(await levelOf(stand.store(), tenant, 'usd'), { spent: 0, held: 6 });
    });

    it('gives an id that was refused another chance', async () => {
      const tenant = stand.freshTenant();
      await reserve(tenant, 'a', ask('usd', 10, 10));
      assert.equal((await reserve(tenant, 'b', ask('usd', 10, 1))).kind, 'refused');
      await stand.store().settle(settlement(tenant, 'a', [charge('usd', 0)]));
      assert.equal((await reserve(tenant, 'b', ask('usd', 10, 1))).kind, 'held');
    });

    it('keeps tenants apart, also where names run together', async () => {
      const tenant = stand.freshTenant();
      await reserve(tenant, 'a', ask('x:usd', 10, 10));
      assert.equal((await reserve(`${tenant}:x`, 'a', ask('usd', 10, 10))).kind, 'held');
      assert.equal((await reserve(stand.freshTenant(), 'a', ask('x:usd', 10, 10))).kind, 'held');
      assert.equal((await reserve(tenant, 'b', ask('x:usd', 10, 1))).kind, 'refused');
    });

    it('takes any printable name', async () => {
      const tenant = `${stand.freshTenant()} Ünïcode "q" %s 東`;
      const key = `session:a b/%d/"'\\:*?[x] 東京 🚰/${'x'.repeat(400)}`;
      await reserve(tenant, 'id with space: "q"', ask(key, 10, 7));
      assert.deepEqual(await levelOf(stand.store(), tenant, key), { spent: 0, held: 7 });
    });

    it('counts exactly up to the largest safe integer', async () => {
      const tenant = stand.freshTenant();
      const most = Number.MAX_SAFE_INTEGER;
      await reserve(tenant, 'a', ask('usd', most, most - 3));
      await stand.store().settle(settlement(tenant, 'a', [charge('usd', most - 3)]));
      assert.equal((await reserve(tenant, 'b', ask('usd', most, 4))).kind, 'refused');
      assert.equal((await reserve(tenant, 'c', ask('usd', most, 3))).kind, 'held');
      assert.deepEqual(await levelOf(stand.store(), tenant, 'usd'), { spent: most - 3, held: 3 });
    });

    it('counts concurrency as a counter that is settled with nothing', async () => {
      const tenant = stand.freshTenant();
      assert.equal((await reserve(tenant, 'a', ask('slots', 2, 1))).kind, 'held');
      assert.equal((await reserve(tenant, 'b', ask('slots', 2, 1))).kind, 'held');
      assert.equal((await reserve(tenant, 'c', ask('slots', 2, 1))).kind, 'refused');
      await stand.store().settle(settlement(tenant, 'a', [charge('slots', 0)]));
      assert.equal((await reserve(tenant, 'c', ask('slots', 2, 1))).kind, 'held');
    });

    it('holds where nothing is asked for', async () => {
      assert.equal((await reserve(stand.freshTenant(), 'a')).kind, 'held');
    });

    it('answers exactly ten of 200 that come at once on a budget for ten', async () => {
      const tenant = stand.freshTenant();
      const replies = await Promise.all(
        Array.from({ length: 200 }, (_, n) =>
          reserve(tenant, `r${n}`, ask('usd', 1_000, 100), ask('all', 10_000, 100)),
        ),
      );
      assert.equal(replies.filter(({ kind }) => kind === 'held').length, 10);
      assert.deepEqual(await levelOf(stand.store(), tenant, 'all'), { spent: 0, held: 1_000 });
    });
  });

  describe('numbers that cannot be counted', () => {
    const wrong: readonly [string, Partial<ReserveRequest>, RegExp][] = [
      ['a fraction', { counters: [ask('usd', 10, 0.5)] }, /amount/],
      ['a negative amount', { counters: [ask('usd', 10, -1)] }, /amount/],
      ['an amount that is no number', { counters: [ask('usd', 10, Number.NaN)] }, /amount/],
      ['an unsafe amount', { counters: [ask('usd', 10, 2 ** 53)] }, /amount/],
      ['an endless limit', { counters: [ask('usd', Number.POSITIVE_INFINITY, 1)] }, /limit/],
      ['a negative lease', { leaseMs: -1 }, /leaseMs/],
      ['a rate without time', { rates: [{ key: 'r', burst: 1, cost: 1, emissionMs: 0 }] }, /emissionMs/],
      ['a cost below nothing', { rates: [{ key: 'r', burst: 1, cost: -1, emissionMs: 1 }] }, /cost/],
    ];
    for (const [what, over, field] of wrong) {
      it(`refuses ${what}, naming the field`, async () => {
        const tenant = stand.freshTenant();
        await assert.rejects(
          async () => stand.store().reserve(request(tenant, 'a', over)),
          (error) => error instanceof RangeError && field.test(error.message),
        );
      });
    }
    for (const amount of [-1, 0.5, Number.NaN, 2 ** 53]) {
      it(`refuses to charge ${amount}, and leaves the hold as it was`, async () => {
        const tenant = stand.freshTenant();
        await reserve(tenant, 'a', ask('usd', 10, 4));
        await assert.rejects(
          async () => stand.store().settle(settlement(tenant, 'a', [charge('usd', amount)])),
          (error) => error instanceof RangeError && /amount/.test(error.message),
        );
        assert.deepEqual(await levelOf(stand.store(), tenant, 'usd'), { spent: 0, held: 4 });
      });
    }
  });

  const reserve = async (tenant: string, id: string, ...counters: readonly CounterAsk[]) =>
    stand.store().reserve(request(tenant, id, { counters }));
}
