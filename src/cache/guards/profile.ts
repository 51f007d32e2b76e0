import type { VetoReason } from './reasons.ts';

/** How a noun was introduced; decides whether its number may differ. */
export type Determiner = 'bare' | 'a' | 'definite' | 'all';

/** One unit of meaning of a question. */
export interface Token {
  /** What is compared. The first character of the small words tells their kind, see lexicon/function-words.ts. */
  readonly key: string;
  /** The word itself, spelling mistakes mended: of a content word or phrase, where `key` stands for its synonyms as well. */
  readonly said: string;
  /** The same for all forms of a content word. */
  readonly stem: string;
  /** What a difference in this token is counted as. */
  readonly reason: VetoReason;
  readonly determiner: Determiner;
  readonly form: 'plural' | 'gerund' | 'other';
  /** A that, who or which was dropped before it: what follows belongs to the noun before. */
  readonly linked: boolean;
}

/** What the guards know of a text: computed once, compared often. */
export interface QuestionProfile {
  readonly tokens: readonly Token[];
  /** Indexes of tokens before which a clause or sentence starts. */
  readonly boundaries: ReadonlySet<number>;
  /** A do, does or did carries the grammar of a question here, so that its verb stands bare. */
  readonly doSupport: boolean;
  /** What was written, word by word, in lower case: contractions resolved and spelling mended, and nothing else. */
  readonly words: readonly string[];
}

export function isContent(token: Token): boolean {
  return !'!%~>+?'.includes(token.key[0] ?? '?');
}
