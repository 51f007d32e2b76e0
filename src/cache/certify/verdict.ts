/**
 * What came of comparing a would-be answer with the live one.
 *
 * `unsure` counts as wrong: pairs that a checker cannot decide are not a random choice of pairs, and leaving them out would certify what
 * nobody could check. `unavailable` (the judge is down, the live call failed) is no evidence at all: it certifies nothing and condemns
 * nothing. A checker must tell these apart by its own state, never by the pair: an answer too long for the judge is `unsure`.
 */
export type Verdict = 'right' | 'wrong' | 'unsure';

export type CheckResult = Verdict | 'unavailable';
