import { inflect, stemOf } from './inflection.ts';
import { DATES } from './lexicon/dates.ts';
import { DROPPED, FUNCTION_WORDS, GREETINGS } from './lexicon/function-words.ts';
import { LANGUAGES } from './lexicon/languages.ts';
import { readGroups, readNames, readWords } from './lexicon/read.ts';
import { SPELLINGS, SYNONYMS } from './lexicon/synonyms.ts';
import { UNITS } from './lexicon/units.ts';
import { americanSpelling } from './spelling.ts';

/** Word -> token, such as `without` -> `!without`. */
export const FUNCTION_TOKENS = readGroups(FUNCTION_WORDS);
export const DROPPED_WORDS = readWords(DROPPED);
export const GREETING_WORDS = readWords(GREETINGS);
export const CORRECTED = readGroups(SPELLINGS);
export const LANGUAGE_NAMES = readWords(LANGUAGES);
export const DATE_WORDS = readNames(DATES);
export const UNIT_NAMES = readNames(UNITS);

/** Unit spellings that are ordinary words unless a number is before them. */
const UNIT_ONLY_AFTER_NUMBER = readWords(
  'us am em rs pm px ft lb mi cm mm km kg mins sec secs foot feet yard yards rem cent',
);

const SYNONYM = readGroups(SYNONYMS);
const SYNONYM_STEM = new Map([...SYNONYM].map(([word, canonical]) => [stemOf(word), stemOf(canonical)]));

export function unitAlone(word: string): string | undefined {
  return word.length < 2 || UNIT_ONLY_AFTER_NUMBER.has(word) ? undefined : UNIT_NAMES.get(word);
}

/** The name that a piece of letters and digits spells, such as k8s; undefined where it is none that is known. */
export function namedWithDigits(text: string): string | undefined {
  return SYNONYM.get(text.toLowerCase());
}

/** A content word as it is compared. */
export interface Content {
  /** Lemma, or stem with `/ed` or `/ing`. */
  readonly key: string;
  readonly stem: string;
  readonly plural: boolean;
  readonly gerund: boolean;
}

/** @returns the word's form, with no other word put for it: it is quoted, or a name in capitals */
export function literalOf(word: string): Content {
  const { lemma, stem, form } = inflect(word);
  if (form === 'base' || form === 's') return { key: lemma, stem, plural: form === 's', gerund: false };
  return { key: `${stem}/${form}`, stem, plural: false, gerund: form === 'ing' };
}

const CACHED = 4_096;
const cache = new Map<string, Content>();

/** @returns the word's canonical form, synonyms resolved. Pure; the commonest words are remembered. */
export function contentOf(word: string): Content {
  const known = cache.get(word);
  if (known !== undefined) return known;
  const content = analyse(word);
  if (cache.size >= CACHED) cache.clear();
  cache.set(word, content);
  return content;
}

function analyse(written: string): Content {
  const word = americanSpelling(written);
  if (LANGUAGE_NAMES.has(word)) {
    const key = SYNONYM.get(word) ?? word;
    return { key, stem: key, plural: false, gerund: false };
  }
  const whole = SYNONYM.get(word);
  if (whole !== undefined) return { key: whole, stem: stemOf(whole), plural: false, gerund: false };
  const { lemma, stem, form } = inflect(word);
  if (form === 'base' || form === 's') {
    const key = SYNONYM.get(lemma) ?? lemma;
    return { key, stem: stemOf(key), plural: form === 's', gerund: false };
  }
  const canonical = SYNONYM_STEM.get(stem) ?? stem;
  return { key: `${canonical}/${form}`, stem: canonical, plural: false, gerund: form === 'ing' };
}
