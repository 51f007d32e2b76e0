import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Two requests; `a` was stored, `b` is asked. */
export interface Pair {
  readonly a: string;
  readonly b: string;
  /** One answer serves both, as people labelled it. */
  readonly same: boolean;
  /** What kind of trap it is, or `paraphrase`. */
  readonly kind?: string;
  /** Between stored vectors of text-embedding-3-small. */
  readonly cosine?: number;
}

/** Two captions with people's similarity, 0 to 5. */
export interface ScoredPair {
  readonly a: string;
  readonly b: string;
  readonly score: number;
}

/** Not part of the repository: their licences or their owners keep them elsewhere. */
const SHARED = new URL('../../../shared/data/cache/', import.meta.url);
const OWN = new URL('./', import.meta.url);

export interface BenchData {
  readonly traps: readonly Pair[];
  readonly own: readonly Pair[];
  readonly quora: readonly Pair[] | undefined;
  readonly captions: readonly ScoredPair[] | undefined;
  /** What could not be read, a sentence each. */
  readonly missing: readonly string[];
}

export function readData(): BenchData {
  const missing: string[] = [];
  const optional = (name: string) => {
    const url = new URL(name, SHARED);
    if (existsSync(url)) return rows(url);
    missing.push(`${name} is not in ../shared/data/cache: its rows are not measured`);
    return undefined;
  };
  return {
    traps: rows(new URL('traps.jsonl', OWN)).map(asPair),
    own: rows(new URL('own-pairs.jsonl', OWN)).map(asPair),
    quora: optional('quora-te3small.jsonl')?.map(asPair),
    captions: optional('stsb-captions.jsonl')?.map(asScored),
    missing,
  };
}

/**
 * Half of a set, by a hash of the two texts. Whoever changes a rule with rows in view looks at the first half only: how the second fares then tells
 * what the change is worth.
 */
export function halfOf(pairs: readonly Pair[], half: 'first' | 'second'): readonly Pair[] {
  const wanted = half === 'first' ? 0 : 1;
  return pairs.filter(({ a, b }) => ((createHash('sha256').update(`${a}\n${b}`).digest()[0] ?? 0) & 1) === wanted);
}

function rows(url: URL): unknown[] {
  return readFileSync(fileURLToPath(url), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown);
}

function asPair(row: unknown): Pair {
  const { a, b, same, kind, cosine } = row as Record<string, unknown>;
  if (typeof a !== 'string' || typeof b !== 'string' || typeof same !== 'boolean')
    throw new Error(`no pair: ${JSON.stringify(row)}`);
  return {
    a,
    b,
    same,
    ...(typeof kind === 'string' ? { kind } : {}),
    ...(typeof cosine === 'number' ? { cosine } : {}),
  };
}

function asScored(row: unknown): ScoredPair {
  const { a, b, score } = row as Record<string, unknown>;
  if (typeof a !== 'string' || typeof b !== 'string' || typeof score !== 'number')
    throw new Error(`no scored pair: ${JSON.stringify(row)}`);
  return { a, b, score };
}
