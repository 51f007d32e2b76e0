/** A group of words that stands for tokens, or for other words. */
interface Phrase {
  readonly length: number;
  readonly means: readonly string[];
}

/** Words walked one by one: a text's length decides the time, not the number of phrases. */
interface Step {
  readonly next: Map<string, Step>;
  /** The phrase that ends here, wherever it stands. */
  anywhere: Phrase | undefined;
  /** The phrase that ends here, if it began a clause. */
  atStart: Phrase | undefined;
}

/** Phrases as lexicon/phrases.ts writes them, found in a text's words. */
export class PhraseIndex {
  readonly #root: Step = step();

  constructor(text: string) {
    for (const line of text.trim().split('\n')) {
      const [left = '', right = ''] = line.split(' = ');
      const clauseStart = right.startsWith('^');
      const means = left.split(' ').filter((word) => word !== '' && word !== '-');
      for (const words of expand(right.slice(clauseStart ? 1 : 0).split(' '))) this.#add(words, means, clauseStart);
    }
  }

  #add(words: readonly string[], means: readonly string[], clauseStart: boolean): void {
    let at = this.#root;
    for (const word of words) {
      const found = at.next.get(word) ?? step();
      at.next.set(word, found);
      at = found;
    }
    const phrase = { length: words.length, means };
    if (clauseStart) at.atStart ??= phrase;
    else at.anywhere ??= phrase;
  }

  /** @returns the longest phrase that starts at `from`, or undefined. Words that are no words of text never match. */
  at(words: readonly string[], from: number, clauseStart: boolean): Phrase | undefined {
    let longest: Phrase | undefined;
    let at: Step | undefined = this.#root;
    for (let place = from; place < words.length; place++) {
      at = at.next.get(words[place] ?? '');
      if (at === undefined) break;
      longest = (clauseStart ? at.atStart : undefined) ?? at.anywhere ?? longest;
    }
    return longest;
  }
}

function step(): Step {
  return { next: new Map(), anywhere: undefined, atStart: undefined };
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
