import {
  ADDRESSES,
  BEFORE_QUESTIONS,
  BEFORE_REQUESTS,
  CAN_YOU,
  CAN_YOU_REQUESTS,
  CLOSINGS,
  TEXT_REQUESTS,
} from './lexicon/courtesy.ts';
import { readWords } from './lexicon/read.ts';
import { PhraseIndex } from './phrase-index.ts';
import { GAPS } from './piece-words.ts';
import type { Piece } from './scan.ts';

const QUESTIONS = new PhraseIndex(BEFORE_QUESTIONS);
const REQUESTS = new PhraseIndex(BEFORE_REQUESTS);
const CAN = new PhraseIndex(CAN_YOU);
const ADDRESS = new PhraseIndex(ADDRESSES);
const CLOSING = new PhraseIndex(CLOSINGS);
/** Not when: `Tell me when it is done` wants to be told then. */
const ASKING = readWords('what which who whom where why how');
const TEXT_VERBS = readWords(TEXT_REQUESTS);
const CAN_YOU_VERBS = readWords(CAN_YOU_REQUESTS);

/**
 * How many words from here on only open a question or a request for text: `could you tell me` before `how`, `please help me`
 * before `write`. 0 where there is no such opening.
 */
export function openingLength(words: readonly string[], from: number): number {
  const question = QUESTIONS.at(words, from, true)?.length ?? 0;
  if (question > 0 && ASKING.has(words[from + question] ?? '')) return question;
  // `Can you describe it as urgent` may ask whether it is.
  if (words.includes('as')) return 0;
  const request = REQUESTS.at(words, from, true)?.length ?? 0;
  if (request > 0 && TEXT_VERBS.has(words[from + request] ?? '')) return request;
  const can = CAN.at(words, from, true)?.length ?? 0;
  return can > 0 && CAN_YOU_VERBS.has(words[from + can] ?? '') ? can : 0;
}

/** How many words from here on greet: only before a break, `hello world` greets nobody. */
export function addressLength(words: readonly string[], from: number): number {
  const length = ADDRESS.at(words, from, true)?.length ?? 0;
  return length > 0 && GAPS.has(words[from + length] ?? '.') ? length : 0;
}

/** Whether nothing but thanks follows. Behind a colon or in quotes they are what the request is about. */
export function onlyThanksFrom(pieces: readonly Piece[], words: readonly string[], from: number): boolean {
  const before = pieces[from - 1];
  if (before === undefined || (before.kind !== 'end' && before.kind !== 'comma') || before.text === ':') return false;
  if (before.quoted || pieces[from]?.quoted === true) return false;
  const length = CLOSING.at(words, from, true)?.length ?? 0;
  if (length === 0) return false;
  return pieces.slice(from + length).every(({ kind }) => kind === 'end' || kind === 'comma');
}
