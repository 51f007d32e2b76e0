/** Groups of words, found in a text's words by their first one. */
export class PhraseList {
  readonly #byFirst = new Map<string, string[][]>();

  /** @param text - phrases separated by `|` or line ends */
  constructor(text: string) {
    for (const phrase of text.trim().split(/[|\n]/)) {
      const words = phrase.trim().split(' ');
      const first = words[0] ?? '';
      this.#byFirst.set(first, [...(this.#byFirst.get(first) ?? []), words]);
    }
  }

  isAt(words: readonly string[], from: number): boolean {
    const list = this.#byFirst.get(words[from] ?? '');
    if (list === undefined) return false;
    return list.some((phrase) => phrase.every((word, at) => words[from + at] === word));
  }

  isIn(words: readonly string[]): boolean {
    for (let at = 0; at < words.length; at++) if (this.isAt(words, at)) return true;
    return false;
  }
}
