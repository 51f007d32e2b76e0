/** Embedders for which a threshold was measured (docs/cache.md has the figures), by the provider's name for them. */
const CALIBRATED: ReadonlyMap<string, number> = new Map([['text-embedding-3-small', 0.95]]);

/** The least cosine at which an embedder's hits were measured to be good; undefined: nobody knows what its cosines mean. */
export function calibratedThreshold(embedder: string): number | undefined {
  return CALIBRATED.get(embedder.slice(embedder.lastIndexOf('/') + 1));
}
