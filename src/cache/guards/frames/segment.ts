import { REASON_OF_PREFIX } from '../lexicon/function-words.ts';
import { isContent, type Token } from '../profile.ts';

/** The tokens from one boundary of a text to the next: a clause, or what a question word starts. */
export interface Segment {
  readonly tokens: readonly Token[];
  /** A do, does or did of this segment was dropped. */
  readonly doSupport: boolean;
  /** Something was said before it. */
  readonly hasContext: boolean;
}

/** Rewrites a segment that is built in one way into how another way of asking the same is built. Returns the tokens as they are elsewhere. */
export type Frame = (segment: Segment) => readonly Token[];

/** @param like - whose place it takes; it may be a noun's, of which nothing but the place is kept */
export function smallToken(key: string, like: Token): Token {
  return {
    key,
    said: key,
    stem: key,
    reason: REASON_OF_PREFIX[key[0] ?? ''] ?? 'wording',
    determiner: 'bare',
    form: 'other',
    linked: like.linked,
  };
}

export function keyAt(tokens: readonly Token[], at: number): string {
  return tokens[at]?.key ?? '';
}

/** Nothing but words that name things, in one piece: no preposition, no helper, no clause hung on. */
export function areNaming(tokens: readonly Token[]): boolean {
  return tokens.length > 0 && tokens.every((token, at) => isContent(token) && !(token.linked && at > 0));
}

export function isAuxiliary(key: string): boolean {
  return AUXILIARIES.has(key);
}

const AUXILIARIES: ReadonlySet<string> = new Set([
  '+be',
  '+can',
  '+may',
  '+should',
  '+must',
  '+will',
  '+would',
  '+perfect',
]);
