import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import type { VectorEntry } from '../../../src/cache/vectors/vector-index.ts';
import type { IndexStand } from './conformance.ts';
import { SampleVectors, trueCosine } from './sample-vectors.ts';

const scopes = ['a', 'ab', 'b'];
const scope = fc.nat(scopes.length - 1);
const owner = fc.nat(1);
/** Few, so that they meet. */
const item = fc.nat(11);

const operation = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('add'), owner, scope, item, vector: item, ttl: fc.nat(9) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('search'), owner, scope, vector: item }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait'), minutes: fc.nat(4) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove'), owner, scope, item }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('purge-scope'), owner, scope }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('purge-tenant'), owner }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('sweep') }) },
);

/** Against a list that is searched from end to end. */
export function holdsUnderAnyOperations({ clock, space, index, freshTenant }: IndexStand): void {
  it('agrees with a plain list, whatever is done in whatever order', async () => {
    const sample = new SampleVectors(space.dimensions, 99);
    const vectors = Array.from({ length: 12 }, () => sample.any());
    const vectorAt = (n: number) => vectors[n] ?? sample.any();
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { minLength: 10, maxLength: 40 }), async (operations) => {
        const tenants = [freshTenant(), freshTenant()];
        let model: VectorEntry[] = [];
        for (const step of operations) {
          const tenant = tenants['owner' in step ? step.owner : 0] ?? '';
          const inScope = scopes['scope' in step ? step.scope : 0] ?? '';
          const isHere = (entry: VectorEntry) => entry.tenant === tenant && entry.scope === inScope;
          if ('ttl' in step) {
            const entry: VectorEntry = {
              tenant,
              scope: inScope,
              id: `i${step.item}`,
              vector: vectorAt(step.vector),
              // Some are expired as they come.
              expiresAt: clock.now() + step.ttl * 60_000,
              ref: `${tenant}/${inScope}`,
            };
            model = model.filter((known) => !(isHere(known) && known.id === entry.id));
            model.push(entry);
            await index().add(entry);
          } else if ('minutes' in step) clock.advance(step.minutes * 60_000);
          else if ('vector' in step) {
            const live = model.filter((entry) => isHere(entry) && entry.expiresAt > clock.now());
            const vector = vectorAt(step.vector);
            const hits = await index().search({ tenant, scope: inScope, vector, k: 20, atLeast: -1 });
            const found = hits.map(({ id, expiresAt, ref }) => ({ id, expiresAt, ref }));
            const expected = live.map(({ id, expiresAt, ref }) => ({ id, expiresAt, ref }));
            const byId = (one: { id: string }, other: { id: string }) => (one.id < other.id ? -1 : 1);
            assert.deepEqual(found.sort(byId), expected.sort(byId));
            const nearest = Math.max(-1, ...live.map((entry) => trueCosine(vector, entry.vector)));
            assert.ok(Math.abs((hits[0]?.cosine ?? -1) - nearest) < 0.001);
          } else if ('item' in step) {
            const id = `i${step.item}`;
            model = model.filter((entry) => !(isHere(entry) && entry.id === id));
            await index().remove([{ tenant, scope: inScope, id }]);
          } else if ('scope' in step) {
            model = model.filter((entry) => !isHere(entry));
            await index().purgeScope(tenant, inScope);
          } else if ('owner' in step) {
            model = model.filter((entry) => entry.tenant !== tenant);
            await index().purgeTenant(tenant);
          } else await index().sweep(clock.now());
        }
      }),
      { numRuns: 40, seed: 5 },
    );
  });
}
