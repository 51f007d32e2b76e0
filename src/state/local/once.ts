/** Remembers names for a time, at most so many: the oldest are forgotten first. */
export class Once {
  readonly #seen = new Map<string, number>();
  readonly #keepMs: number;
  readonly #bound: number;

  constructor(keepMs: number, bound: number) {
    this.#keepMs = keepMs;
    this.#bound = bound;
  }

  has(name: string): boolean {
    return this.#seen.has(name);
  }

  add(name: string, now: number): void {
    this.#seen.delete(name);
    this.#seen.set(name, now);
    for (const [oldest, since] of this.#seen) {
      if (this.#seen.size <= this.#bound && now - since < this.#keepMs) break;
      this.#seen.delete(oldest);
    }
  }
}
