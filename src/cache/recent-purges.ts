import { type EntryMeta, fits, type PurgeFilter } from './store/cache-store.ts';

/** Purges remembered apart, and for how long, milliseconds: longer than a request may take. */
const MOST = 256;
const REMEMBERED_MS = 60 * 60 * 1000;

/** What was purged lately. Who was asked before that, and answers after it, tells what was to be forgotten. */
export class RecentPurges {
  #purges: { readonly at: number; readonly filter: PurgeFilter }[] = [];
  /** Where there were too many to remember each: all that was asked before. */
  #allBefore = Number.NEGATIVE_INFINITY;

  add(filter: PurgeFilter, now: number): void {
    this.#purges = this.#purges.filter(({ at }) => now - at < REMEMBERED_MS);
    this.#purges.push({ at: now, filter });
    const forgotten = this.#purges.length > MOST ? this.#purges.shift() : undefined;
    if (forgotten !== undefined) this.#allBefore = forgotten.at;
  }

  /** Whether an answer is one of those purged since it was asked for. */
  takes(entry: EntryMeta, askedAt: number): boolean {
    return askedAt <= this.#allBefore || this.#purges.some(({ at, filter }) => askedAt <= at && fits(entry, filter));
  }
}
