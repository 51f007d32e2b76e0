import { LruMap } from '../../lru-map.ts';

/** A key of 32 characters and its place in a map: some 70 bytes, about a megabyte in all. */
const MOST = 16_384;

/**
 * Which earlier turns have been seen before. Nearly every conversation has turns of its own and comes once: to embed its question and keep a
 * vector would cost a call and a partition of the index that nobody asks again. So the first sight of a past is only remembered; from the
 * second on it takes part. Of very many the latest 8,192 to 16,384 are remembered; one that is forgotten is a first sight again.
 */
export class KnownPasts {
  readonly #seen = new LruMap<string, true>(MOST);

  /** How many are remembered. */
  get size(): number {
    return this.#seen.size;
  }

  /** Whether it was seen before. It is from now on. */
  see(past: string): boolean {
    if (this.#seen.get(past) === true) return true;
    this.#seen.set(past, true);
    return false;
  }
}
