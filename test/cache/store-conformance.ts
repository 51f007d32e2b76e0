import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CacheLimits, CacheStore } from '../../src/cache/store/cache-store.ts';
import { bodyOf, entryOf } from './entries.ts';

/** One store to be tested, on a clock that the test moves. */
export interface StoreUnderTest {
  readonly store: CacheStore;
  now(): number;
  /** Undefined: its time is a server's own. */
  readonly advance?: (ms: number) => void;
  close(): void | Promise<void>;
}

export interface StoreKind {
  readonly name: string;
  /** The least recently used go first; else the oldest. */
  readonly remembersUse: boolean;
  /** All tenants together are bounded. */
  readonly boundsAll: boolean;
}

const ROOMY: CacheLimits = { maxBytes: 1_000_000, perTenant: 1_000_000 };
/** Entries of a body of 1,200 bytes count for 2,000. */
const BYTES = 2_000;

/** What is true of every store of answers. */
export function storeConformance(
  kind: StoreKind,
  skip: string | false,
  open: (limits: CacheLimits) => Promise<StoreUnderTest>,
): void {
  describe(`answers ${kind.name}`, { skip }, () => {
    const using = (name: string, limits: CacheLimits, run: (under: StoreUnderTest) => Promise<void>) =>
      test(name, async () => {
        const under = await open(limits);
        try {
          await run(under);
        } finally {
          await under.close();
        }
      });
    const sized = (key: string, createdAt: number, tenant = 'acme') =>
      entryOf(key, { tenant, createdAt, body: bodyOf(BYTES - 800) });

    using('gives back what was put, whole', ROOMY, async ({ store, now }) => {
      const entry = entryOf('a', {
        createdAt: now(),
        user: 'ann',
        tags: ['t1', 't2'],
        epoch: 'e',
        cost: undefined,
        body: Buffer.from([0, 255, 10, 13, 128, ...Buffer.from('{"ä":"€"}')]),
      });
      store.put(entry);
      await store.flush();
      assert.deepEqual(await store.get('acme', entry.key), entry);
    });

    using('knows nothing of what was not put, nor of another tenant’s', ROOMY, async ({ store, now }) => {
      const entry = entryOf('a', { createdAt: now() });
      store.put(entry);
      await store.flush();
      assert.equal(await store.get('acme', entryOf('b').key), undefined);
      assert.equal(await store.get('umbrella', entry.key), undefined);
      assert.equal(await store.get('', entry.key), undefined);
    });

    using('keeps answers of nobody’s', ROOMY, async ({ store, now }) => {
      const entry = entryOf('a', { createdAt: now(), tenant: '' });
      store.put(entry);
      await store.flush();
      assert.deepEqual(await store.get('', entry.key), entry);
      assert.equal(await store.purge({ tenant: '' }), 1);
    });

    using('keeps the latest of a key', ROOMY, async ({ store, now }) => {
      store.put(entryOf('a', { createdAt: now(), body: Buffer.from('one') }));
      await store.flush();
      store.put(entryOf('a', { createdAt: now(), body: Buffer.from('two') }));
      await store.flush();
      assert.equal((await store.get('acme', entryOf('a').key))?.body.toString(), 'two');
      assert.equal((await store.stats()).entries, 1);
      assert.equal((await store.stats()).bytes, 803);
    });

    using('forgets what is past its time, and a hit does not prolong it', ROOMY, async ({ store, now, advance }) => {
      if (advance === undefined) return;
      const entry = entryOf('a', { createdAt: now(), freshUntil: now() + 500, keepUntil: now() + 1000 });
      store.put(entry);
      await store.flush();
      advance(999);
      assert.deepEqual(await store.get('acme', entry.key), entry);
      advance(1);
      assert.equal(await store.get('acme', entry.key), undefined);
    });

    using('does not keep what is past its time already', ROOMY, async ({ store, now }) => {
      store.put(entryOf('a', { createdAt: now() - 1000, keepUntil: now() }));
      await store.flush();
      assert.equal((await store.stats()).entries, 0);
    });

    using(
      'keeps to a tenant’s share, at the cost of its own',
      { maxBytes: 1e6, perTenant: 3 * BYTES },
      async (under) => {
        const { store, now } = under;
        store.put(sized('u', now(), 'umbrella'));
        for (const [index, key] of ['a', 'b', 'c', 'd', 'e'].entries()) store.put(sized(key, now() + index));
        await store.flush();
        const kept = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((key) => store.get('acme', entryOf(key).key)));
        assert.deepEqual(
          kept.map((one) => one !== undefined),
          [false, false, true, true, true],
        );
        assert.ok(await store.get('umbrella', entryOf('u').key));
        const { entries, bytes, evicted } = await store.stats();
        assert.deepEqual([entries, bytes, evicted], [4, 4 * BYTES, 2]);
      },
    );

    using(
      'takes no entry above the share, and loses none for it',
      { maxBytes: 1e6, perTenant: BYTES },
      async (under) => {
        const { store, now } = under;
        store.put(sized('a', now()));
        store.put(entryOf('b', { createdAt: now(), body: bodyOf(BYTES) }));
        await store.flush();
        assert.equal(await store.get('acme', entryOf('b').key), undefined);
        assert.ok(await store.get('acme', entryOf('a').key));
      },
    );

    if (kind.boundsAll)
      using('keeps all tenants within the whole', { maxBytes: 3 * BYTES, perTenant: 3 * BYTES }, async (under) => {
        const { store, now } = under;
        for (const tenant of ['a', 'b', 'c', 'd', 'e']) store.put(sized(tenant, now(), tenant));
        await store.flush();
        const { entries, bytes, evicted } = await store.stats();
        assert.deepEqual([entries, bytes, evicted], [3, 3 * BYTES, 2]);
        assert.equal(await store.get('a', entryOf('a').key), undefined);
        assert.ok(await store.get('e', entryOf('e').key));
      });

    if (kind.remembersUse)
      using(
        'gives up what was not used for longest',
        { maxBytes: 1e6, perTenant: 2 * BYTES },
        async ({ store, now }) => {
          store.put(sized('a', now()));
          store.put(sized('b', now()));
          await store.get('acme', entryOf('a').key);
          store.put(sized('c', now()));
          await store.flush();
          assert.equal(await store.get('acme', entryOf('b').key), undefined);
          assert.ok(await store.get('acme', entryOf('a').key));
        },
      );

    using('makes room at once for smaller limits', ROOMY, async ({ store, now }) => {
      for (const key of ['a', 'b', 'c']) store.put(sized(key, now()));
      await store.flush();
      store.limit({ maxBytes: 1e6, perTenant: 2 * BYTES });
      store.put(sized('d', now()));
      await store.flush();
      assert.equal((await store.stats()).bytes, 2 * BYTES);
    });

    const purges: readonly [string, object, readonly string[]][] = [
      ['a tenant', { tenant: 'acme' }, ['u']],
      ['a model of all tenants', { model: 'smart' }, ['b']],
      ['a model of one', { tenant: 'acme', model: 'smart' }, ['b', 'u']],
      ['a user', { user: 'ann' }, ['b', 'u']],
      ['a tag', { tag: 't1' }, ['b', 'u']],
      ['a tag that is the beginning of another', { tag: 't' }, ['a', 'b', 'u']],
      ['an id', { key: entryOf('b').key }, ['a', 'u']],
      ['an epoch', { epoch: 'old' }, ['a', 'u']],
      ['every other epoch', { notEpoch: 'old' }, ['b']],
      ['all', {}, []],
    ];
    for (const [name, filter, left] of purges)
      using(`purges ${name}`, ROOMY, async ({ store, now }) => {
        store.put(entryOf('a', { createdAt: now(), user: 'ann', tags: ['t1', 't2'] }));
        store.put(entryOf('b', { createdAt: now(), model: 'cheap', epoch: 'old', tags: ['t2'] }));
        store.put(entryOf('u', { createdAt: now(), tenant: 'umbrella' }));
        await store.flush();
        assert.equal(await store.purge(filter), 3 - left.length);
        const found: string[] = [];
        for (const [key, tenant] of [
          ['a', 'acme'],
          ['b', 'acme'],
          ['u', 'umbrella'],
        ] as const)
          if ((await store.get(tenant, entryOf(key).key)) !== undefined) found.push(key);
        assert.deepEqual(found, left);
        assert.equal((await store.stats()).entries, left.length);
        assert.equal(await store.purge(filter), 0);
      });

    test('counts right after any series of puts and purges', async () => {
      const under = await open({ maxBytes: 1e6, perTenant: 5 * BYTES });
      const { store, now } = under;
      try {
        for (let step = 0; step < 60; step++) {
          const key = `k${(step * 7) % 9}`;
          if (step % 11 === 10) await store.purge({ key: entryOf(key).key });
          else store.put(sized(key, now() + step, step % 2 === 0 ? 'acme' : 'umbrella'));
          await store.flush();
        }
        let entries = 0;
        for (const tenant of ['acme', 'umbrella'])
          for (let key = 0; key < 9; key++)
            if ((await store.get(tenant, entryOf(`k${key}`).key)) !== undefined) entries++;
        const stats = await store.stats();
        assert.equal(stats.entries, entries);
        assert.equal(stats.bytes, entries * BYTES);
        assert.ok(stats.bytes <= 10 * BYTES);
      } finally {
        await under.close();
      }
    });
  });
}
