import { isParticiple } from './inflection.ts';
import { CAPITAL_DATES } from './lexicon/dates.ts';
import { NEGATED_PARTICIPLES, REASON_OF_PREFIX } from './lexicon/function-words.ts';
import { readWords } from './lexicon/read.ts';
import { isNumberWord, ordinalOf, readNumberWords } from './number-words.ts';
import { phraseAt } from './phrase-index.ts';
import { GAPS, isEnglish, isShouted, wordsOf } from './piece-words.ts';
import type { Determiner, QuestionProfile, Token } from './profile.ts';
import type { VetoReason } from './reasons.ts';
import { type Piece, scan } from './scan.ts';
import { unitBehindNumber } from './spelled-unit.ts';
import { frontSuperlative } from './superlative.ts';
import {
  contentOf,
  DATE_WORDS,
  DROPPED_WORDS,
  FUNCTION_TOKENS,
  GREETING_WORDS,
  LANGUAGE_NAMES,
  UNIT_NAMES,
  unitAlone,
} from './words.ts';

const AUXILIARIES = readWords(
  'is are am was were do does did can could may might should must will shall would has have had',
);
const QUESTION_WORDS = readWords('what which why how who where');
const MONTHS = /^d:(?:january|february|march|april|may|june|july|august|september|october|november|december)/;
const NEGATED = readWords(NEGATED_PARTICIPLES);

/** Reads a question's text. Linear in its length; no state is kept. */
export function profileOf(text: string): QuestionProfile {
  const pieces = scan(isAscii(text) ? text : text.normalize('NFKC'));
  return new ProfileBuilder(pieces).build();
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 127) return false;
  return true;
}

class ProfileBuilder {
  readonly #pieces: readonly Piece[];
  readonly #words: readonly string[];
  readonly #tokens: Token[] = [];
  readonly #boundaries = new Set<number>([0]);
  /** Capitals are emphasis, not names, where the whole text has them. */
  readonly #shouted: boolean;
  #at = 0;
  #clauseStart = true;
  #sentenceStart = true;
  #asked = false;
  #didAuxiliary = false;
  #determiner: Determiner = 'bare';
  /** The words of the phrase whose meaning is being read. */
  #phraseSaid: string | undefined;

  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces;
    this.#words = wordsOf(pieces);
    this.#shouted = isShouted(pieces);
  }

  build(): QuestionProfile {
    const english = isEnglish(this.#words);
    for (; this.#at < this.#pieces.length; this.#at++) {
      const piece = this.#pieces[this.#at];
      if (piece === undefined) break;
      if (piece.kind === 'end' || piece.kind === 'comma') this.#boundary(piece.kind);
      else if (!english && piece.kind === 'word') this.#push(piece.text, 'wording');
      else this.#piece(piece);
    }
    return { tokens: frontSuperlative(this.#tokens, this.#boundaries), boundaries: this.#boundaries };
  }

  #boundary(kind: 'end' | 'comma') {
    this.#boundaries.add(this.#tokens.length);
    this.#clauseStart = true;
    this.#determiner = 'bare';
    if (kind === 'comma') return;
    this.#sentenceStart = true;
    this.#asked = false;
    this.#didAuxiliary = false;
  }

  #push(key: string, reason: VetoReason, stem = key, form: Token['form'] = 'other', said = key) {
    this.#tokens.push({ key, said: this.#phraseSaid ?? said, stem, reason, determiner: this.#determiner, form });
    this.#clauseStart = false;
    this.#sentenceStart = false;
  }

  /** A small word, by its prefix. */
  #pushSmall(key: string) {
    const kind = key[0] ?? '';
    if (kind === '?') {
      this.#boundaries.add(this.#tokens.length);
      this.#asked = true;
      this.#didAuxiliary = false;
    }
    if (kind === '+' && this.#asked) this.#didAuxiliary = true;
    if (kind === '>' || kind === '+' || kind === '?') this.#determiner = 'bare';
    this.#push(key, REASON_OF_PREFIX[kind] ?? 'wording');
    if (key === '%all' || key === '%per' || key === '%any' || key === '%each' || key === '!not')
      this.#determiner = 'all';
    else if (kind === '~' || kind === '%') this.#determiner = 'definite';
  }

  #piece(piece: Piece) {
    if (piece.kind === 'code') this.#push(`c:${piece.text}`, 'code');
    else if (piece.kind === 'symbol') this.#push(`s:${piece.text}`, 'code');
    else if (piece.kind === 'id') this.#push(`i:${piece.text}`, 'identifier');
    else if (piece.kind === 'number') this.#number();
    else if (piece.text.includes('_')) this.#push(`i:${piece.text}`, 'entity');
    else if (piece.quoted) this.#content(piece, piece.text);
    else if (!this.#phrase()) this.#word(piece, this.#words[this.#at] ?? '');
  }

  #phrase(): boolean {
    const phrase = phraseAt(this.#words, this.#at, this.#clauseStart);
    if (phrase === undefined) return false;
    this.#phraseSaid = phrase.words.join(' ');
    for (const meaning of phrase.means) {
      if ('!%~>+?'.includes(meaning[0] ?? '')) this.#pushSmall(meaning);
      else this.#word({ kind: 'word', text: meaning, caps: 0, quoted: false }, meaning);
    }
    this.#phraseSaid = undefined;
    this.#at += phrase.words.length - 1;
    return true;
  }

  #number() {
    const read = readNumberWords(this.#words, this.#at);
    if (read === undefined) return this.#quantity(this.#words[this.#at] ?? '');
    this.#at += read.taken - 1;
    this.#quantity(read.value);
  }

  /** A number and the unit behind it. */
  #quantity(value: string) {
    this.#push(`#${value}`, /\d[-:/]\d/.test(value) ? 'date' : 'number');
    this.#determiner = 'definite';
    const unit = unitBehindNumber(this.#pieces[this.#at + 1]);
    if (unit === undefined) return;
    this.#at += 1;
    this.#push(`u:${unit}`, 'unit');
  }

  #word(piece: Piece, word: string) {
    if (word === 'a' && piece.caps > 0 && !this.#sentenceStart) {
      this.#push('a', 'entity');
      return;
    }
    if (word === 'a' || word === 'an') return this.#indefinite();
    if (word === 'the') {
      this.#determiner = 'definite';
      return;
    }
    if (this.#auxiliary(word)) return;
    const named = piece.caps === 2 && !this.#shouted && word !== 'i';
    const small = FUNCTION_TOKENS.get(word);
    if (small !== undefined && !(named && !'!%'.includes(small[0] ?? ''))) return this.#smallWord(word, small);
    if ((DROPPED_WORDS.has(word) && !named) || (this.#sentenceStart && GREETING_WORDS.has(word))) return;
    if (this.#relative(word)) return;
    if (this.#numberWord(word)) return;
    if (this.#time(piece, word)) return;
    this.#content(piece, word);
  }

  /** `once a week` is once per week. */
  #indefinite() {
    const next = UNIT_NAMES.get(this.#words[this.#at + 1] ?? '');
    const last = this.#tokens.at(-1)?.key ?? '';
    if (next !== undefined && (last.startsWith('#') || last === 'time')) return this.#pushSmall('%per');
    this.#determiner = 'a';
  }

  #auxiliary(word: string): boolean {
    if (!AUXILIARIES.has(word) && word !== 'be' && word !== 'been' && word !== 'being') return false;
    if (this.#clauseStart && AUXILIARIES.has(word) && word !== 'may') this.#pushSmall('?yn');
    switch (word) {
      case 'is':
      case 'are':
      case 'am':
      case 'be':
      case 'been':
        this.#pushSmall('+be');
        return true;
      case 'being':
        this.#pushSmall('+being');
        return true;
      case 'was':
      case 'were':
        this.#pushSmall('+past');
        this.#pushSmall('+be');
        return true;
      case 'did':
        this.#pushSmall('+past');
        this.#didAuxiliary = true;
        return true;
      case 'do':
      case 'does':
        return this.#do();
      case 'has':
      case 'have':
      case 'had':
        return this.#have(word);
      default:
        return false;
    }
  }

  /** The first do of a question carries its grammar; every other one is a word (`What does it do?`). */
  #do(): boolean {
    const next = this.#words[this.#at + 1];
    const last = next === undefined || next === '.' || next === ',';
    const behind = this.#tokens.at(-1)?.key ?? '';
    const isVerb = last || behind === '>to' || (behind.startsWith('+') && behind !== '+past');
    if (!isVerb && (next === 'not' || (this.#asked && !this.#didAuxiliary))) {
      this.#didAuxiliary = true;
      return true;
    }
    this.#push('do', 'wording');
    return true;
  }

  #have(word: string): boolean {
    if (word === 'had') this.#pushSmall('+past');
    const reach = this.#asked && !this.#didAuxiliary ? 5 : 2;
    for (let ahead = 1; ahead <= reach; ahead++) {
      const next = this.#words[this.#at + ahead] ?? '.';
      if (next === '.' || next === ',') break;
      if (isParticiple(next)) {
        this.#pushSmall('+perfect');
        this.#didAuxiliary = true;
        return true;
      }
    }
    this.#push('have', 'wording');
    return true;
  }

  #smallWord(word: string, small: string) {
    const next = this.#words[this.#at + 1] ?? '.';
    if (small === '>when' && this.#clauseStart && AUXILIARIES.has(next)) return this.#pushSmall('?when');
    if (word === 'and' && QUESTION_WORDS.has(next)) {
      this.#clauseStart = true;
      return;
    }
    if ((word === 'over' || word === 'above') && this.#isNumber(next)) return this.#pushSmall('%over');
    if ((word === 'under' || word === 'below') && this.#isNumber(next)) return this.#pushSmall('%under');
    if (word === 'who' && !this.#isAsked()) return;
    if (small === '+may' && this.#isMay()) return this.#push('d:may', 'date');
    if (small.startsWith('+') && this.#clauseStart && small !== '+may') this.#pushSmall('?yn');
    if (small === '!without') {
      this.#pushSmall('>with');
      return this.#pushSmall('!not');
    }
    this.#pushSmall(small);
  }

  #isMay(): boolean {
    const piece = this.#pieces[this.#at];
    return piece?.text === 'may' && piece.caps === 1 && !this.#sentenceStart;
  }

  #isNumber(word: string): boolean {
    const code = word.charCodeAt(0);
    return (code >= 48 && code <= 57) || isNumberWord(word);
  }

  /** Whether a who or which here asks; behind a noun it only links a clause to it. */
  #isAsked(): boolean {
    const last = this.#tokens.at(-1);
    return this.#clauseStart || last === undefined || '!%~>+?'.includes(last.key[0] ?? '');
  }

  #relative(word: string): boolean {
    if (word !== 'which') return false;
    if (this.#isAsked()) this.#pushSmall('?what');
    return true;
  }

  #numberWord(word: string): boolean {
    if (word === 'once' || word === 'twice') {
      this.#push(word === 'once' ? '#1' : '#2', 'number');
      this.#push('time', 'wording');
      return true;
    }
    if (word === 'single') {
      this.#push('#1', 'number');
      return true;
    }
    if (word === 'second' && !this.#followsUnitOpener()) {
      this.#push('#2th', 'number');
      return true;
    }
    const ordinal = ordinalOf(word);
    if (ordinal !== undefined) {
      this.#push(`#${ordinal}`, 'number');
      return true;
    }
    if (!isNumberWord(word)) return false;
    if (word === 'one' && this.#isPronounOne()) return true;
    this.#number();
    return true;
  }

  #followsUnitOpener(): boolean {
    const before = this.#words[this.#at - 1] ?? '';
    const next = this.#words[this.#at + 1] ?? '.';
    if (before === 'a') return GAPS.has(next) || FUNCTION_TOKENS.has(next);
    return this.#isNumber(before) || before === 'per' || before === 'each' || before === 'every';
  }

  /** `the original one`: stands for a noun; `one licence key`, `one of the keys`: a number. */
  #isPronounOne(): boolean {
    const before = this.#words[this.#at - 1] ?? '';
    const next = this.#words[this.#at + 1] ?? '.';
    if (before === 'the' || before === 'this' || before === 'that' || before === 'which' || before === 'a') return true;
    if (next === 'of' || isNumberWord(next)) return false;
    return next === '.' || next === ',' || FUNCTION_TOKENS.has(next) || AUXILIARIES.has(next) || next === 'that';
  }

  #time(piece: Piece, word: string): boolean {
    const capital = piece.caps === 1 ? CAPITAL_DATES[word] : undefined;
    const date = (this.#sentenceStart ? undefined : capital) ?? DATE_WORDS.get(word);
    if (date === undefined) {
      const unit = unitAlone(word);
      if (unit === undefined) return false;
      const plural = unit !== word && word === `${unit}s` && this.#determiner !== 'all';
      this.#push(plural ? `u:${unit}/s` : `u:${unit}`, 'unit', `u:${unit}`, plural ? 'plural' : 'other');
      return true;
    }
    const key = `d:${date}`;
    const last = this.#tokens.at(-1);
    // `3rd March` is 3 March.
    if (MONTHS.test(key) && last?.key.endsWith('th') === true && last.key.startsWith('#'))
      this.#tokens[this.#tokens.length - 1] = { ...last, key: last.key.slice(0, -2) };
    this.#push(key, 'date');
    return true;
  }

  #content(piece: Piece, word: string): void {
    if (NEGATED.has(word)) {
      this.#pushSmall('!not');
      this.#content(piece, word.slice(2));
      return;
    }
    // `How do I become an admin` is how to be one.
    if (word === 'become' && this.#tokens.at(-1)?.key === '?howto') {
      this.#pushSmall('+be');
      return;
    }
    const { key, stem, plural, gerund } = contentOf(word === 'us' ? 'usa' : word);
    const isPlural = plural && this.#determiner !== 'all';
    const behind = this.#tokens.at(-1)?.key ?? '';
    // `a chance of getting` is a chance to get.
    if (gerund && (behind === '>of' || behind === '>for')) {
      this.#tokens.pop();
      this.#pushSmall('>to');
    }
    const reason = LANGUAGE_NAMES.has(word)
      ? 'language'
      : piece.caps > 0 && !this.#sentenceStart
        ? 'entity'
        : 'wording';
    const form = isPlural ? 'plural' : gerund && (behind.startsWith('>') || behind === '?howto') ? 'gerund' : 'other';
    this.#push(isPlural ? `${key}/s` : key, reason, stem, form, word);
  }
}
