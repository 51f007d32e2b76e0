import type { Clock } from '../../clock.ts';
import type { Outbox, OutboxEntry } from '../outbox.ts';
import type { RedisLink } from './link.ts';
import { scripts } from './scripts.ts';

/** So long after its time an event is taken to be left behind, milliseconds: who lives has tried by then, and put it off or removed it. */
const LEFT_BEHIND_MS = 120_000;
const LOOK_EVERY_MS = 60_000;
/** Taken over in one look. */
const AT_ONCE = 1_000;
/** The last of an event's tries is made within eleven hours. */
const KEPT_MS = 2 * 24 * 3_600_000;

/**
 * Events on their way to webhooks, shared by the replicas: a hash of them, and beside it when each is due. Whoever made an event sends it;
 * what a replica that is gone has left, one of the others takes over, and only one.
 */
export class RedisOutbox implements Outbox {
  readonly lookEvery = LOOK_EVERY_MS;
  readonly #link: RedisLink;
  readonly #clock: Clock;
  readonly #key: string;

  constructor(link: RedisLink, clock: Clock, prefix: string) {
    this.#link = link;
    this.#clock = clock;
    this.#key = `${prefix}:{outbox}`;
  }

  async put(entry: OutboxEntry): Promise<void> {
    const { hook, id, dueAt } = entry;
    await this.#link.run(scripts.outboxPut, this.#key, [`${hook} ${id}`, JSON.stringify(entry), dueAt, KEPT_MS]);
  }

  async remove(hook: string, id: string): Promise<void> {
    await this.#link.run(scripts.outboxRemove, this.#key, [`${hook} ${id}`]);
  }

  async entries(): Promise<readonly OutboxEntry[]> {
    const now = this.#clock.now();
    const taken = await this.#link.run(scripts.outboxTake, this.#key, [now - LEFT_BEHIND_MS, now, AT_ONCE]);
    return Array.isArray(taken) ? taken.map((text) => JSON.parse(String(text)) as OutboxEntry) : [];
  }
}
