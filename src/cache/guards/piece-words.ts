import { ENGLISH, FOREIGN } from './lexicon/english.ts';
import { readWords } from './lexicon/read.ts';
import type { Piece } from './scan.ts';
import { CORRECTED } from './words.ts';

const ENGLISH_WORDS = readWords(ENGLISH);
const FOREIGN_WORDS = readWords(FOREIGN);

/** What no word of text equals: keeps phrases from reaching across a comma or a piece of code. */
const GAP: Readonly<Record<Piece['kind'], string>> = {
  word: '',
  number: '',
  id: '\u0000',
  code: '\u0000',
  symbol: '\u0000',
  comma: ',',
  end: '.',
};

export const GAPS: ReadonlySet<string> = new Set(Object.values(GAP));

/** The pieces of a text as words to look phrases up by, in their places, spelling mistakes mended. */
export function wordsOf(pieces: readonly Piece[]): readonly string[] {
  return pieces.map((piece) =>
    piece.kind === 'word'
      ? ((piece.caps === 0 || piece.text.length > 1 ? CORRECTED.get(piece.text) : undefined) ?? piece.text)
      : GAP[piece.kind] || piece.text,
  );
}

/** All that was written but its punctuation. @param words of {@link wordsOf} */
export function writtenWords(pieces: readonly Piece[], words: readonly string[]): readonly string[] {
  return pieces.flatMap((piece, at) => {
    if (piece.kind === 'end' || piece.kind === 'comma') return [];
    return piece.kind === 'word' ? (words[at] ?? piece.text) : piece.text;
  });
}

/** Whether most words are in capitals: then they are emphasis, not names. */
export function isShouted(pieces: readonly Piece[]): boolean {
  let capitals = 0;
  let plain = 0;
  for (const piece of pieces)
    if (piece.kind === 'word') {
      if (piece.caps === 2) capitals += 1;
      else plain += 1;
    }
  return capitals > plain;
}

/** Whether the rules know the language: elsewhere nothing is dropped or exchanged. */
export function isEnglish(words: readonly string[]): boolean {
  let english = 0;
  let foreign = 0;
  for (const word of words) {
    if (ENGLISH_WORDS.has(word)) english += 1;
    if (FOREIGN_WORDS.has(word)) foreign += 1;
  }
  return english > 0 && english > foreign;
}
