import { PHRASES } from './lexicon/phrases.ts';

interface Phrase {
  readonly words: readonly string[];
  readonly means: readonly string[];
  readonly clauseStart: boolean;
}

/** Phrases by their first word, the longest first. */
const INDEX = index();

function index(): ReadonlyMap<string, readonly Phrase[]> {
  const map = new Map<string, Phrase[]>();
  for (const line of PHRASES.trim().split('\n')) {
    const [left = '', right = ''] = line.split(' = ');
    const clauseStart = right.startsWith('^');
    const means = left.split(' ').filter((word) => word !== '');
    for (const words of expand(right.slice(clauseStart ? 1 : 0).split(' '))) {
      const first = words[0];
      if (first === undefined) continue;
      const list = map.get(first) ?? [];
      list.push({ words, means, clauseStart });
      map.set(first, list);
    }
  }
  for (const list of map.values()) list.sort((a, b) => b.words.length - a.words.length);
  return map;
}

/** Every way to read `a|b (c) d`. */
function expand(parts: readonly string[]): string[][] {
  const [part, ...rest] = joinBrackets(parts);
  if (part === undefined) return [[]];
  const tails = expand(rest);
  const optional = part.startsWith('(');
  const choices = (optional ? part.slice(1, -1) : part).split('|').map((choice) => choice.split(' '));
  return [...choices, ...(optional ? [[]] : [])].flatMap((choice) => tails.map((tail) => [...choice, ...tail]));
}

/** `(need to|have to)` was cut at its spaces. */
function joinBrackets(parts: readonly string[]): string[] {
  const joined: string[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (last?.startsWith('(') === true && !last.endsWith(')')) joined[joined.length - 1] = `${last} ${part}`;
    else joined.push(part);
  }
  return joined;
}

/** @returns the longest phrase that starts at `from`, or undefined. Words that are no words of text never match. */
export function phraseAt(words: readonly string[], from: number, clauseStart: boolean): Phrase | undefined {
  const list = INDEX.get(words[from] ?? '');
  if (list === undefined) return undefined;
  next: for (const phrase of list) {
    if (phrase.clauseStart && !clauseStart) continue;
    for (let at = 1; at < phrase.words.length; at++) if (words[from + at] !== phrase.words[at]) continue next;
    return phrase;
  }
  return undefined;
}
