import { CARDINALS, ORDINALS, SCALES } from './lexicon/numbers.ts';

const CARDINAL = new Map(Object.entries(CARDINALS));
const SCALE = new Map(Object.entries(SCALES));
const ORDINAL = new Map(Object.entries(ORDINALS));

export function isNumberWord(word: string): boolean {
  return CARDINAL.has(word) || SCALE.has(word);
}

const COUNT = new Map([
  ['once', '1'],
  ['twice', '2'],
  ['single', '1'],
]);

/** @returns what an ordinal or a count in one word is in figures, or undefined */
export function countOrRankOf(word: string): string | undefined {
  const value = ORDINAL.get(word);
  return value === undefined ? COUNT.get(word) : `${value}th`;
}

/**
 * Reads a number in words, such as `two hundred and fifty thousand`, or figures with a scale, such as `1.5 million`.
 *
 * @param words - pieces of text; a piece of figures is given as its figures
 * @returns the value in figures and how many words it took; undefined where no number starts at `from`
 */
export function readNumberWords(words: readonly string[], from: number): { value: string; taken: number } | undefined {
  let total = 0;
  let group = 0;
  let at = from;
  let scaled = false;
  for (; at < words.length; at++) {
    const word = words[at] ?? '';
    if (word === 'and' && group % 1000 >= 100 && CARDINAL.has(words[at + 1] ?? '')) continue;
    const unit = CARDINAL.get(word) ?? (at === from ? figures(word) : undefined);
    if (unit !== undefined) {
      // `two three` is two numbers, `twenty three` one.
      if (group !== 0 && !(unit < 10 && group % 100 >= 20 && group % 10 === 0) && !(group % 100 === 0)) break;
      if (at > from && group === 0 && total === 0) break;
      group += unit;
      continue;
    }
    const scale = SCALE.get(word);
    if (scale === undefined) break;
    scaled = true;
    if (scale === 100) group = (group === 0 ? 1 : group) * 100;
    else {
      total += (group === 0 ? 1 : group) * scale;
      group = 0;
    }
  }
  if (at === from) return undefined;
  if (!scaled && figures(words[from] ?? '') !== undefined) return undefined;
  return { value: String(total + group), taken: at - from };
}

function figures(word: string): number | undefined {
  return /^\d+(?:\.\d+)?$/.test(word) ? Number(word) : undefined;
}
