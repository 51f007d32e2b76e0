import { groupsOf, HASH_START, hashLetter, hashPair, WORD_GROUPS, type WordGroup } from './lexicon.ts';

/** Of each character below 128. */
const LOWER = 1;
const UPPER = 2;
const DIGIT = 3;
const SPACE = 4;
const NEWLINE = 5;
const MARK = 6;

const CLASS = new Uint8Array(128).fill(MARK);
CLASS.fill(SPACE, 0, 0x21);
CLASS[0x0a] = NEWLINE;
CLASS.fill(DIGIT, 0x30, 0x3a);
CLASS.fill(UPPER, 0x41, 0x5b);
CLASS.fill(LOWER, 0x61, 0x7b);

/** Where the words of a text stop being looked at one by one: no language has longer ones. */
const LONGEST_WORD = 32;

/** What is counted in a text, in one pass: each character is visited once, and a word is one look-up by its hash. */
export class Tally {
  /** Characters (UTF-16 units) visited. */
  chars = 0;
  letters = 0;
  upper = 0;
  digits = 0;
  spaces = 0;
  lines = 1;
  /** Lines with nothing in them. */
  blankLines = 0;
  /** Lines that begin with two blanks or a tab. */
  indented = 0;
  /** Lines that begin with `-`, `*` or a number and a dot. */
  bullets = 0;
  /** Lines, or places after a blank, that begin like an option: `A)`, `(b)`, `C.`. */
  options = 0;
  /** Three back-quotes. */
  fences = 0;
  words = 0;
  longWords = 0;
  /** Words with a capital that begin no sentence. */
  names = 0;
  /** Words in capitals. */
  acronyms = 0;
  /** Words of letters and digits, with an underscore or a capital inside: identifiers, formulas. */
  symbols = 0;
  numbers = 0;
  /** Numbers of four digits from 1000 to 2099. */
  years = 0;
  decimals = 0;
  /** Closed by a dot, a question or an exclamation mark before a blank or the end. */
  sentences = 0;
  questions = 0;
  commas = 0;
  quotes = 0;
  /** `{ } [ ] ; _ < > =` and the like. */
  codeMarks = 0;
  /** `\ ^ = + * / $` and signs of mathematics beyond ASCII. */
  mathMarks = 0;
  brackets = 0;
  money = 0;
  percents = 0;
  blanksToFill = 0;
  nonAscii = 0;
  /** Chinese, Japanese and Korean. */
  eastAsian = 0;
  /** Letters of other scripts than Latin. */
  otherScripts = 0;
  /** The groups of the first word and of the first word that asks, as bits. */
  firstGroups = 0;
  firstAsk = 0;
  /** The first letter is a small one. */
  startsSmall = false;
  /** The last sign that is no blank. */
  last = 0;
  readonly groups = new Int32Array(WORD_GROUPS.length);

  count(group: WordGroup): number {
    return this.groups[WORD_GROUPS.indexOf(group)] ?? 0;
  }
}

const ASKING = bitsOf(['who', 'when', 'where', 'what', 'which', 'why', 'how']);

/** The bits of groups, as `firstGroups` has them. */
export function bitsOf(groups: readonly WordGroup[]): number {
  return groups.reduce((bits, group) => bits | (1 << WORD_GROUPS.indexOf(group)), 0);
}

/** Adds a stretch of text to a tally. */
export function tallyText(tally: Tally, text: string): void {
  const length = text.length;
  let hash = HASH_START;
  let before = 0;
  let wordAt = -1;
  let capitals = 0;
  let odd = false;
  let fresh = true;
  let lineStart = 0;
  let at = 0;
  for (; at < length; at++) {
    const code = text.charCodeAt(at);
    const kind = code < 128 ? (CLASS[code] ?? MARK) : beyondAscii(tally, code);
    if (kind === LOWER || kind === UPPER) {
      tally.letters++;
      if (wordAt < 0) {
        wordAt = at;
        hash = HASH_START;
        capitals = 0;
        odd = false;
      }
      if (kind === UPPER) {
        tally.upper++;
        if (at > wordAt && capitals < at - wordAt) odd = true;
        capitals++;
        hash = hashLetter(hash, code < 128 ? code + 0x20 : code);
      } else hash = hashLetter(hash, code);
      continue;
    }
    if (wordAt >= 0) {
      if (kind === DIGIT || code === 0x5f) {
        odd = true;
        if (kind === DIGIT) tally.digits++;
        continue;
      }
      // Apostrophes inside a word: "what's" is "whats".
      if (code === 0x27 && at + 1 < length && (text.charCodeAt(at + 1) | 0x20) >= 0x61) continue;
      before = word(tally, hash, before, at - wordAt, capitals, odd, fresh);
      fresh = false;
      wordAt = -1;
    }
    if (kind === DIGIT) {
      const end = number(tally, text, at);
      tally.digits += end - at;
      at = end - 1;
      fresh = false;
      before = 0;
      continue;
    }
    if (kind === NEWLINE) {
      tally.spaces++;
      if (at === lineStart) tally.blankLines++;
      tally.lines++;
      lineStart = at + 1;
      beginLine(tally, text, lineStart);
      fresh = true;
      before = 0;
    } else if (kind === SPACE) {
      tally.spaces++;
    } else {
      if (mark(tally, text, at, code)) fresh = true;
      if (code !== 0x2d && code !== 0x2f) before = 0;
      tally.last = code;
    }
  }
  if (wordAt >= 0) word(tally, hash, before, at - wordAt, capitals, odd, fresh);
  if (length > 0 && (text.charCodeAt(length - 1) | 0x20) >= 0x61) tally.last = 0x61;
  tally.chars += length;
}

/** @returns the hash of the word, for the pair with the next one */
function word(
  tally: Tally,
  hash: number,
  before: number,
  length: number,
  capitals: number,
  odd: boolean,
  fresh: boolean,
): number {
  tally.words++;
  if (tally.words === 1) tally.startsSmall = capitals === 0;
  if (length >= 9) tally.longWords++;
  if (odd) tally.symbols++;
  else if (capitals === length && length > 1) tally.acronyms++;
  if (capitals > 0 && !fresh && length > 1) tally.names++;
  if (length > LONGEST_WORD) return 0;
  add(tally, groupsOf(hash));
  if (before !== 0) add(tally, groupsOf(hashPair(before, hash)));
  return hash;
}

function add(tally: Tally, mask: number): void {
  if (tally.words === 1) tally.firstGroups |= mask;
  if (tally.firstAsk === 0) tally.firstAsk = mask & ASKING;
  for (let rest = mask; rest !== 0; rest &= rest - 1) {
    const group = 31 - Math.clz32(rest & -rest);
    tally.groups[group] = (tally.groups[group] ?? 0) + 1;
  }
}

/** @returns the position behind the number that starts at `start` */
function number(tally: Tally, text: string, start: number): number {
  let at = start;
  let decimal = false;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= 0x30 && code <= 0x39) continue;
    if (code !== 0x2e && code !== 0x2c) break;
    const next = text.charCodeAt(at + 1);
    if (!(next >= 0x30 && next <= 0x39)) break;
    if (code === 0x2e) decimal = true;
  }
  tally.numbers++;
  if (decimal) tally.decimals++;
  else if (at - start === 4) {
    const first = text.charCodeAt(start);
    if (first === 0x31 || (first === 0x32 && text.charCodeAt(start + 1) === 0x30)) tally.years++;
  }
  return at;
}

/** @returns whether a sentence ends here */
function mark(tally: Tally, text: string, at: number, code: number): boolean {
  switch (code) {
    case 0x2e:
    case 0x21:
    case 0x3f: {
      if (code === 0x3f) tally.questions++;
      const next = at + 1 < text.length ? text.charCodeAt(at + 1) : 0x20;
      if (next > 0x22) return false;
      tally.sentences++;
      return true;
    }
    case 0x2c:
      tally.commas++;
      return false;
    case 0x22:
    case 0x27:
      tally.quotes++;
      return false;
    case 0x60:
      tally.codeMarks++;
      if (text.charCodeAt(at + 1) === 0x60 && text.charCodeAt(at + 2) === 0x60) tally.fences++;
      return false;
    case 0x7b:
    case 0x7d:
    case 0x5b:
    case 0x5d:
    case 0x3b:
    case 0x3c:
    case 0x3e:
    case 0x23:
      tally.codeMarks++;
      return false;
    case 0x3d:
      tally.codeMarks++;
      tally.mathMarks++;
      return false;
    case 0x5f:
      tally.codeMarks++;
      tally.blanksToFill++;
      return false;
    case 0x28:
      tally.brackets++;
      if (isOption(text, at + 1, 0x29)) tally.options++;
      return false;
    case 0x29:
      tally.brackets++;
      return false;
    case 0x24:
      tally.money++;
      tally.mathMarks++;
      return false;
    case 0x25:
      tally.percents++;
      return false;
    case 0x5c:
    case 0x5e:
    case 0x2b:
    case 0x2a:
      tally.mathMarks++;
      return false;
    default:
      return false;
  }
}

/** One letter from A to H, then the closing sign. */
function isOption(text: string, at: number, closing: number): boolean {
  const letter = text.charCodeAt(at) | 0x20;
  return letter >= 0x61 && letter <= 0x68 && text.charCodeAt(at + 1) === closing;
}

function beginLine(tally: Tally, text: string, start: number): void {
  const first = text.charCodeAt(start);
  const second = text.charCodeAt(start + 1);
  if (first === 0x09 || (first === 0x20 && second === 0x20)) tally.indented++;
  const at = first === 0x20 ? start + 1 : start;
  const sign = text.charCodeAt(at);
  const next = text.charCodeAt(at + 1);
  if ((sign === 0x2d || sign === 0x2a) && next === 0x20) tally.bullets++;
  else if (sign >= 0x30 && sign <= 0x39 && (next === 0x2e || next === 0x29)) tally.bullets++;
  else if (isOption(text, at, 0x29) || (isOption(text, at, 0x2e) && text.charCodeAt(at + 2) === 0x20)) tally.options++;
}

/** Letters of other scripts count as small letters, signs as signs. */
function beyondAscii(tally: Tally, code: number): number {
  tally.nonAscii++;
  if (code < 0xc0) {
    if (code === 0xb1 || code === 0xb2 || code === 0xb3 || code === 0xb0) tally.mathMarks++;
    return code === 0xa0 ? SPACE : MARK;
  }
  if (code === 0xd7 || code === 0xf7) {
    tally.mathMarks++;
    return MARK;
  }
  if (code < 0x250) return LOWER;
  if (code >= 0x2000 && code < 0x2e00) {
    if (code >= 0x2070) tally.mathMarks++;
    return code < 0x200b ? SPACE : MARK;
  }
  if (code >= 0x2e80 && code < 0xd7b0) {
    tally.eastAsian++;
    return code < 0x3040 ? MARK : LOWER;
  }
  tally.otherScripts++;
  return LOWER;
}
