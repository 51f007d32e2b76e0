/** So many right verdicts on one kept answer are evidence, in each attempt. */
export const MOST_RIGHTS = 5;
/** Answers remembered for it. */
const MOST_ENTRIES = 512;

/**
 * How often each kept answer was found right in the attempt under way. One popular answer, asked for 299 times in other words, would certify a
 * route of which nothing else was looked at. So further verdicts of "right" on it count for nothing, and those of "wrong" count always: to leave
 * out what speaks for a threshold, never what speaks against it, can only make the test stricter.
 *
 * Kept in memory: after a restart, and on another replica, each answer may be right five times again.
 */
export class EntryVerdicts {
  readonly #rights = new Map<string, number>();
  #attempt = -1;

  /** Counts a right verdict. @returns whether it is one too many */
  isSpent(entry: string, attempt: number): boolean {
    if (attempt !== this.#attempt) {
      this.#attempt = attempt;
      this.#rights.clear();
    }
    const rights = (this.#rights.get(entry) ?? 0) + 1;
    // The latest last: what was not audited for longest is forgotten first.
    this.#rights.delete(entry);
    this.#rights.set(entry, rights);
    const [oldest] = this.#rights.size > MOST_ENTRIES ? this.#rights.keys() : [];
    if (oldest !== undefined) this.#rights.delete(oldest);
    return rights > MOST_RIGHTS;
  }
}
