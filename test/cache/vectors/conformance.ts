import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { VectorRefused } from '../../../src/cache/vectors/unit-vector.ts';
import type { VectorEntry, VectorHit, VectorIndex, VectorSpace } from '../../../src/cache/vectors/vector-index.ts';
import { FakeClock } from '../../breakers/fake-clock.ts';
import { holdsUnderAnyOperations } from './conformance-property.ts';
import { SampleVectors, trueCosine } from './sample-vectors.ts';

export interface OpenedIndex {
  readonly index: VectorIndex;
  /** Ends it and opens it again on what it kept; absent where nothing is kept. */
  reopen?(): Promise<VectorIndex>;
  close(): void | Promise<void>;
}

/** Opens an index that takes its time from `clock`. */
export type OpenIndex = (options: { readonly clock: FakeClock; readonly space: VectorSpace }) => Promise<OpenedIndex>;

/** What the tests of one index share. Each has tenants of its own, so that one opened index serves them all. */
export interface IndexStand {
  readonly clock: FakeClock;
  readonly space: VectorSpace;
  index(): VectorIndex;
  freshTenant(): string;
}

const hour = 3_600_000;
/** No multiple of anything that vectors are padded to. */
const dimensions = 72;

/** What every {@link VectorIndex} promises, as tests. Run by each one's own test file. */
export function vectorIndexConformance(name: string, open: OpenIndex): void {
  describe(`${name} as a vector index`, () => {
    const clock = new FakeClock(Date.UTC(2026, 10, 2));
    const space: VectorSpace = { embedder: 'sample', dimensions };
    const sample = new SampleVectors(dimensions);
    let opened: OpenedIndex | undefined;
    let current: VectorIndex | undefined;
    let tenants = 0;

    before(async () => {
      opened = await open({ clock, space });
      current = opened.index;
    });
    after(() => opened?.close());

    const index = (): VectorIndex => {
      if (current === undefined) throw new Error('the index is not open yet');
      return current;
    };
    const freshTenant = () => `tenant-${++tenants}`;
    const entry = (over: Partial<VectorEntry> & { readonly tenant: string }): VectorEntry => ({
      scope: 'scope',
      id: 'one',
      vector: sample.any(),
      expiresAt: clock.now() + hour,
      ref: 'ref',
      ...over,
    });
    const idsOf = (hits: readonly VectorHit[]) => hits.map((hit) => hit.id);
    const find = async (tenant: string, vector: Float32Array, over = {}) =>
      index().search({ tenant, scope: 'scope', vector, k: 10, atLeast: -1, ...over });

    it('finds what is near, nearest first, with its cosine to 0.001 and all that was put in', async () => {
      const tenant = freshTenant();
      const question = sample.any();
      const expiresAt = clock.now() + hour;
      const vectors = new Map(
        [0.999, 0.97, 0.9, 0.5, -0.3].map((cosine) => [`at${cosine}`, sample.near(question, cosine)]),
      );
      // Of any length: what counts is the direction.
      for (const [id, vector] of [...vectors].reverse())
        await index().add({
          tenant,
          scope: 'scope',
          id,
          vector: vector.map((value) => value * 7),
          expiresAt,
          ref: `ref "of" ${id}`,
        });
      const hits = await find(tenant, question);
      assert.deepEqual(idsOf(hits), [...vectors.keys()]);
      for (const hit of hits) {
        const vector = vectors.get(hit.id) ?? question;
        assert.ok(Math.abs(hit.cosine - trueCosine(question, vector)) < 0.001, `${hit.id}: ${hit.cosine}`);
        assert.equal(hit.ref, `ref "of" ${hit.id}`);
        assert.equal(hit.expiresAt, expiresAt);
      }
    });

    it('gives the very nearest first, as comparing with all does, where it is at least as near as asked', async () => {
      const tenant = freshTenant();
      const entries = Array.from({ length: 300 }, (_, n) => entry({ tenant, id: `n${n}` }));
      for (const each of entries) await index().add(each);
      for (let n = 0; n < 60; n++) {
        const question = sample.near(entries[n]?.vector ?? sample.any(), 0.7 + (n % 30) / 100);
        const [best] = await find(tenant, question, { k: 3, atLeast: 0.69 });
        const nearest = Math.max(...entries.map((each) => trueCosine(question, each.vector)));
        assert.ok(best !== undefined && Math.abs(best.cosine - nearest) < 0.001, `${best?.cosine} for ${nearest}`);
      }
    });

    it('gives at most k hits, and none below the least cosine', async () => {
      const tenant = freshTenant();
      const question = sample.any();
      for (const cosine of [0.99, 0.96, 0.93, 0.7])
        await index().add(entry({ tenant, id: `${cosine}`, vector: sample.near(question, cosine) }));
      assert.deepEqual(idsOf(await find(tenant, question, { k: 2 })), ['0.99', '0.96']);
      assert.deepEqual(idsOf(await find(tenant, question, { atLeast: 0.9 })), ['0.99', '0.96', '0.93']);
      assert.deepEqual(idsOf(await find(tenant, question, { atLeast: 0.995 })), []);
    });

    it('never gives a hit of another scope or tenant, however alike their names', async () => {
      const vector = sample.any();
      const tenant = freshTenant();
      const places = [tenant, `${tenant}x`, `${tenant}:scope`, `${tenant},${tenant}`].flatMap((name) =>
        ['scope', 'SCOPE', 'sco', 'scope2', 'scope:scope', '*', 'sc*', '[s]cope', 'scope,scope2', 'a-b|c', '\\*'].map(
          (scope) => ({ tenant: name, scope }),
        ),
      );
      for (const place of places) await index().add(entry({ ...place, id: `${place.tenant}/${place.scope}`, vector }));
      for (const place of places) {
        // Nor do the others take the places of its own.
        for (const k of [1, 100]) {
          const hits = await index().search({ ...place, vector, k, atLeast: -1 });
          assert.deepEqual(idsOf(hits), [`${place.tenant}/${place.scope}`]);
        }
      }
      const purged = { tenant, scope: '*' };
      assert.equal(await index().purgeScope(purged.tenant, purged.scope), 1);
      for (const place of places) {
        const hits = await index().search({ ...place, vector, k: 100, atLeast: -1 });
        const isPurged = place.tenant === purged.tenant && place.scope === purged.scope;
        assert.equal(hits.length, isPurged ? 0 : 1, `${place.tenant} ${place.scope}`);
      }
    });

    it('never gives an expired hit, swept or not', async () => {
      const tenant = freshTenant();
      const vector = sample.any();
      await index().add(entry({ tenant, id: 'short', vector, expiresAt: clock.now() + 120_000 }));
      await index().add(entry({ tenant, id: 'long', vector: sample.near(vector, 0.95) }));
      await index().add(entry({ tenant, id: 'past', vector, expiresAt: clock.now() }));
      clock.advance(119_999);
      assert.deepEqual(idsOf(await find(tenant, vector)), ['short', 'long']);
      clock.advance(1);
      assert.deepEqual(idsOf(await find(tenant, vector, { k: 1 })), ['long']);
    });

    it('frees what has expired when swept', async () => {
      const tenant = freshTenant();
      while ((await index().sweep(clock.now())) > 0);
      const before = await index().size();
      for (let n = 0; n < 20; n++)
        await index().add(entry({ tenant, id: `n${n}`, expiresAt: clock.now() + (n < 15 ? 120_000 : hour) }));
      assert.equal(await index().size(), before + 20);
      clock.advance(120_000);
      let swept = 0;
      // A replica looks after the tenants of others only now and then.
      for (let round = 0; round < 4; round++, clock.advance(5_000)) swept += await index().sweep(clock.now());
      assert.equal(swept, 15);
      assert.equal(await index().size(), before + 5);
    });

    it('holds many scopes of one entry each apart, and frees them all', async () => {
      const tenant = freshTenant();
      while ((await index().sweep(clock.now())) > 0);
      const before = await index().size();
      const vector = sample.any();
      const scopes = Array.from({ length: 300 }, (_, n) => `past-${n}`);
      await Promise.all(
        scopes.map((scope) =>
          index().add(entry({ tenant, scope, id: scope, vector, expiresAt: clock.now() + 120_000 })),
        ),
      );
      for (const scope of scopes.slice(0, 40)) assert.deepEqual(idsOf(await find(tenant, vector, { scope })), [scope]);
      clock.advance(120_000);
      let swept = 0;
      for (let round = 0; round < 12 && swept < 300; round++, clock.advance(5_000))
        swept += await index().sweep(clock.now());
      assert.equal(swept, 300);
      assert.equal(await index().size(), before);
    });

    it('takes an entry of the same key in place of the one before', async () => {
      const tenant = freshTenant();
      const [old, young] = [sample.any(), sample.any()];
      await index().add(entry({ tenant, vector: old, ref: 'old' }));
      await index().add(entry({ tenant, vector: young, ref: 'young', expiresAt: clock.now() + 2 * hour }));
      const hits = await find(tenant, young);
      assert.deepEqual(
        hits.map(({ ref, expiresAt }) => [ref, expiresAt]),
        [['young', clock.now() + 2 * hour]],
      );
      assert.ok((hits[0]?.cosine ?? 0) > 0.999);
    });

    it('removes by key, scope and tenant, and says how many there were', async () => {
      const [tenant, other] = [freshTenant(), freshTenant()];
      const vector = sample.any();
      for (const owner of [tenant, other])
        for (const scope of ['scope', 'second'])
          for (let n = 0; n < 4; n++) await index().add(entry({ tenant: owner, scope, id: `n${n}`, vector }));
      const key = (id: string) => ({ tenant, scope: 'scope', id });
      assert.equal(await index().remove([key('n0'), key('n2'), key('none')]), 2);
      assert.deepEqual(idsOf(await find(tenant, vector)).sort(), ['n1', 'n3']);
      assert.equal(await index().purgeScope(tenant, 'scope'), 2);
      assert.equal(await index().purgeScope(tenant, 'scope'), 0);
      assert.deepEqual(await find(tenant, vector), []);
      assert.equal((await find(tenant, vector, { scope: 'second' })).length, 4);
      assert.equal(await index().purgeTenant(tenant), 4);
      assert.deepEqual(await find(tenant, vector, { scope: 'second' }), []);
      assert.equal((await find(other, vector)).length, 4);
    });

    const odd = (at: number, value: number) => sample.any().fill(value, at, at + 1);
    const refused = [
      ['NaN in it', 'not-finite', odd(3, Number.NaN)],
      ['an infinity in it', 'not-finite', odd(71, Number.NEGATIVE_INFINITY)],
      ['nothing but zeros', 'zero', new Float32Array(dimensions)],
      ['another dimension', 'dimensions', new Float32Array(dimensions - 1).fill(1)],
      ['no dimension', 'dimensions', new Float32Array()],
    ] as const;
    for (const [what, reason, vector] of refused) {
      it(`refuses a vector with ${what}, to keep and to search for`, async () => {
        const tenant = freshTenant();
        const isRefusal = (error: unknown) => error instanceof VectorRefused && error.reason === reason;
        await assert.rejects(async () => index().add(entry({ tenant, vector })), isRefusal);
        await assert.rejects(async () => find(tenant, vector), isRefusal);
        assert.deepEqual(await find(tenant, sample.any()), []);
      });
    }

    it('refuses names that could be mistaken for others, and questions without sense', async () => {
      const [tenant, vector] = [freshTenant(), sample.any()];
      const keys = [
        { tenant: 'a}b' },
        { tenant: '' },
        { scope: 'a b' },
        { scope: '' },
        { id: 'a\nb' },
        { id: 'x'.repeat(201) },
      ];
      for (const over of [...keys, { ref: 'x'.repeat(1_001) }, { expiresAt: Number.NaN }])
        await assert.rejects(async () => index().add(entry({ tenant, ...over })), VectorRefused);
      for (const over of [{ k: 0 }, { k: 1.5 }, { k: 101 }, { atLeast: 2 }, { atLeast: Number.NaN }, { scope: 'a b' }])
        await assert.rejects(async () => find(tenant, vector, over), VectorRefused);
    });

    holdsUnderAnyOperations({ clock, space, index, freshTenant });

    it('keeps everything over a restart, where it keeps anything', async () => {
      // Only what lives in the process alone has nothing to come back to.
      if (opened?.reopen === undefined) return assert.equal(name, 'memory');
      const tenant = freshTenant();
      const entries = Array.from({ length: 50 }, (_, n) => entry({ tenant, id: `n${n}`, ref: `ref ${n}` }));
      for (const each of entries) await index().add(each);
      await index().remove(entries.slice(0, 10));
      const before = await Promise.all(entries.map((each) => find(tenant, each.vector, { k: 3 })));
      // What has expired need not be kept.
      while ((await index().sweep(clock.now())) > 0);
      const size = await index().size();
      current = await opened.reopen();
      assert.equal(await index().size(), size);
      assert.deepEqual(await Promise.all(entries.map((each) => find(tenant, each.vector, { k: 3 }))), before);
    });
  });
}
