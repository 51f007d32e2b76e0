/** The share of successes among the latest outcomes: says how things are now, where a ratio since the start would not. */
export class RecentRatio {
  readonly #outcomes: Uint8Array;
  #seen = 0;
  #successes = 0;

  /** @param size how many outcomes count */
  constructor(size: number) {
    this.#outcomes = new Uint8Array(size);
  }

  add(success: boolean): void {
    const place = this.#seen % this.#outcomes.length;
    if (this.#seen >= this.#outcomes.length) this.#successes -= this.#outcomes[place] ?? 0;
    this.#outcomes[place] = success ? 1 : 0;
    this.#successes += success ? 1 : 0;
    this.#seen++;
  }

  /** Between 0 and 1; undefined before the first outcome. */
  get ratio(): number | undefined {
    const count = Math.min(this.#seen, this.#outcomes.length);
    return count === 0 ? undefined : this.#successes / count;
  }
}
