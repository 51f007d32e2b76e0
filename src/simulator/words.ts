/** Plain words, so that a token needs no escaping in JSON and its length in bytes is its length. */
const WORDS = (
  'tide harbour stone wave north south light water rope anchor wind sail keel mast gull storm calm shore reef pier ' +
  'sand salt deep cold warm slow quick early late small large round long short clear dark bright quiet loud near far ' +
  'over under along beside toward across again always often never soon before after while where when then each every ' +
  'some many few more less most least one two three four five six seven eight nine ten first last next other same new ' +
  'old good fair true sure safe free full half whole part side end edge line point path road gate wall door stair roof ' +
  'floor room house yard field hill wood leaf root seed grain bread'
).split(' ');

const EMOJI = ['🌊', '⚓️', '👩‍🚀', '🇳🇴', 'naïve', '日本語', '🧗🏽‍♀️', '🐚'];

const LOOP = [' the', ' same', ' words', ' over', ' again'];

/** A text as tokens that can be had one by one, so that a long answer is never held as a whole. */
export interface Tokens {
  readonly length: number;
  token(index: number): string;
}

/** Mixes two 32-bit numbers into one (the finaliser of MurmurHash3). */
export function mix(a: number, b: number): number {
  let h = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b + 0x7f4a7c15, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** FNV-1a of a text. Only the first and last 2 Ki characters count: a prompt may have megabytes. */
export function hashText(text: string): number {
  let h = 0x811c9dc5 ^ text.length;
  const head = Math.min(text.length, 2048);
  for (let i = 0; i < head; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  for (let i = Math.max(head, text.length - 2048); i < text.length; i++)
    h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}

/** Uniform numbers in [0, 1) that a seed decides (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Sentences of twelve words. The seed decides the text and a longer text begins with the shorter. */
export class SeededText implements Tokens {
  readonly length: number;
  readonly #seed: number;
  readonly #emoji: boolean;

  constructor(seed: number, length: number, emoji = false) {
    this.#seed = seed;
    this.length = length;
    this.#emoji = emoji;
  }

  token(index: number): string {
    const h = mix(this.#seed, index);
    const place = index % 12;
    const word = this.#emoji && place % 3 === 1 ? (EMOJI[h & 7] ?? '') : (WORDS[h % WORDS.length] ?? '');
    if (place === 0) return `${index === 0 ? '' : ' '}${word.charAt(0).toUpperCase()}${word.slice(1)}`;
    return place === 11 ? ` ${word}.` : ` ${word}`;
  }
}

/** The loop a model falls into. */
export class RepeatedText implements Tokens {
  readonly length: number;
  constructor(length: number) {
    this.length = length;
  }
  token(index: number): string {
    return LOOP[index % LOOP.length] ?? '';
  }
}

/** A given text, a token being a word with the space before it. */
export class FixedText implements Tokens {
  readonly #tokens: readonly string[];
  constructor(tokens: string | readonly string[]) {
    this.#tokens = typeof tokens === 'string' ? (tokens.match(/\s*\S+|\s+$/g) ?? []) : tokens;
  }
  get length(): number {
    return this.#tokens.length;
  }
  token(index: number): string {
    return this.#tokens[index] ?? '';
  }
}

/** The tokens of a text from one on, the first of them perhaps in part. */
class RestOfText implements Tokens {
  readonly length: number;
  readonly #text: Tokens;
  readonly #start: number;
  readonly #first: string;

  constructor(text: Tokens, start: number, first: string) {
    this.#text = text;
    this.#start = start;
    this.#first = first;
    this.length = Math.max(0, text.length - start);
  }

  token(index: number): string {
    return index === 0 ? this.#first : this.#text.token(this.#start + index);
  }
}

/** What follows in a text behind a prefix of it; undefined where the text does not begin so. */
export function continueAfter(text: Tokens, prefix: string): Tokens | undefined {
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    const token = text.token(i);
    if (at + token.length > prefix.length) {
      const spoken = prefix.slice(at);
      return token.startsWith(spoken) ? new RestOfText(text, i, token.slice(spoken.length)) : undefined;
    }
    if (!prefix.startsWith(token, at)) return undefined;
    at += token.length;
  }
  return at === prefix.length ? new RestOfText(text, text.length, '') : undefined;
}

export function joinTokens(tokens: Tokens): string {
  let text = '';
  for (let i = 0; i < tokens.length; i++) text += tokens.token(i);
  return text;
}
