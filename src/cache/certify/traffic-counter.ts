import type { Traffic } from './change.ts';

/** Counts lookups between two changes of the record, without a copy of the record for each. */
export class TrafficCounter {
  readonly #grid: readonly number[];
  #lookups = 0;
  #served = 0;
  #hits: number[];

  constructor(grid: readonly number[]) {
    this.#grid = grid;
    this.#hits = grid.map(() => 0);
  }

  /** @param cosine of the would-be hit; undefined: there was none */
  count(cosine: number | undefined, served: boolean): void {
    this.#lookups++;
    if (served) this.#served++;
    if (cosine === undefined) return;
    const band = this.#grid.findIndex((threshold) => cosine >= threshold);
    if (band >= 0) this.#hits[band] = (this.#hits[band] ?? 0) + 1;
  }

  get hits(): number {
    return this.#hits.reduce((sum, count) => sum + count, 0);
  }

  get empty(): boolean {
    return this.#lookups === 0;
  }

  /** What was counted since the last time. */
  take(): Traffic {
    const traffic = { lookups: this.#lookups, hits: this.#hits, served: this.#served };
    this.#lookups = 0;
    this.#served = 0;
    this.#hits = this.#grid.map(() => 0);
    return traffic;
  }
}
