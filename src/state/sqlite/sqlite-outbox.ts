import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Outbox, OutboxEntry } from '../outbox.ts';

/** Events on their way to webhooks, durable when the call returns. The process that owns the budgets is the only one that sends. */
export class SqliteOutbox implements Outbox {
  readonly #put: StatementSync;
  readonly #remove: StatementSync;
  readonly #all: StatementSync;

  constructor(db: DatabaseSync) {
    this.#put = db.prepare(
      `INSERT INTO outbox (hook, id, type, body, attempts, due_at) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (hook, id) DO UPDATE SET type = excluded.type, body = excluded.body, attempts = excluded.attempts, due_at = excluded.due_at`,
    );
    this.#remove = db.prepare('DELETE FROM outbox WHERE hook = ? AND id = ?');
    this.#all = db.prepare('SELECT hook, id, type, body, attempts, due_at FROM outbox ORDER BY seq');
  }

  put({ hook, id, type, body, attempts, dueAt }: OutboxEntry): void {
    this.#put.run(hook, id, type, body, attempts, dueAt);
  }

  remove(hook: string, id: string): void {
    this.#remove.run(hook, id);
  }

  entries(): readonly OutboxEntry[] {
    return this.#all.all().map(({ hook, id, type, body, attempts, due_at }) => ({
      hook: String(hook),
      id: String(id),
      type: String(type),
      body: String(body),
      attempts: Number(attempts),
      dueAt: Number(due_at),
    }));
  }
}
