import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SpendingBudget, type SpendingHold } from '../../src/state/spending-budget.ts';
import type { Stand } from './conformance.ts';

const HOUR = 3_600_000;

/** What the proxy may spend on purposes of its own: the same on every store. */
export function spendingBudgetsConform(stand: Stand): void {
  /** A budget as each replica has one. */
  const replica = (tenant: string, limit = 800, periodMs = HOUR) =>
    new SpendingBudget({ store: stand.store(), clock: stand.clock, tenant, name: 'evidence:p', limit, periodMs });

  describe('a spending budget', () => {
    it('is one for all replicas: together they never hold and spend more than the limit', async () => {
      const tenant = stand.freshTenant();
      const replicas = [replica(tenant), replica(tenant), replica(tenant)];
      const holds: SpendingHold[] = [];
      const asked = Array.from({ length: 30 }, async (_, n) => {
        const hold = await replicas[n % 3]?.hold(`h${n}`, 90);
        if (hold !== undefined) holds.push(hold);
      });
      await Promise.all(asked);
      assert.equal(holds.length, 8);
      await Promise.all(holds.map((hold) => hold.settle(90)));
      assert.ok(await replicas[0]?.hold('small', 80));
      assert.equal(await replicas[1]?.hold('more', 1), undefined);
    });

    it('gives back what a call did not use, and tells what all have spent', async () => {
      const tenant = stand.freshTenant();
      const [one, other] = [replica(tenant), replica(tenant)];
      const hold = await one.hold('a', 100);
      assert.equal(hold?.spent, 0);
      const windowStart = Math.floor(stand.clock.now() / HOUR) * HOUR;
      assert.deepEqual(await hold?.settle(30), { windowStart, spent: 30 });
      const second = await other.hold('b', 100);
      assert.equal(second?.spent, 30);
      assert.equal((await second?.settle(0))?.spent, 30);
    });

    it('holds an eighth of the limit for a call that could cost more, and is exceeded only by what such calls cost', async () => {
      const tenant = stand.freshTenant();
      const budget = replica(tenant);
      for (let n = 0; n < 7; n++) await (await budget.hold(`n${n}`, 100))?.settle(100);
      const dear = await budget.hold('dear', 5_000);
      assert.ok(dear);
      assert.equal(await budget.hold('beside', 1), undefined);
      assert.equal((await dear.settle(250))?.spent, 950);
      assert.equal(await budget.hold('after', 0.5), undefined);
    });

    it('begins anew with the next window, and a call is charged to the one it began in', async () => {
      const tenant = stand.freshTenant();
      const budget = replica(tenant, 80, 60_000);
      for (let n = 0; n < 8; n++) await (await budget.hold(`n${n}`, 10))?.settle(n < 7 ? 10 : 0);
      const old = await budget.hold('old', 10);
      assert.equal(await budget.hold('none', 10), undefined);
      stand.clock.advance(60_000);
      const hold = await budget.hold('new', 10);
      assert.equal(hold?.spent, 0);
      assert.equal(await old?.settle(10), undefined);
      assert.equal((await hold?.settle(4))?.spent, 4);
    });

    it('is remembered by the next process', async () => {
      const tenant = stand.freshTenant();
      for (let n = 0; n < 8; n++) await (await replica(tenant).hold(`n${n}`, 100))?.settle(100);
      if (await stand.reopen()) assert.equal(await replica(tenant).hold('again', 10), undefined);
    });

    it('is freed of what a process held that died', async () => {
      const tenant = stand.freshTenant();
      const budget = replica(tenant, 800, 24 * HOUR);
      for (let n = 0; n < 8; n++) assert.ok(await budget.hold(`n${n}`, 100));
      assert.equal(await budget.hold('full', 1), undefined);
      stand.clock.advance(300_001);
      assert.ok(await budget.hold('free', 1));
    });

    it('is each tenant’s, each name’s and each period’s own', async () => {
      const [acme, beta] = [stand.freshTenant(), stand.freshTenant()];
      const budget = replica(acme);
      for (let n = 0; n < 8; n++) await (await budget.hold(`n${n}`, 100))?.settle(100);
      assert.equal(await budget.hold('acme', 1), undefined);
      assert.ok(await replica(beta).hold('beta', 100));
      assert.ok(await replica(acme, 800, 2 * HOUR).hold('longer', 100));
    });
  });
}
