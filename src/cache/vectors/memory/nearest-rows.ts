import { CHUNK_ROWS, type VectorArena } from './arena.ts';

export interface RankedRow {
  readonly row: number;
  readonly cosine: number;
}

/** The `k` rows nearest to a vector of length 1, nearest first; only those that `isLive` and have at least that cosine. */
export function nearestRows(
  arena: VectorArena,
  unit: Float32Array,
  rows: Uint32Array,
  { k, atLeast }: { readonly k: number; readonly atLeast: number },
  isLive: (row: number) => boolean,
): readonly RankedRow[] {
  const best: RankedRow[] = [];
  const cosines = new Float32Array(Math.min(rows.length, CHUNK_ROWS));
  let least = atLeast;
  arena.setQuery(unit);
  for (let start = 0; start < rows.length; start += CHUNK_ROWS) {
    const some = rows.subarray(start, start + CHUNK_ROWS);
    arena.cosines(some, cosines);
    for (let i = 0; i < some.length; i++) {
      const cosine = cosines[i] ?? -1;
      const row = some[i] ?? 0;
      if (cosine < least || (best.length === k && cosine === least) || !isLive(row)) continue;
      insert(best, { row, cosine });
      if (best.length > k) best.pop();
      if (best.length === k) least = best[k - 1]?.cosine ?? least;
    }
  }
  return best;
}

function insert(best: RankedRow[], ranked: RankedRow): void {
  let place = best.length;
  while (place > 0 && (best[place - 1]?.cosine ?? 0) < ranked.cosine) place--;
  best.splice(place, 0, ranked);
}
