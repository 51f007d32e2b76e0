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
  /** Entries that nobody sends: whoever asks takes them over. Oldest first. */
  entries(): readonly OutboxEntry[] | Promise<readonly OutboxEntry[]>;
  /** Others leave entries behind, too: so often they are looked for, milliseconds. Undefined: at the start alone. */
  readonly lookEvery?: number;
}
