import { NAMING, NAMING_NOUNS } from './lexicon/courtesy.ts';
import { readWords } from './lexicon/read.ts';
import { isNumberWord } from './number-words.ts';
import { GAPS } from './piece-words.ts';
import type { Piece } from './scan.ts';
import { DROPPED_WORDS, FUNCTION_TOKENS } from './words.ts';

export const AUXILIARIES = readWords(
  'is are am was were do does did can could may might should must will shall would has have had',
);
export const QUESTION_WORDS = readWords('what which why how who where');
/** Behind these a which starts a question of its own; behind any other noun it links a clause to it. */
export const ASKING_VERBS = readWords(
  'know decide determine check find see choose select compare understand ask identify verify',
);
const NAMING_WORDS = readWords(NAMING);
const NAMING_NOUN_WORDS = readWords(NAMING_NOUNS);
const SHORTEST_KEYWORD = 4;
const ARTICLES_AND_PRONOUNS = readWords('a an the that it');

/** A number in figures or words. */
export function isNumeral(word: string): boolean {
  const code = word.charCodeAt(0);
  return (code >= 48 && code <= 57) || isNumberWord(word);
}

/** `say please`, `pronounce very`: a word that is usually dropped is meant as a word. */
export function isMeantAsWord(words: readonly string[], at: number): boolean {
  const word = words[at] ?? '';
  return NAMING_WORDS.has(words[at - 1] ?? '') && DROPPED_WORDS.has(word) && !ARTICLES_AND_PRONOUNS.has(word);
}

/** In capitals, a short word is an abbreviation (`DB`), a longer one the word of a language (`DELETE`), for which no other stands. */
export function isKeyword({ caps, text }: Piece): boolean {
  return caps === 2 && text.length >= SHORTEST_KEYWORD;
}

/** `spell colour`, `the word for big`: it is about the word, for which no other stands. */
export function isNamedWord(words: readonly string[], at: number): boolean {
  const before = words[at - 1] ?? '';
  if (NAMING_WORDS.has(before)) return true;
  return (before === 'for' || before === 'of') && NAMING_NOUN_WORDS.has(words[at - 2] ?? '');
}

/** `a second`, `per second`, `30 second`: the unit and not the place behind the first. */
export function isUnitSecond(words: readonly string[], at: number): boolean {
  const before = words[at - 1] ?? '';
  const next = words[at + 1] ?? '.';
  if (before === 'a') return GAPS.has(next) || FUNCTION_TOKENS.has(next);
  return isNumeral(before) || before === 'per' || before === 'each' || before === 'every';
}

/** `the original one`: stands for a noun; `one licence key`, `one of the keys`: a number. */
export function isPronounOne(words: readonly string[], at: number): boolean {
  const before = words[at - 1] ?? '';
  const next = words[at + 1] ?? '.';
  if (before === 'the' || before === 'this' || before === 'that' || before === 'which' || before === 'a') return true;
  if (next === 'of' || isNumberWord(next)) return false;
  return next === '.' || next === ',' || FUNCTION_TOKENS.has(next) || AUXILIARIES.has(next) || next === 'that';
}
