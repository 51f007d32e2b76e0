import type { PromptText } from './prompt-text.ts';
import type { Tally } from './tally.ts';

/** What the complexity of a text is made of. Each part is 0 for none of it and 1 from `full` on. */
export interface ComplexityPart {
  readonly part: 'length' | 'entities' | 'code' | 'steps' | 'maths';
  /** Of the whole; all weights together are 1. */
  readonly weight: number;
  /** How much of it is all that counts. */
  readonly full: number;
}

export const COMPLEXITY: readonly ComplexityPart[] = [
  { part: 'length', weight: 0.25, full: 4_000 },
  { part: 'entities', weight: 0.2, full: 20 },
  { part: 'code', weight: 0.2, full: 12 },
  { part: 'steps', weight: 0.2, full: 12 },
  { part: 'maths', weight: 0.15, full: 16 },
];

export interface Complexity {
  /** 0 to 1. */
  readonly value: number;
  /** What each part adds to it. */
  readonly parts: Readonly<Record<ComplexityPart['part'], number>>;
}

/**
 * How much there seems to be to a text: its length in characters; names, acronyms and numbers in it; blocks and lines of code; words that
 * put steps and conditions; mathematics. A rule of thumb, to move a task one tier up where it is above a threshold.
 */
export function complexityOf(tally: Tally, { length }: PromptText, parts = COMPLEXITY): Complexity {
  const amounts = {
    length,
    entities: tally.names + tally.acronyms + tally.numbers,
    code: 6 * tally.fences + tally.indented + tally.count('code'),
    steps: tally.count('steps') + tally.count('staged') + tally.count('conditions') + tally.bullets,
    maths: tally.mathMarks + tally.count('maths'),
  };
  const added = { length: 0, entities: 0, code: 0, steps: 0, maths: 0 };
  let value = 0;
  for (const { part, weight, full } of parts) {
    added[part] = weight * Math.min(1, amounts[part] / full);
    value += added[part];
  }
  return { value: Math.min(1, value), parts: added };
}
