import type { SubjectName } from '../subjects/subject.ts';
import { median } from './statistics.ts';

/** One measured quantity of one subject: a value a round. */
export interface Figure {
  readonly section: string;
  /** What is measured, with its unit: `CPU us/request`. */
  readonly metric: string;
  /** Under which circumstances: `500 kB`. */
  readonly circumstance: string;
  readonly subject: SubjectName;
  readonly rounds: readonly number[];
}

/** Finds one figure's rounds. */
export type Lookup = (metric: string, circumstance: string, subject: SubjectName) => readonly number[] | undefined;

export function lookupIn(figures: readonly Figure[]): Lookup {
  return (metric, circumstance, subject) =>
    figures.find((f) => f.metric === metric && f.circumstance === circumstance && f.subject === subject)?.rounds;
}

/** Median over the rounds of `combine(a, b)` of the same round, so that what slows a whole round cancels. */
export function pairwise(
  a: readonly number[] | undefined,
  b: readonly number[] | undefined,
  combine: (a: number, b: number) => number,
): number | undefined {
  if (a === undefined || b === undefined) return undefined;
  const pairs = a.flatMap((value, round) => {
    const other = b[round];
    return other === undefined ? [] : [combine(value, other)];
  });
  return pairs.length === 0 ? undefined : median(pairs);
}
