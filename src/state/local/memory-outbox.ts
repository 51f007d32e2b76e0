import type { Outbox, OutboxEntry } from '../outbox.ts';

/** Keeps events as long as the process lives. */
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
