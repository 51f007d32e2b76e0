import { CITIES } from './lexicon/cities.ts';
import { readGroups, readWords } from './lexicon/read.ts';
import type { Piece } from './scan.ts';
import { FUNCTION_TOKENS } from './words.ts';

/** City -> country. */
const COUNTRIES = readGroups(CITIES);
const PLACE_WORDS = readWords('in at from to near');
const LISTING = readWords('and or but');

/**
 * `in Lisbon, Portugal` is in Lisbon.
 *
 * @param at - the place of a word
 * @returns how many pieces behind it only name the country it is in: 0 outside of `in X, Y`, and in a list of places
 */
export function countryLength(pieces: readonly Piece[], words: readonly string[], at: number): number {
  const country = COUNTRIES.get(words[at] ?? '');
  if (country === undefined || country === words[at] || !PLACE_WORDS.has(words[at - 1] ?? '')) return 0;
  const length = pieces[at + 1]?.text === ',' ? 2 : 1;
  if (words[at + length] !== country) return 0;
  const next = pieces[at + length + 1];
  if (next === undefined || next.kind === 'end') return length;
  return next.kind === 'word' && FUNCTION_TOKENS.has(next.text) && !LISTING.has(next.text) ? length : 0;
}
