/**
 * Results of work that was begun in some order, given out in that order.
 *
 * Comparisons end out of order, and not by chance: a judge may take longer over bad answers. Taken as they come, the first hundred could
 * all be good because the bad ones are still being looked at.
 */
export class OrderedResults<Result> {
  readonly #open = new Map<number, { readonly result: Result } | undefined>();
  #next = 0;

  /** Every ticket must be settled in the end: those behind it wait. */
  begin(): number {
    const ticket = this.#next++;
    this.#open.set(ticket, undefined);
    return ticket;
  }

  /** @returns what can be given out now. A ticket that is not open is ignored. */
  settle(ticket: number, result: Result): Result[] {
    if (this.#open.has(ticket)) this.#open.set(ticket, { result });
    const taken: Result[] = [];
    for (const [first, settled] of this.#open) {
      if (settled === undefined) break;
      this.#open.delete(first);
      taken.push(settled.result);
    }
    return taken;
  }

  get size(): number {
    return this.#open.size;
  }
}
