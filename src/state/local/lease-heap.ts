import type { Hold } from './hold.ts';

/**
 * Holds by the end of their lease, the earliest first: a binary heap in which each hold knows its place, so that one settled is
 * taken out at once. Leases mostly end in the order they were taken, so adding is rarely more than an append.
 */
export class LeaseHeap {
  readonly #holds: Hold[] = [];

  get size(): number {
    return this.#holds.length;
  }

  get first(): Hold | undefined {
    return this.#holds[0];
  }

  add(hold: Hold): void {
    hold.place = this.#holds.length;
    this.#holds.push(hold);
    this.#up(hold);
  }

  remove(hold: Hold): void {
    const last = this.#holds.pop();
    const place = hold.place;
    hold.place = -1;
    if (last === undefined || last === hold) return;
    last.place = place;
    this.#holds[place] = last;
    this.#up(last);
    this.#down(last);
  }

  /** After the deadline of a hold was moved to later. */
  postponed(hold: Hold): void {
    this.#down(hold);
  }

  #up(hold: Hold): void {
    const holds = this.#holds;
    let place = hold.place;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const parent = holds[above];
      if (parent === undefined || parent.deadline <= hold.deadline) break;
      holds[place] = parent;
      parent.place = place;
      place = above;
    }
    holds[place] = hold;
    hold.place = place;
  }

  #down(hold: Hold): void {
    const holds = this.#holds;
    let place = hold.place;
    for (;;) {
      const left = 2 * place + 1;
      let child = holds[left];
      const right = holds[left + 1];
      if (right !== undefined && child !== undefined && right.deadline < child.deadline) child = right;
      if (child === undefined || child.deadline >= hold.deadline) break;
      const below = child.place;
      holds[place] = child;
      child.place = place;
      place = below;
    }
    holds[place] = hold;
    hold.place = place;
  }
}
