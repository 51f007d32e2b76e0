/** What can be wrong with an answer that a proxy can see, without knowing what would be right. */
export const DOUBT_CODES = [
  'cut-off',
  'filtered',
  'refused',
  'empty',
  'not-json',
  'schema',
  'unknown-tool',
  'tool-arguments',
  'no-tool-call',
  'repetition',
  'broken-code',
  'unreadable',
] as const;

export type DoubtCode = (typeof DOUBT_CODES)[number];

/** Why an answer is not taken. */
export interface Doubt {
  readonly code: DoubtCode;
  /** One sentence, for the operator. Holds nothing of the answer but names of tools. */
  readonly message: string;
}
