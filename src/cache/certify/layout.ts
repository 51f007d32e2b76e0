import type { CertifySettings } from './settings.ts';

/** Hits whose cosines are looked at before the first audit. */
export const OBSERVED_HITS = 50;

/** The first threshold of the first attempt is the strictest that this share of hits reaches; each later attempt halves it. */
const START_SHARE = 0.2;

/**
 * Where an attempt begins.
 *
 * Thresholds are tested from strict to loose, and each must pass before the next counts. Begun at 0.99, where hardly a paraphrase ever is,
 * that would take years. So the attempt begins where hits are. This looks at cosines only, of hits before the attempt's first audit: it
 * cannot favour a threshold for having had luck with its verdicts, and costs none of the promise.
 *
 * @param hits would-be hits so far, by the strictest threshold they reach
 * @param before where the attempt before began: a new one begins stricter, if there is anything stricter
 * @returns index into the grid
 */
export function startOf(hits: readonly number[], attempt: number, before: number | null): number {
  const total = hits.reduce((sum, count) => sum + count, 0);
  const wanted = total * START_SHARE * 2 ** (1 - attempt);
  let reached = 0;
  let start = hits.findIndex((count) => {
    reached += count;
    return reached >= wanted;
  });
  if (start < 0) start = hits.length - 1;
  return before === null ? start : Math.max(0, Math.min(start, before - 1));
}

/** Where the first attempt begins if that does not depend on hits. */
export function fixedStart({ start, grid }: CertifySettings): number | null {
  return start === 'observed' ? null : grid.indexOf(start);
}
