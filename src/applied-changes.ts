import { randomUUID } from 'node:crypto';

/** How many of each writer's changes are in a record that several share. */
export type AppliedChanges = Readonly<Record<string, number>>;

/** Writers remembered in a record, those that saved last. A process is one, and does not come back after its end. */
const MOST_WRITERS = 64;

/**
 * What happened to a shared record here and is not known to be stored. A save whose reply was late or lost may have been made all the same: so each
 * record says how many of our changes it holds, and none is counted twice.
 */
export class UnstoredChanges<Change> {
  /** No number: JavaScript would put it in front of the others. */
  readonly #writer = `w${randomUUID().slice(0, 13)}`;
  #changes: Change[] = [];
  /** Changes before the first of these. */
  #before = 0;
  /** Changes that some save may have stored. */
  #sent = 0;

  get size(): number {
    return this.#changes.length;
  }

  *[Symbol.iterator](): Generator<Change> {
    yield* this.#changes;
  }

  add(change: Change): void {
    this.#changes.push(change);
  }

  /** The latest, where no save has seen it: another may be added to it. */
  get open(): Change | undefined {
    return this.#before + this.#changes.length > this.#sent ? this.#changes.at(-1) : undefined;
  }

  /** Puts another in place of {@link open}. */
  amend(change: Change): void {
    this.#changes[this.#changes.length - 1] = change;
  }

  /** Gives up the oldest: it is in this process's own record only. */
  dropOldest(): void {
    if (this.#changes.shift() !== undefined) this.#before++;
  }

  /** For a record with all of these in it that is about to be saved. */
  applied(known: AppliedChanges): AppliedChanges {
    this.#sent = this.#before + this.#changes.length;
    const { [this.#writer]: _own, ...others } = known;
    const kept = Object.entries(others).slice(1 - MOST_WRITERS);
    return { ...Object.fromEntries(kept), [this.#writer]: this.#sent };
  }

  /** A record was stored, or read, that says this: what it holds of ours is forgotten here. */
  stored(applied: AppliedChanges): void {
    const gone = Math.max(0, (applied[this.#writer] ?? 0) - this.#before);
    this.#changes = this.#changes.slice(gone);
    this.#before += gone;
  }
}
