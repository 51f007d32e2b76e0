/** An event on its way to one receiver. */
export interface OutboxEntry {
  /** Names the receiver without telling its address. */
  readonly hook: string;
  /** The event's id. With `hook` it names the entry. */
  readonly id: string;
  readonly type: string;
  /** What is posted. */
  readonly body: string;
  /** Tries that were made. */
  readonly attempts: number;
  /** Clock milliseconds: when the next try is due. */
  readonly dueAt: number;
}

/**
 * Keeps events that are not delivered yet, over a restart. What it throws is logged. Of two writes of one entry the one asked for later
 * counts.
 */
export interface Outbox {
  /** Adds the entry, or replaces the one of the same name. */
  put(entry: OutboxEntry): void | Promise<void>;
  remove(hook: string, id: string): void | Promise<void>;
  /** All entries, oldest first. */
  entries(): readonly OutboxEntry[] | Promise<readonly OutboxEntry[]>;
}

/** Keeps them as long as the process lives. */
export class MemoryOutbox implements Outbox {
  readonly #entries = new Map<string, OutboxEntry>();

  put(entry: OutboxEntry): void {
    this.#entries.set(nameOf(entry.hook, entry.id), entry);
  }

  remove(hook: string, id: string): void {
    this.#entries.delete(nameOf(hook, id));
  }

  entries(): readonly OutboxEntry[] {
    return [...this.#entries.values()];
  }
}

function nameOf(hook: string, id: string): string {
  return `${hook} ${id}`;
}
