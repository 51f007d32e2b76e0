import { hashText, seededRandom } from '../../../src/simulator/words.ts';

/** Choices that a seed and a name decide: each agent draws from its own, so that one more request of one changes nothing of another. */
export class Draws {
  readonly #seed: number;
  readonly #random: () => number;

  constructor(seed: number) {
    this.#seed = seed;
    this.#random = seededRandom(seed);
  }

  of(name: string): Draws {
    return new Draws((this.#seed ^ hashText(name)) >>> 0);
  }

  /** In [0, 1). */
  next(): number {
    return this.#random();
  }

  chance(share: number): boolean {
    return this.#random() < share;
  }

  /** A whole number, both ends included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.#random() * (most - least + 1));
  }

  pick<T>(list: readonly T[]): T {
    const chosen = list[Math.floor(this.#random() * list.length)];
    if (chosen === undefined) throw new Error('nothing to pick from');
    return chosen;
  }

  shuffled<T>(list: readonly T[]): T[] {
    const all = [...list];
    for (let at = all.length - 1; at > 0; at--) {
      const other = Math.floor(this.#random() * (at + 1));
      [all[at], all[other]] = [all[other] as T, all[at] as T];
    }
    return all;
  }

  /** An index below `count`, the first ones far more often: what people ask is asked by Zipf's law. */
  popular(count: number): number {
    let total = 0;
    for (let at = 0; at < count; at++) total += 1 / (at + 2);
    let left = this.#random() * total;
    for (let at = 0; at < count; at++) {
      left -= 1 / (at + 2);
      if (left < 0) return at;
    }
    return count - 1;
  }

  /** So many moments of a day, milliseconds since its beginning, in order; `busy` puts most of them into office hours. */
  moments(count: number, busy: boolean): number[] {
    const all: number[] = [];
    while (all.length < count) {
      const hour = this.#random() * 24;
      if (!busy || this.#random() < OFFICE(hour)) all.push(Math.floor(hour * 3_600_000));
    }
    return all.sort((a, b) => a - b);
  }

  /** Six hexadecimal digits. */
  code(): string {
    return Math.floor(this.#random() * 0xffffff)
      .toString(16)
      .padStart(6, '0');
  }
}

/** How busy an hour is, 0 to 1: a hill around 14:00 over a quiet night. */
const OFFICE = (hour: number) => 0.12 + 0.88 * Math.exp(-(((hour - 14) / 4.5) ** 2));
