import type { VectorHit } from '../vector-index.ts';

type ScopeName = { readonly tenant: string; readonly scope: string };

/** What an entry says of where it belongs, checked with every hit. A scope has no spaces, so that no two places say the same. */
export const ownerOf = ({ tenant, scope }: ScopeName): string => `${scope} ${tenant}`;

/** The fields of an entry's hash, besides its vector, that a hit is made of. */
export const hitFields = ['owner', 'id', 'expires', 'ref'] as const;

export interface WantedEntry extends ScopeName {
  readonly atLeast: number;
  /** Clock milliseconds. */
  readonly now: number;
  /** The cosine to the question; undefined where the bytes are no vector. */
  readonly cosine: (vector: Buffer) => number | undefined;
}

/** What an entry really is, by its own fields. Undefined where it is no hit: none of ours, of another scope, expired or not near. */
export function hitOf(fields: ReadonlyMap<string, Buffer>, wanted: WantedEntry): VectorHit | undefined {
  const [owner, id, expires, ref] = hitFields.map((name) => fields.get(name)?.toString('utf8'));
  const vector = fields.get('vector');
  if (owner !== ownerOf(wanted) || id === undefined || ref === undefined || vector === undefined) return undefined;
  const expiresAt = Number(expires);
  if (!(expiresAt > wanted.now)) return undefined;
  const cosine = wanted.cosine(vector);
  // NaN is not near either.
  if (cosine === undefined || !(cosine >= wanted.atLeast)) return undefined;
  return { id, cosine, expiresAt, ref };
}

export const nearestFirst = (one: VectorHit, other: VectorHit): number => other.cosine - one.cosine;
