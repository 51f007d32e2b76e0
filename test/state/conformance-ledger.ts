import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LedgerEntry } from '../../src/state/budget-store.ts';
import { ask, charge, entry, rate, request, settlement } from './asks.ts';
import type { Stand } from './conformance.ts';

export function pausesAndLedgerConform(stand: Stand): void {
  describe('pausing', () => {
    it('refuses every request that names the scope, until it is resumed', async () => {
      const tenant = stand.freshTenant();
      const coder = (id: string) => stand.store().reserve(request(tenant, id, { scopes: ['tenant', 'agent:coder'] }));
      await stand.store().pause(tenant, 'agent:coder', 'three times its usual cost');
      const reply = await coder('a');
      assert.deepEqual(reply.kind === 'refused' && reply.by.map((by) => ({ ...by })), [
        { kind: 'paused', scope: 'agent:coder', reason: 'three times its usual cost' },
      ]);
      assert.equal((await stand.store().reserve(request(tenant, 'b', { scopes: ['tenant', 'agent:x'] }))).kind, 'held');
      assert.equal(
        (await stand.store().reserve(request(stand.freshTenant(), 'c', { scopes: ['agent:coder'] }))).kind,
        'held',
      );
      assert.equal(await stand.store().resume(tenant, 'agent:coder'), true);
      assert.equal(await stand.store().resume(tenant, 'agent:coder'), false);
      assert.equal((await coder('d')).kind, 'held');
    });

    it('lists what is paused, why and since when', async () => {
      const tenant = stand.freshTenant();
      const since = Math.floor(stand.clock.now());
      await stand.store().pause(tenant, 'tenant', 'by hand');
      const paused = await stand.store().paused(tenant);
      assert.deepEqual(
        paused.map((scope) => ({ ...scope })),
        [{ scope: 'tenant', reason: 'by hand', since }],
      );
      assert.deepEqual(await stand.store().paused(stand.freshTenant()), []);
    });

    it('does not keep what is under way from being settled', async () => {
      const tenant = stand.freshTenant();
      await stand.store().reserve(request(tenant, 'a', { counters: [ask('usd', 10, 5)] }));
      await stand.store().pause(tenant, 'tenant', 'by hand');
      assert.equal((await stand.store().settle(settlement(tenant, 'a', [charge('usd', 5)]))).settled, true);
    });

    it('is named first among all reasons of a refusal', async () => {
      const tenant = stand.freshTenant();
      await stand.store().pause(tenant, 'tenant', 'by hand');
      const reply = await stand.store().reserve(
        request(tenant, 'a', {
          counters: [ask('fits', 10, 5), ask('full', 10, 11)],
          rates: [rate('fits', 1, 1_000, 1), rate('full', 1, 1_000, 2)],
        }),
      );
      assert.equal(reply.kind, 'refused');
      assert.deepEqual(
        reply.kind === 'refused' && reply.by.map((by) => [by.kind, by.kind === 'paused' ? by.scope : by.index]),
        [
          ['paused', 'tenant'],
          ['counter', 1],
          ['rate', 1],
        ],
      );
    });
  });

  describe('the ledger', () => {
    const settle = async (tenant: string, line: LedgerEntry) => {
      await stand.store().reserve(request(tenant, line.id, { counters: [ask('usd', 1_000, 1)] }));
      await stand.store().settle(settlement(tenant, line.id, [charge('usd', 1)], { entry: line }));
    };

    it('keeps every field of a line', async () => {
      const tenant = stand.freshTenant();
      const full: LedgerEntry = {
        id: 'req "1"\n東',
        at: 1_762_041_600_123,
        tenant,
        agent: 'coder',
        user: 'u, "quoted"',
        session: 's',
        task: 't',
        key: 'key_abcdefghijkl',
        endpoint: '/v1/messages',
        model: 'smart',
        target: 'anthropic/claude-sonnet-4-6',
        status: 'degraded',
        billedTries: 3,
        inputTokens: 500_000,
        cachedTokens: 400_000,
        cacheWriteTokens: 12,
        outputTokens: 777,
        reasoningTokens: 70,
        cost: Number.MAX_SAFE_INTEGER,
        saved: 123_456_789,
        estimated: true,
      };
      const sparse = entry(tenant, 'sparse', { target: undefined });
      await settle(tenant, full);
      await settle(tenant, sparse);
      const lines = await stand.store().ledger(tenant, { limit: 10 });
      assert.deepEqual(
        lines.map(({ cursor, ...line }) => ({ ...line, cursor: typeof cursor })),
        [
          { ...full, cursor: 'string' },
          { ...sparse, cursor: 'string' },
        ],
      );
    });

    it('is read on from where the last page ended, in the order settled, and shows only the tenant its own', async () => {
      const tenant = stand.freshTenant();
      const other = stand.freshTenant();
      for (let n = 0; n < 7; n++) {
        await settle(tenant, entry(tenant, `r${n}`));
        await settle(other, entry(other, `x${n}`));
      }
      const seen: string[] = [];
      let after: string | undefined;
      for (let page = 0; page < 10; page++) {
        const lines = await stand.store().ledger(tenant, { limit: 3, ...(after === undefined ? {} : { after }) });
        if (lines.length === 0) break;
        assert.ok(lines.length <= 3);
        seen.push(...lines.map(({ id }) => id));
        after = lines.at(-1)?.cursor;
      }
      assert.deepEqual(seen, ['r0', 'r1', 'r2', 'r3', 'r4', 'r5', 'r6']);
      await settle(tenant, entry(tenant, 'r7'));
      const more = await stand.store().ledger(tenant, { limit: 3, ...(after === undefined ? {} : { after }) });
      assert.deepEqual(
        more.map(({ id }) => id),
        ['r7'],
      );
    });
  });

  describe('the ledger since a moment', () => {
    it('has every line settled since then, in order, also read in pages', async () => {
      const tenant = stand.freshTenant();
      const other = stand.freshTenant();
      const start = stand.clock.now();
      for (let n = 0; n < 9; n++) {
        stand.clock.advance(1_000);
        for (const whose of [other, tenant]) {
          await stand.store().settle(
            settlement(whose, `${whose}-${n}`, [charge('usd', 1)], {
              held: false,
              entry: entry(whose, `r${n}`, { at: Math.floor(stand.clock.now()) }),
            }),
          );
        }
      }
      for (const [since, expected] of [
        [start, 9],
        [start + 5_000, 5],
        [start + 5_001, 4],
        [start + 9_001, 0],
      ] as const) {
        const seen: string[] = [];
        let after: string | undefined;
        do {
          const lines = await stand.store().ledger(tenant, { since, after, limit: 2 });
          // What is older may be left out, and need not be.
          seen.push(...lines.filter(({ at }) => at >= since).map(({ id }) => id));
          after = lines.at(-1)?.cursor;
        } while (after !== undefined);
        assert.deepEqual(seen, ['r0', 'r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r7', 'r8'].slice(9 - expected));
      }
    });
  });

  describe('the list of counters', () => {
    it('begins with those asked for by name, as far as there are such', async () => {
      const tenant = stand.freshTenant();
      const counters = Array.from({ length: 30 }, (_, n) => ask(`c${n}`, 10, 1));
      await stand.store().reserve(request(tenant, 'r', { counters }));
      const list = await stand.store().counters(tenant, 5, ['c29', 'none', 'c17', 'c29']);
      const keys = list.map(({ key }) => key);
      assert.deepEqual(keys.slice(0, 2), ['c29', 'c17']);
      assert.equal(new Set(keys).size, 5);
      assert.equal((await stand.store().counters(tenant, 100, ['c3'])).length, 30);
    });

    it('shows at most as many as asked for, of the one tenant, with their windows', async () => {
      const tenant = stand.freshTenant();
      const windowStart = Math.floor(stand.clock.now()) - 5;
      const windowEnd = windowStart + 60_000;
      const counters = [ask('a', 10, 1, { windowStart, windowEnd }), ask('b', 10, 2), ask('c', 10, 3)];
      await stand.store().reserve(request(tenant, 'r', { counters }));
      assert.equal((await stand.store().counters(tenant, 2)).length, 2);
      const all = await stand.store().counters(tenant, 100);
      assert.deepEqual(
        all.map((counter) => ({ ...counter })).sort((one, two) => one.key.localeCompare(two.key)),
        [
          { key: 'a', windowStart, windowEnd, spent: 0, held: 1 },
          { key: 'b', windowStart: 0, windowEnd: undefined, spent: 0, held: 2 },
          { key: 'c', windowStart: 0, windowEnd: undefined, spent: 0, held: 3 },
        ],
      );
      assert.deepEqual(await stand.store().counters(stand.freshTenant(), 100), []);
    });
  });
}
