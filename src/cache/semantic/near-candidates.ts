import type { AnswerCache } from '../answer-cache.ts';
import { compareFollowUps, comparePair, type PairVerdict, profileOf } from '../guards/index.ts';
import type { CacheEntry } from '../store/cache-store.ts';
import type { EntryKey, VectorHit, VectorIndex } from '../vectors/vector-index.ts';
import type { SemanticAsk } from './semantic-ask.ts';

/** Neighbours looked at: the nearest may be vetoed, and the next one not. */
const NEIGHBOURS = 5;

/** The tenant of a proxy that asks nobody for a key: indexes take no empty name, and no tenant has this one. */
const NO_TENANT = '~';

/** Where in the index a question lies. */
export interface Place {
  readonly tenant: string;
  readonly scope: string;
  readonly question: string;
  readonly vector: Float32Array;
  /** Who made the vector. */
  readonly embedder: string;
}

/** A kept answer to a near question, and what the guards say of the pair. */
export interface Candidate {
  readonly cosine: number;
  readonly entry: CacheEntry;
  readonly question: string;
  readonly verdict: PairVerdict;
}

export interface Neighbours {
  /** The nearest first. */
  readonly candidates: readonly Candidate[];
  /** Vectors whose answers are gone: purged, evicted, or made anew elsewhere. */
  readonly dead: readonly EntryKey[];
}

export function indexTenant(tenant: string): string {
  return tenant === '' ? NO_TENANT : tenant;
}

/**
 * The kept answers to the nearest questions of the same scope. What a vector leads to is checked here whatever the index says: the
 * answer is kept under the scope asked for, by its tenant, and is fresh. A vector alone never serves.
 */
export async function neighboursOf(
  ask: SemanticAsk,
  place: Place,
  index: VectorIndex,
  answers: AnswerCache,
  atLeast: number,
  now: number,
): Promise<Neighbours> {
  const { scope, vector, question } = place;
  const tenant = indexTenant(place.tenant);
  const found = index.search({ tenant, scope, vector, k: NEIGHBOURS, atLeast });
  const hits = found instanceof Promise ? await found : found;
  const candidates: Candidate[] = [];
  const dead: EntryKey[] = [];
  if (hits.length === 0) return { candidates, dead };
  const asked = profileOf(question);
  const compare = ask.question.earlierTurns > 0 ? compareFollowUps : comparePair;
  for (const { hit, entry } of await entriesOf(hits, place.tenant, answers)) {
    // Written so that NaN is no hit.
    if (!(hit.cosine >= atLeast)) continue;
    const near = entry?.near;
    if (entry === undefined || near?.scope !== scope || now >= entry.freshUntil) {
      dead.push({ tenant, scope, id: hit.id });
      continue;
    }
    if (now - entry.createdAt > ask.maxAge) continue;
    const verdict = compare(asked, profileOf(near.question));
    candidates.push({ cosine: Math.min(1, hit.cosine), entry, question: near.question, verdict });
  }
  return { candidates, dead };
}

/** The answers that vectors lead to, asked for together: each may be a round trip. */
async function entriesOf(
  hits: readonly VectorHit[],
  tenant: string,
  answers: AnswerCache,
): Promise<{ readonly hit: VectorHit; readonly entry: CacheEntry | undefined }[]> {
  const asked = hits.map((hit) => ({ hit, entry: answers.find(tenant, hit.ref) }));
  return Promise.all(asked.map(async ({ hit, entry }) => ({ hit, entry: await entry })));
}
