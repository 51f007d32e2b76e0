import { countryLength } from './apposition.ts';
import { addressLength, onlyThanksFrom, openingLength } from './courtesy.ts';
import { applyFrames } from './frames/index.ts';
import { isParticiple } from './inflection.ts';
import { CAPITAL_DATES } from './lexicon/dates.ts';
import { NEGATED_PARTICIPLES, REASON_OF_PREFIX } from './lexicon/function-words.ts';
import { PHRASES } from './lexicon/phrases.ts';
import { readWords } from './lexicon/read.ts';
import {
  ASKING_VERBS,
  AUXILIARIES,
  isKeyword,
  isMeantAsWord,
  isNamedWord,
  isNumeral,
  isPronounOne,
  isUnitSecond,
  QUESTION_WORDS,
} from './neighbours.ts';
import { countOrRankOf, isNumberWord, readNumberWords } from './number-words.ts';
import { PhraseIndex } from './phrase-index.ts';
import { GAPS, isEnglish, isShouted, wordsOf, writtenWords } from './piece-words.ts';
import type { Determiner, QuestionProfile, Token } from './profile.ts';
import type { VetoReason } from './reasons.ts';
import { composed, type Piece, scan } from './scan.ts';
import { unitBehindNumber } from './spelled-unit.ts';
import {
  contentOf,
  DATE_WORDS,
  DROPPED_WORDS,
  FUNCTION_TOKENS,
  GREETING_WORDS,
  LANGUAGE_NAMES,
  literalOf,
  namedWithDigits,
  UNIT_NAMES,
  unitAlone,
} from './words.ts';

const MONTHS = /^d:(?:january|february|march|april|may|june|july|august|september|october|november|december)/;
const NEGATED = readWords(NEGATED_PARTICIPLES);
const PHRASE_INDEX = new PhraseIndex(PHRASES);

/** Reads a question's text. Linear in its length; no state is kept. */
export function profileOf(text: string): QuestionProfile {
  const pieces = scan(composed(text));
  return new ProfileBuilder(pieces).build();
}

class ProfileBuilder {
  readonly #pieces: readonly Piece[];
  readonly #words: readonly string[];
  readonly #tokens: Token[] = [];
  readonly #boundaries = new Set<number>([0]);
  /** Indexes of tokens before which a do was dropped that only helps to ask. */
  readonly #supports: number[] = [];
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
  #linked = false;

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
      else if (piece.kind === 'word' && !english) this.#push(piece.text, 'wording');
      else if (!(piece.kind === 'word' && this.#clauseStart && this.#courtesy())) this.#piece(piece);
    }
    // Nothing but courtesy: then it is what was said.
    if (this.#tokens.length === 0) for (const word of this.#words) if (!GAPS.has(word)) this.#push(word, 'wording');
    const framed = applyFrames(this.#tokens, this.#boundaries, this.#supports);
    return { ...framed, doSupport: this.#supports.length > 0, words: writtenWords(this.#pieces, this.#words) };
  }

  /** Passes over what only opens or closes a message. */
  #courtesy(): boolean {
    if (this.#tokens.length > 0 && onlyThanksFrom(this.#pieces, this.#words, this.#at)) {
      this.#at = this.#pieces.length;
      return true;
    }
    const length =
      openingLength(this.#words, this.#at) || (this.#tokens.length === 0 ? addressLength(this.#words, this.#at) : 0);
    if (length === 0) return false;
    this.#at += length - 1;
    return true;
  }

  #boundary(kind: 'end' | 'comma') {
    this.#boundaries.add(this.#tokens.length);
    this.#clauseStart = true;
    this.#linked = false;
    this.#determiner = 'bare';
    if (kind === 'comma') return;
    this.#sentenceStart = true;
    this.#asked = false;
    this.#didAuxiliary = false;
  }

  #push(key: string, reason: VetoReason, stem = key, form: Token['form'] = 'other', said = key) {
    const linked = this.#linked;
    this.#tokens.push({
      key,
      said: this.#phraseSaid ?? said,
      stem,
      reason,
      determiner: this.#determiner,
      form,
      linked,
    });
    this.#linked = false;
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
    if (key === '%all' || key === '%per' || key === '%any' || key === '%each' || key === '%exist' || key === '!not')
      this.#determiner = 'all';
    else if (kind === '~' || kind === '%') this.#determiner = 'definite';
  }

  #piece(piece: Piece) {
    if (piece.kind === 'code') this.#push(`c:${piece.text}`, 'code');
    else if (piece.kind === 'symbol') this.#push(`s:${piece.text}`, 'code');
    else if (piece.kind === 'id') this.#identifier(piece);
    else if (piece.kind === 'number') this.#number();
    else if (piece.text.includes('_')) this.#push(`i:${piece.text}`, 'entity');
    else if (piece.quoted || isMeantAsWord(this.#words, this.#at)) this.#content(piece, piece.text);
    else if (!this.#phrase()) this.#word(piece, this.#words[this.#at] ?? '');
  }

  #identifier(piece: Piece) {
    const name = namedWithDigits(piece.text);
    if (name === undefined) return this.#push(`i:${piece.text}`, 'identifier');
    this.#content(piece, name);
  }

  #phrase(): boolean {
    const phrase = PHRASE_INDEX.at(this.#words, this.#at, this.#clauseStart);
    if (phrase === undefined) return false;
    this.#phraseSaid = this.#words.slice(this.#at, this.#at + phrase.length).join(' ');
    for (const meaning of phrase.means) {
      if ('!%~>+?'.includes(meaning[0] ?? '')) this.#pushSmall(meaning);
      else this.#word({ kind: 'word', text: meaning, caps: 0, quoted: false }, meaning);
    }
    this.#phraseSaid = undefined;
    this.#at += phrase.length - 1;
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
    if (word === 'there') return this.#there();
    if (DROPPED_WORDS.has(word) && !named) {
      if (word === 'that') this.#linked = true;
      return;
    }
    if (this.#tokens.length === 0 && GREETING_WORDS.has(word)) return;
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
        this.#supports.push(this.#tokens.length);
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
      this.#supports.push(this.#tokens.length);
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
    if ((word === 'over' || word === 'above') && isNumeral(next)) return this.#pushSmall('%over');
    if ((word === 'under' || word === 'below') && isNumeral(next)) return this.#pushSmall('%under');
    if (
      (word === 'who' || (word === 'which' && !ASKING_VERBS.has(this.#tokens.at(-1)?.key ?? ''))) &&
      !this.#isAsked()
    ) {
      this.#linked = true;
      return;
    }
    // `Are there any limits`, `Is there a limit`.
    if (small === '%any' && word === 'any' && this.#tokens.at(-1)?.key === '%exist') return;
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

  /** `Is there a server running` asks whether one exists; `Is the server running` is about one that does. */
  #there() {
    const isExistence = this.#tokens.at(-1)?.key === '+be' || AUXILIARIES.has(this.#words[this.#at + 1] ?? '');
    if (!isExistence) return this.#push('there', 'wording');
    if (this.#tokens.some(({ key }) => key === '?howmany')) return;
    this.#pushSmall('%exist');
  }

  /** Whether a who or which here asks; behind a noun it only links a clause to it. */
  #isAsked(): boolean {
    const last = this.#tokens.at(-1);
    return this.#clauseStart || last === undefined || '!%~>+?'.includes(last.key[0] ?? '');
  }

  #numberWord(word: string): boolean {
    const isSecond = word === 'second' && !isUnitSecond(this.#words, this.#at);
    const value = isSecond ? '2th' : countOrRankOf(word);
    if (value !== undefined) {
      this.#push(`#${value}`, 'number');
      if (word === 'once' || word === 'twice') this.#push('time', 'wording');
      return true;
    }
    if (!isNumberWord(word)) return false;
    if (word === 'one' && isPronounOne(this.#words, this.#at)) return true;
    this.#number();
    return true;
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
    const literal = (!this.#shouted && isKeyword(piece)) || isNamedWord(this.#words, this.#at) || piece.quoted;
    const { key, stem, plural, gerund } = literal ? literalOf(word) : contentOf(word === 'us' ? 'usa' : word);
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
    this.#at += countryLength(this.#pieces, this.#words, this.#at);
  }
}
