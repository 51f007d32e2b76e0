/** What stands on a {@link Roster}, on one at a time. */
export interface Listed {
  /** Where; below 0: on none. The roster's to write. */
  place: number;
}

/**
 * Those that are under way, some few at a time and millions in a day. Not a Set: the tables a Set leaves behind as it is rebuilt refer to
 * what stood in them and to the table that came next, and once one of them is old, all after it live until the next full collection. A
 * roster leaves nothing behind. Its order means nothing.
 */
export class Roster<T extends Listed> {
  readonly #listed: T[] = [];

  get size(): number {
    return this.#listed.length;
  }

  add(one: T): void {
    if (one.place >= 0) return;
    one.place = this.#listed.length;
    this.#listed.push(one);
  }

  /** @returns whether it stood there */
  delete(one: T): boolean {
    if (one.place < 0) return false;
    const last = this.#listed.pop();
    if (last !== undefined && last !== one) {
      this.#listed[one.place] = last;
      last.place = one.place;
    }
    one.place = -1;
    return true;
  }

  has(one: T): boolean {
    return one.place >= 0;
  }

  /** As they stand now: whoever is called meanwhile may leave. */
  list(): readonly T[] {
    return [...this.#listed];
  }
}
