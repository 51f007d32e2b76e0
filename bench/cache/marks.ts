import type { Share } from './interval.ts';

/** What the semantic cache has to hold on this data. */
export interface CacheFindings {
  /** Hand-written traps served at a cosine of 1, by the pair guards alone: number, id and scope; and all kinds. */
  readonly strictTraps: Share;
  readonly traps: Share;
  /** The same of the generated ones. */
  readonly generated: Share;
  /** Labelled pairs at the default threshold, with stored cosines; undefined where the file is missing. */
  readonly falseHits: Share | undefined;
  readonly recall: Share | undefined;
}

export interface CacheMark {
  readonly what: string;
  readonly limit: string;
  readonly measured: string;
  readonly verdict: 'HELD' | 'MISSED' | 'not measured';
}

export function judgeCache(findings: CacheFindings): CacheMark[] {
  return [
    mark(
      'traps of number, id or scope served, any embedder (cosine 1)',
      'at most 0',
      findings.strictTraps,
      (s) => s.hits === 0,
    ),
    mark('traps of all kinds served, any embedder (cosine 1)', 'at most 1%', findings.traps, (s) => rate(s) <= 0.01),
    mark('generated traps served, any embedder (cosine 1)', 'at most 1%', findings.generated, (s) => rate(s) <= 0.01),
    mark('labelled non-duplicates served at 0.95', 'at most 0.5%', findings.falseHits, (s) => rate(s) <= 0.005),
    mark('recall of labelled duplicates at 0.95', 'at least 5%', findings.recall, (s) => rate(s) >= 0.05),
  ];
}

function mark(what: string, limit: string, found: Share | undefined, holds: (found: Share) => boolean): CacheMark {
  if (found === undefined) return { what, limit, measured: '-', verdict: 'not measured' };
  return { what, limit, measured: showShare(found), verdict: holds(found) ? 'HELD' : 'MISSED' };
}

function rate(found: Share): number {
  return found.of === 0 ? 0 : found.hits / found.of;
}

/** `3 of 199 = 1.5% (0.3..4.3)`, the interval in percent. */
export function showShare({ hits, of, low, high }: Share): string {
  if (of === 0) return '0 of 0';
  return `${hits} of ${of} = ${percent(hits / of)}% (${percent(low)}..${percent(high)})`;
}

function percent(value: number): string {
  const hundredfold = value * 100;
  return hundredfold >= 99.95 || hundredfold === 0
    ? String(Math.round(hundredfold))
    : hundredfold.toFixed(hundredfold < 1 ? 2 : 1);
}
