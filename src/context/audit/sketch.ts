import { isRecord, type JsonRecord } from '../../failures/json-record.ts';

/** What the audit knows of a prompt without having its text. */
export interface PromptSketch {
  /** Tokens of the text in o200k_base. */
  readonly tokens: number;
  /** Of each tool offered with it, its definition's. */
  readonly tools: readonly ToolTokens[];
  /** The same for prompts that differ only in numbers, dates and ids. */
  readonly key: string;
  /** To compare with another's: see {@link similarity}. */
  readonly signature: Uint32Array;
}

export interface ToolTokens {
  readonly name: string;
  readonly tokens: number;
}

/** Lanes of a signature: the standard error of a similarity of 0.8 is 0.05. */
const LANES = 64;
const EMPTY = 0xffffffff;
/** Words of a shingle. */
const SHINGLE = 3;
/** Of a longer prompt the rest is not compared. */
const LONGEST = 200_000;

const VARYING = /[0-9a-f]{8}-[0-9a-f-]{27}|\b(?=[0-9a-f]*\d)[0-9a-f]{12,}\b|\d+/gi;

/** The text with what varies from request to request left out: a clock or a session's id makes no new prompt. */
export function usualForm(text: string): string {
  return text.slice(0, LONGEST).replace(VARYING, '#').replace(/\s+/g, ' ').trim().toLowerCase();
}

/**
 * One-permutation MinHash over shingles of three words: one hash a shingle, whose low bits choose the lane. Empty lanes take the value of
 * the next full one, so that short prompts compare, too.
 *
 * @param usual from {@link usualForm}
 */
export function signatureOf(usual: string): Uint32Array {
  const lanes = new Uint32Array(LANES).fill(EMPTY);
  const words = usual.split(' ').map(hashWord);
  for (let at = 0; at === 0 || at + SHINGLE <= words.length; at++) {
    let mixed = 0x9e3779b9;
    for (let word = at; word < Math.min(at + SHINGLE, words.length); word++)
      mixed = Math.imul((mixed ^ (words[word] ?? 0)) >>> 0, 0x85ebca6b) ^ (mixed >>> 13);
    const value = finish(mixed);
    const lane = value % LANES;
    lanes[lane] = Math.min(lanes[lane] ?? EMPTY, Math.floor(value / LANES));
  }
  return densified(lanes);
}

/** How much of their shingles two prompts share, from 0 to 1: an estimate of their Jaccard similarity. */
export function similarity(a: Uint32Array, b: Uint32Array): number {
  let same = 0;
  for (let lane = 0; lane < LANES; lane++) if (a[lane] === b[lane]) same++;
  return same / LANES;
}

/** A tool's name in any of the dialects; a provider's own tool has none but its type. */
export function toolNameOf(tool: JsonRecord): string {
  const inner = isRecord(tool.function) ? tool.function : isRecord(tool.custom) ? tool.custom : tool;
  return String(inner.name ?? tool.type ?? '').slice(0, 128);
}

function densified(lanes: Uint32Array): Uint32Array {
  const full = lanes.slice();
  for (let lane = 0; lane < LANES; lane++) {
    if (lanes[lane] !== EMPTY) continue;
    for (let step = 1; step < LANES; step++) {
      const donor = lanes[(lane + step) % LANES] ?? EMPTY;
      if (donor === EMPTY) continue;
      // The distance goes in, or two short prompts would agree in all the lanes that they fill alike.
      full[lane] = (donor + Math.imul(step, 0x9e3779b1)) >>> 0;
      break;
    }
  }
  return full;
}

function hashWord(word: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < word.length; at++) hash = Math.imul(hash ^ word.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

function finish(value: number): number {
  let mixed = value >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x7feb352d);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x846ca68b);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
