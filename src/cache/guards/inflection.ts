import { DOUBLED, IRREGULAR, NOT_A_FORM, NOT_PLURAL, PLURALS } from './lexicon/forms.ts';
import { readGroups, readWords } from './lexicon/read.ts';

/** The grammatical form that an ending shows; `s` is a plural or a third person. */
export type Form = 'base' | 's' | 'ed' | 'ing';

export interface Inflected {
  readonly lemma: string;
  /** The same for every form of a word: the lemma without a last e, with y as i. */
  readonly stem: string;
  readonly form: Form;
}

const IRREGULARS = readGroups(IRREGULAR);
const IRREGULAR_PLURALS = readGroups(PLURALS);
const NO_PLURALS = readWords(NOT_PLURAL);
const NO_FORMS = readWords(NOT_A_FORM);
const KEPT_DOUBLE = /(?:ll|ss|zz|ff)$/;
const DOUBLE = /([bcdgkmnprtv])\1$/;

/** @returns the word's form. `-ed` and `-ing` words have no certain lemma: `lemma` is then the stem. */
export function inflect(word: string): Inflected {
  const irregular = IRREGULARS.get(word);
  if (irregular !== undefined) return { lemma: irregular, stem: stemOf(irregular), form: 'ed' };
  const plural = IRREGULAR_PLURALS.get(word);
  if (plural !== undefined) return { lemma: plural, stem: stemOf(plural), form: 's' };
  const last = word.charCodeAt(word.length - 1);
  if (last === 115 /* s */) return ofPlural(word);
  if (last === 100 /* d */ && word.length > 4 && word.endsWith('ed') && !NO_FORMS.has(word))
    return ofVerb(word.slice(0, -2), 'ed');
  if (last === 103 /* g */ && word.length > 5 && word.endsWith('ing') && !NO_FORMS.has(word))
    return ofVerb(word.slice(0, -3), 'ing');
  return { lemma: word, stem: stemOf(word), form: 'base' };
}

export function stemOf(lemma: string): string {
  if (lemma.length < 4) return lemma;
  if (lemma.endsWith('e')) return lemma.slice(0, -1);
  if (lemma.endsWith('y') && !/[aeiou]y$/.test(lemma)) return `${lemma.slice(0, -1)}i`;
  return lemma;
}

/** Whether the word can follow have as a participle. */
export function isParticiple(word: string): boolean {
  return (
    word === 'been' || (IRREGULARS.has(word) ? true : word.length > 4 && word.endsWith('ed') && !NO_FORMS.has(word))
  );
}

function ofPlural(word: string): Inflected {
  if (word.length < 4 || NO_PLURALS.has(word) || /(?:ss|us|is)$/.test(word))
    return { lemma: word, stem: stemOf(word), form: 'base' };
  let lemma = word.slice(0, -1);
  if (word.endsWith('ies') && word.length > 4) lemma = `${word.slice(0, -3)}y`;
  else if (/(?:ch|sh|ss|x|zz)es$/.test(word)) lemma = word.slice(0, -2);
  return { lemma, stem: stemOf(lemma), form: 's' };
}

function ofVerb(rest: string, form: 'ed' | 'ing'): Inflected {
  let stem = DOUBLED[rest] ?? rest;
  if (DOUBLE.test(stem) && !KEPT_DOUBLE.test(stem) && stem !== 'add') stem = stem.slice(0, -1);
  stem = stemOf(stem);
  return { lemma: stem, stem, form };
}
