import {
  ACTIONS,
  BACK_POINTERS,
  BEFORE_ACTIONS,
  CONNECTORS,
  DOMAINS,
  FRESH,
  FRESH_PAIRS,
  NUMBERED,
  PERSONAL_PHRASES,
  POINTERS,
  REFERENCES,
  STATES,
} from './lexicon/eligibility.ts';
import { readWords } from './lexicon/read.ts';
import { PhraseList } from './phrase-list.ts';
import { ELIGIBILITY_DEFAULTS, type EligibilityLimits, type SemanticQuestion } from './question.ts';
import type { IneligibleReason } from './reasons.ts';
import { type Piece, scan } from './scan.ts';

export type Eligibility = { readonly ok: true } | { readonly ok: false; readonly reason: IneligibleReason };

const ELIGIBLE: Eligibility = { ok: true };
const ACTION_VERBS = readWords(ACTIONS);
const OPENINGS = readWords(BEFORE_ACTIONS);
const FRESH_WORDS = readWords(FRESH);
const STATE_WORDS = readWords(STATES);
const POINTER_WORDS = readWords(POINTERS);
const BACK_WORDS = readWords(BACK_POINTERS);
const CONNECTOR_WORDS = readWords(CONNECTORS);
const NUMBERED_THINGS = readWords(NUMBERED);
const TOP_DOMAINS = readWords(DOMAINS);
const FRESH_PHRASES = new PhraseList(FRESH_PAIRS);
const REFERENCE_PHRASES = new PhraseList(REFERENCES);
const PERSONAL = new PhraseList(PERSONAL_PHRASES);
const HOW_TO = new PhraseList('how do|how can|how could|how should|how would|how to');
const CODE_SIGNS = /[{}<>=|\\^~[\]*]|^[-+/]/;
const EXPLAINING = readWords('explain describe clarify');
const TO_BE = readWords('is are was were');
const OTHERS = readWords('his her hers mine');
/** A request of fewer words than this that holds a pointer is taken to lean on what was said before. */
const STANDS_ALONE = 5;

/** Whether a request may ask the semantic cache, and be stored there. The first reason found is given. */
export function checkEligibility(
  question: SemanticQuestion,
  limits: EligibilityLimits = ELIGIBILITY_DEFAULTS,
): Eligibility {
  const reason = factReason(question, limits) ?? textReason(question.text, question.earlierTurns > 0);
  return reason === undefined ? ELIGIBLE : { ok: false, reason };
}

function factReason(question: SemanticQuestion, limits: EligibilityLimits): IneligibleReason | undefined {
  const { text, earlierTurns, stored, tools, nonText, choices, logprobs, temperature } = question;
  if (tools) return 'tools';
  if (stored || (earlierTurns > 0 && !limits.multiTurn)) return 'multi-turn';
  if (nonText) return 'non-text';
  if (choices > 1) return 'choices';
  if (logprobs) return 'logprobs';
  // NaN is no temperature that anything is known of.
  if (temperature !== undefined && !(temperature <= limits.temperature)) return 'temperature';
  return text.length > limits.length ? 'too-long' : undefined;
}

function textReason(text: string, isFollowUp: boolean): IneligibleReason | undefined {
  const pieces = scan(text);
  const words = pieces.flatMap((piece) => (piece.kind === 'word' || piece.kind === 'number' ? piece.text : []));
  if (words.length === 0 && pieces.every((piece) => piece.kind === 'end' || piece.kind === 'comma')) return 'empty';
  if (hasContact(text, pieces)) return 'contact';
  if (pieces.some((piece, at) => isIdentifier(piece, pieces[at - 1], text))) return 'identifier';
  if (hasCode(text, pieces)) return 'code';
  if (pointsBack(words) || (isFollowUp && leansOn(words))) return 'reference';
  if (isAction(pieces)) return 'action';
  if (isFresh(words)) return 'freshness';
  return isPersonal(words) ? 'personal' : undefined;
}

function hasContact(text: string, pieces: readonly Piece[]): boolean {
  if (text.includes('://') || text.includes('www.')) return true;
  return pieces.some((piece) => {
    if (piece.kind === 'symbol') return piece.text === '@';
    if (piece.kind !== 'word' && piece.kind !== 'id') return false;
    const dot = piece.text.lastIndexOf('.');
    return dot > 0 && TOP_DOMAINS.has(piece.text.slice(dot + 1).toLowerCase());
  });
}

function isIdentifier(piece: Piece, before: Piece | undefined, text: string): boolean {
  if (piece.kind === 'id') return piece.text.startsWith('#') || piece.text.length > 6 || digitsIn(piece.text) >= 3;
  if (piece.kind !== 'number') return false;
  if (piece.text.split('.').length === 4) return true;
  // 500,000 is an amount: the text does not hold its figures in one piece.
  if (/^-?\d{6,}$/.test(piece.text) && text.includes(piece.text)) return true;
  return before?.kind === 'word' && NUMBERED_THINGS.has(before.text);
}

function digitsIn(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) >= 48 && text.charCodeAt(at) <= 57) count += 1;
  return count;
}

function hasCode(text: string, pieces: readonly Piece[]): boolean {
  for (const piece of pieces) {
    if (piece.kind === 'code') return true;
    if (piece.kind === 'symbol' && CODE_SIGNS.test(piece.text)) return true;
    if (piece.kind === 'word' && piece.text.includes('_')) return true;
  }
  // A call, an indented or closed line of a program, a statement of SQL.
  return /[A-Za-z]\([^)\s]{0,40}\)|;[ \t]*\n|\n {4}|\bSELECT\b/.test(text);
}

function pointsBack(words: readonly string[]): boolean {
  const first = words[0] ?? '';
  if (CONNECTOR_WORDS.has(first)) return true;
  if (REFERENCE_PHRASES.isIn(words)) return true;
  if (words.length <= STANDS_ALONE && words.some((word) => POINTER_WORDS.has(word))) return true;
  return words.length < 2 || words.some((_, at) => isPointer(words, at));
}

/**
 * Behind earlier turns whatever could lean on them is taken to: a pronoun anywhere, a word that counts or compares what was named, and all
 * that is shorter than a sentence.
 */
function leansOn(words: readonly string[]): boolean {
  return words.length < STANDS_ALONE || words.some((word) => POINTER_WORDS.has(word) || BACK_WORDS.has(word));
}

/** `this plan` points somewhere; `this week` is a date. */
function isPointer(words: readonly string[], at: number): boolean {
  const word = words[at];
  return (word === 'this' || word === 'these' || word === 'those') && !FRESH_PHRASES.isAt(words, at);
}

function isAction(pieces: readonly Piece[]): boolean {
  let opening = true;
  let before = '';
  for (const piece of pieces) {
    // `Can I delete` asks; `Can you delete` does not.
    if (isOneself(piece.text) && isModal(before)) opening = false;
    before = piece.text;
    if (piece.kind === 'end') opening = true;
    else if (opening && piece.kind === 'word' && !OPENINGS.has(piece.text)) {
      if (ACTION_VERBS.has(piece.text)) return true;
      opening = false;
    } else if (piece.kind !== 'word' && piece.kind !== 'comma') opening = false;
  }
  return false;
}

function isOneself(word: string): boolean {
  return word === 'i' || word === 'we';
}

function isModal(word: string): boolean {
  return word === 'can' || word === 'could' || word === 'would';
}

function isFresh(words: readonly string[]): boolean {
  if (words.some((word) => FRESH_WORDS.has(word))) return true;
  if (FRESH_PHRASES.isIn(words)) return true;
  return TO_BE.has(words[0] ?? '') && STATE_WORDS.has(words.at(-1) ?? '');
}

/** `How do I reset my password` asks for a procedure that is everybody's; `What is my balance` does not. */
function isPersonal(words: readonly string[]): boolean {
  if (words.some((word) => OTHERS.has(word))) return true;
  const isHowTo = HOW_TO.isAt(words, words.indexOf('how'));
  if (words.includes('my')) return !isHowTo || words.indexOf('how') > 3;
  return (
    words[0] !== 'how' &&
    words.some((_, at) => PERSONAL.isAt(words, at) && !isObliged(words, at) && !isExplained(words, at))
  );
}

/** `What do I have to do` asks for what everybody has to. */
function isObliged(words: readonly string[], at: number): boolean {
  return words[at] === 'do' && words[at + 2] === 'have' && words[at + 3] === 'to';
}

/** `Explain to me how` says who asks, and nothing of theirs. */
function isExplained(words: readonly string[], at: number): boolean {
  return words[at] === 'to' && EXPLAINING.has(words[at - 1] ?? '');
}
