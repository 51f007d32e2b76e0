import type { SemanticMode } from '../../config/cache-config.ts';
import { calibratedThreshold } from '../../config/calibrated-embedders.ts';
import { GRID } from '../certify/settings.ts';
import type { SemanticAsk } from './semantic-ask.ts';

/** What holds for an embedder that was not measured, where nobody said a threshold. */
const CAUTIOUS = 0.97;

/**
 * The least cosine of a would-be hit. Live, it is the operator's, or the embedder's. Where hits are measured first, all are looked at that
 * could ever be certified, unless the operator draws a line.
 */
export function leastCosine({ settings, threshold }: SemanticAsk, mode: SemanticMode, embedder: string): number {
  const given = threshold ?? settings.threshold;
  if (mode === 'live') return given ?? calibratedThreshold(embedder) ?? CAUTIOUS;
  const loosest = GRID.at(-1) ?? 1;
  return Math.max(given ?? loosest, loosest);
}
