import { type Share, share } from './interval.ts';
import type { Pair } from './pairs.ts';
import type { Policy } from './policy.ts';

/** What one policy served of labelled pairs. */
export interface Tally {
  readonly policy: string;
  /** Served of all. */
  readonly hitRate: Share;
  /** Served of the duplicates. */
  readonly recall: Share;
  /** Served of those that are none. */
  readonly falseHits: Share;
  /** Wrong ones among the served: what a user of a hit sees. */
  readonly errorAmongHits: Share;
  /** Wrong ones among all requests: smaller the less a cache hits, whatever its hits are worth. */
  readonly errorAmongRequests: Share;
}

export function tally(policy: Policy, pairs: readonly Pair[], cosineOf: (pair: Pair, at: number) => number): Tally {
  let right = 0;
  let wrong = 0;
  let duplicates = 0;
  for (const [at, pair] of pairs.entries()) {
    if (pair.same) duplicates += 1;
    if (!policy.serves(pair, cosineOf(pair, at))) continue;
    if (pair.same) right += 1;
    else wrong += 1;
  }
  return {
    policy: policy.name,
    hitRate: share(right + wrong, pairs.length),
    recall: share(right, duplicates),
    falseHits: share(wrong, pairs.length - duplicates),
    errorAmongHits: share(wrong, right + wrong),
    errorAmongRequests: share(wrong, pairs.length),
  };
}

/** Traps served of those of each kind, `paraphrase` left out. */
export function servedByKind(
  policy: Policy,
  pairs: readonly Pair[],
  cosineOf: (pair: Pair, at: number) => number,
): ReadonlyMap<string, { served: number; of: number }> {
  const kinds = new Map<string, { served: number; of: number }>();
  for (const [at, pair] of pairs.entries()) {
    if (pair.same) continue;
    const kind = pair.kind ?? 'other';
    const count = kinds.get(kind) ?? { served: 0, of: 0 };
    count.of += 1;
    if (policy.serves(pair, cosineOf(pair, at))) count.served += 1;
    kinds.set(kind, count);
  }
  return kinds;
}
