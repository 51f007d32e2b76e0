import type { Token } from '../profile.ts';
import { adviceOn, countOf, durationOf, personFor, placeOf, sameCases } from './advice.ts';
import { sortChoices } from './choice.ts';
import { aspectNumber, numberedKind, writtenText } from './labels.ts';
import { differenceOf, meaningOf, wordMeant } from './meaning.ts';
import { embeddedCopula, embeddedOrder, negatedHelper } from './question-order.ts';
import type { Frame, Segment } from './segment.ts';
import { frontSuperlative } from './superlative.ts';
import { agreement, anybodysHow, everSeen, joints, mannerFirst, orNot } from './verb-forms.ts';

/** In the order in which they build on one another. */
const FRAMES: readonly Frame[] = [
  agreement,
  anybodysHow,
  embeddedOrder,
  embeddedCopula,
  negatedHelper,
  adviceOn,
  placeOf,
  personFor,
  durationOf,
  countOf,
  meaningOf,
  wordMeant,
  differenceOf,
  aspectNumber,
  numberedKind,
  writtenText,
  joints,
  orNot,
  mannerFirst,
  everSeen,
  frontSuperlative,
];

/** Brings the ways in which one thing can be asked to one: tokens and the places where clauses start. */
export function applyFrames(
  tokens: readonly Token[],
  boundaries: ReadonlySet<number>,
  supports: readonly number[],
): { tokens: readonly Token[]; boundaries: ReadonlySet<number> } {
  const starts = [...boundaries].filter((at) => at < tokens.length).toSorted((a, b) => a - b);
  const rewritten = starts.map((from, at) => {
    const to = starts[at + 1] ?? tokens.length;
    const doSupport = supports.some((place) => place >= from && place < to);
    return rewrite({ tokens: tokens.slice(from, to), doSupport, hasContext: from > 0 });
  });
  const ends = new Set<number>([0]);
  const all: Token[] = [];
  for (const segment of sortChoices(sameCases(rewritten))) {
    all.push(...segment);
    ends.add(all.length);
  }
  return { tokens: all, boundaries: ends };
}

function rewrite(segment: Segment): readonly Token[] {
  let { tokens } = segment;
  for (const frame of FRAMES) tokens = frame({ ...segment, tokens });
  return tokens;
}
