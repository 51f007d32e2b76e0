import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { RateAsk, ReserveReply } from '../../src/state/budget-store.ts';
import { ask, charge, rate, request, settlement } from './asks.ts';
import type { Stand } from './conformance.ts';
import { propertyRuns } from './property-runs.ts';

/** Milliseconds until a rate lets the request pass; fails unless a rate alone has refused it. */
function waitOf(reply: ReserveReply): number | undefined {
  const by = reply.kind === 'refused' ? reply.by : [];
  const [refusal] = by;
  if (by.length !== 1 || refusal?.kind !== 'rate') assert.fail(`not refused by a rate alone: ${JSON.stringify(reply)}`);
  return refusal.retryAfterMs;
}

export function ratesConform(stand: Stand): void {
  let ids = 0;
  const take = async (tenant: string, ...rates: readonly RateAsk[]) =>
    stand.store().reserve(request(tenant, `r${ids++}`, { rates }));

  describe('rates', () => {
    it('let a burst pass and then one after each interval, and say how long to wait', async () => {
      const tenant = stand.freshTenant();
      for (let n = 0; n < 3; n++) assert.equal((await take(tenant, rate('rpm', 3, 60_000, 1))).kind, 'held');
      const wait = waitOf(await take(tenant, rate('rpm', 3, 60_000, 1)));
      assert.equal(Math.round(wait ?? -1), 20_000);
      stand.clock.advance(19_000);
      assert.equal(Math.round(waitOf(await take(tenant, rate('rpm', 3, 60_000, 1))) ?? -1), 1_000);
      stand.clock.advance(1_000);
      assert.equal((await take(tenant, rate('rpm', 3, 60_000, 1))).kind, 'held');
      assert.equal((await take(tenant, rate('rpm', 3, 60_000, 1))).kind, 'refused');
    });

    it('tell what is owed of them, in the order asked, and change nothing by it', async () => {
      const tenant = stand.freshTenant();
      const owed = async () => (await stand.store().rates(tenant, ['tpm', 'never', 'rpm'])).map(Math.round);
      assert.deepEqual(await owed(), [0, 0, 0]);
      await take(tenant, rate('rpm', 3, 60_000, 2), rate('tpm', 1_000, 60_000, 100));
      assert.deepEqual(await owed(), [6_000, 0, 40_000]);
      stand.clock.advance(10_000);
      assert.deepEqual(await owed(), [0, 0, 30_000]);
      assert.deepEqual(await owed(), [0, 0, 30_000]);
      assert.deepEqual(await stand.store().rates(stand.freshTenant(), ['rpm']), [0]);
      assert.deepEqual(await stand.store().rates(tenant, []), []);
      await take(tenant, rate('rpm', 3, 60_000, 1));
      assert.deepEqual(await owed(), [0, 0, 50_000]);
    });

    for (const burst of [7, 13, 600, 999]) {
      it(`of ${burst} a minute let ${burst} pass at once, whatever a fraction of it rounds to`, async () => {
        const tenant = stand.freshTenant();
        for (let n = 0; n < burst; n++) assert.equal((await take(tenant, rate('rpm', burst, 60_000, 1))).kind, 'held');
        assert.equal((await take(tenant, rate('rpm', burst, 60_000, 1))).kind, 'refused');
      });
    }

    it('take many units at once, such as tokens', async () => {
      const tenant = stand.freshTenant();
      assert.equal((await take(tenant, rate('tpm', 2_000_000, 60_000, 1_500_000))).kind, 'held');
      const wait = waitOf(await take(tenant, rate('tpm', 2_000_000, 60_000, 700_000)));
      assert.equal(Math.round(wait ?? -1), 6_000);
    });

    it('never let pass what is larger than the burst, and promise no time', async () => {
      const tenant = stand.freshTenant();
      assert.equal(waitOf(await take(tenant, rate('tpm', 10, 60_000, 11))), undefined);
      assert.equal((await take(tenant, rate('tpm', 10, 60_000, 10))).kind, 'held');
    });

    it('are all taken or none, together with the counters', async () => {
      const tenant = stand.freshTenant();
      const both = [rate('rpm', 1, 60_000, 1), rate('tpm', 10, 60_000, 20)];
      assert.equal((await take(tenant, ...both)).kind, 'refused');
      const full = request(tenant, 'x', { counters: [ask('usd', 1, 2)], rates: [rate('rpm', 1, 60_000, 1)] });
      assert.equal((await stand.store().reserve(full)).kind, 'refused');
      assert.equal((await take(tenant, rate('rpm', 1, 60_000, 1))).kind, 'held');
    });

    it('get back what was taken too much, once', async () => {
      const tenant = stand.freshTenant();
      const tpm = rate('tpm', 100, 60_000, 100);
      await stand.store().reserve(request(tenant, 'a', { rates: [tpm] }));
      const refunds = [{ key: 'tpm', emissionMs: tpm.emissionMs, units: 30 }];
      await stand.store().settle(settlement(tenant, 'a', [], { refunds }));
      await stand.store().settle(settlement(tenant, 'a', [], { refunds }));
      assert.equal((await take(tenant, rate('tpm', 100, 60_000, 31))).kind, 'refused');
      assert.equal((await take(tenant, rate('tpm', 100, 60_000, 30))).kind, 'held');
    });

    it('never hold more than the burst, however much is given back', async () => {
      const tenant = stand.freshTenant();
      const tpm = rate('tpm', 100, 60_000, 1);
      await stand.store().reserve(request(tenant, 'a', { rates: [tpm] }));
      const refunds = [{ key: 'tpm', emissionMs: tpm.emissionMs, units: 500 }];
      await stand.store().settle(settlement(tenant, 'a', [charge('usd', 0)], { refunds }));
      assert.equal((await take(tenant, rate('tpm', 100, 60_000, 100))).kind, 'held');
      assert.equal((await take(tenant, rate('tpm', 100, 60_000, 1))).kind, 'refused');
    });

    it('are not closed for an hour by a clock that is set back an hour', async () => {
      const tenant = stand.freshTenant();
      await take(tenant, rate('rpm', 60, 60_000, 60));
      stand.clock.advance(-3_600_000);
      const wait = waitOf(await take(tenant, rate('rpm', 60, 60_000, 1)));
      assert.ok((wait ?? Number.NaN) <= 1_001, `to wait ${wait} ms`);
      stand.clock.advance(1_001);
      assert.equal((await take(tenant, rate('rpm', 60, 60_000, 1))).kind, 'held');
      stand.clock.advance(3_600_000);
    });

    it('never exceed burst plus rate times time, and refuse only when that is reached', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 1, max: 10 }),
          fc.constantFrom(1_000, 2_500, 60_000),
          fc.array(
            fc.oneof(
              { weight: 4, arbitrary: fc.record({ do: fc.constant('take' as const), units: fc.nat({ max: 11 }) }) },
              { weight: 2, arbitrary: fc.record({ do: fc.constant('on' as const), units: fc.nat({ max: 12 }) }) },
              { weight: 1, arbitrary: fc.record({ do: fc.constant('back' as const), units: fc.nat({ max: 12 }) }) },
            ),
            { maxLength: 12 },
          ),
          async (burst, periodMs, steps) => {
            const tenant = stand.freshTenant();
            const emission = periodMs / burst;
            // The units left lie between these. A clock set back takes units away from a rate, but a store need not know how long
            // a full one has been full.
            let least = burst;
            let most = burst;
            for (const { do: what, units } of steps) {
              const ms = Math.round(units * emission * 0.7);
              if (what === 'on') {
                stand.clock.advance(ms);
                least = Math.min(burst, least + ms / emission);
                most = Math.min(burst, most + ms / emission);
              } else if (what === 'back') {
                stand.clock.advance(-ms);
                least -= ms / emission;
              } else {
                if (units <= burst) least = Math.max(0, least);
                const reply = await take(tenant, rate('r', burst, periodMs, units));
                // Where a fraction decides, either answer is right.
                if (reply.kind === 'held') {
                  assert.ok(most >= units - 0.02, `${units} units taken of ${most}`);
                  least -= units;
                  most = Math.max(0, most - units);
                } else if (units > burst) {
                  assert.equal(waitOf(reply), undefined);
                } else {
                  assert.ok(least < units + 0.02, `${units} units refused of ${least}`);
                  const short = (waitOf(reply) ?? Number.NaN) / emission;
                  const slack = 0.02 + 1 / emission;
                  assert.ok(short <= units - least + slack && short >= units - most - slack, `short of ${short} units`);
                }
              }
            }
          },
        ),
        { numRuns: propertyRuns() },
      );
    });
  });
}
