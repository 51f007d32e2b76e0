import { LruMap } from '../../lru-map.ts';
import type { TickCounts } from '../../statistics/mean-bound.ts';
import { type LossBaseline, PairedLossDetector } from '../../statistics/paired-loss-detector.ts';

const made = new LruMap<string, PairedLossDetector>(1_000);

/** Made once for each baseline: its limits take milliseconds to find. */
export function detectorOf(baseline: LossBaseline): PairedLossDetector {
  const name = `${baseline.n}/${baseline.losses}/${baseline.wins}`;
  let detector = made.get(name);
  if (detector === undefined) {
    detector = new PairedLossDetector(baseline);
    made.set(name, detector);
  }
  return detector;
}

/** What losses look like now. */
export function baselineOf(counts: TickCounts): LossBaseline {
  let n = 0;
  let losses = 0;
  let wins = 0;
  for (const [tick, count] of Object.entries(counts)) {
    n += count;
    if (Number(tick) > 0) losses += count;
    if (Number(tick) < 0) wins += count;
  }
  return { n, losses, wins };
}
