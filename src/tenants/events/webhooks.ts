import type { Clock, Random, Timer } from '../../clock.ts';
import type { WebhookConfig } from '../../config/tenant-config.ts';
import { LruMap } from '../../lru-map.ts';
import type { Outbox } from '../../state/outbox.ts';
import type { BudgetEvent } from './budget-event.ts';
import { isGoodNews } from './make-events.ts';
import type { Poster } from './webhook-poster.ts';
import { type EventLog, hookName, WebhookQueue } from './webhook-queue.ts';

/** Ids of events that are not told again. */
const REMEMBERED = 10_000;

/** Events waiting for one receiver at most. */
const MOST_WAITING = 1_000;

export interface WebhooksOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: EventLog;
  readonly poster: Poster;
  readonly outbox: Outbox;
  readonly mostWaiting?: number;
}

export interface WebhookStats {
  readonly waiting: number;
  readonly delivered: number;
  readonly failedTries: number;
  readonly givenUp: number;
  readonly dropped: number;
}

/** Tells people of events: a line in the log, and the webhooks that want them. Never throws and never makes a request wait. */
export class Webhooks {
  readonly #options: Required<WebhooksOptions>;
  readonly #seen = new LruMap<string, true>(REMEMBERED);
  readonly #queues = new Map<string, WebhookQueue>();
  #look: Timer | undefined;
  #closed = false;

  constructor(options: WebhooksOptions) {
    this.#options = { mostWaiting: MOST_WAITING, ...options };
  }

  /**
   * Tells of an event, once: the same id again is passed over.
   *
   * @param hooks those of the event's tenant as they are configured now; of all tenants where it has none
   * @returns false where it was told before
   */
  publish(event: BudgetEvent, hooks: readonly WebhookConfig[]): boolean {
    if (this.#seen.get(event.id) === true) return false;
    this.#seen.set(event.id, true);
    const { id, type, tenant, scope, text } = event;
    const level = isGoodNews(type) ? 'info' : 'warn';
    this.#options.log[level]({ event: type, id, tenant, scope }, text);
    if (this.#closed) return true;
    let body: string | undefined;
    for (const hook of hooks) {
      if (!hook.events.includes(type)) continue;
      body ??= bodyOf(event);
      this.#queue(hook).add(id, type, body);
    }
    return true;
  }

  /**
   * Takes up what processes that are gone did not deliver, now and, where they share an outbox with this one, again and again. Never
   * rejects.
   *
   * @param hooks all that are configured at that time
   */
  async takeUp(hooks: () => readonly WebhookConfig[]): Promise<void> {
    const { clock, log, outbox } = this.#options;
    try {
      const events = await this.restore(hooks());
      if (events > 0) log.info({ events }, 'webhook events that were not delivered before are taken up');
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (!this.#closed) log.warn({ reason }, 'webhook outbox failed');
    }
    if (this.#closed || outbox.lookEvery === undefined) return;
    this.#look = clock.setTimeout(() => void this.takeUp(hooks), outbox.lookEvery);
    this.#look.unref?.();
  }

  /**
   * Takes up what a process before this one did not deliver. Entries of receivers that are no longer configured are removed.
   *
   * @returns events taken up
   */
  async restore(hooks: readonly WebhookConfig[]): Promise<number> {
    const { outbox } = this.#options;
    const known = new Map(hooks.map((hook) => [hookName(hook), hook]));
    let restored = 0;
    for (const entry of await outbox.entries()) {
      if (this.#closed) break;
      const hook = known.get(entry.hook);
      if (hook === undefined) await outbox.remove(entry.hook, entry.id);
      else {
        this.#queue(hook).resume(entry);
        restored++;
      }
    }
    return restored;
  }

  /** Of all receivers together. */
  get stats(): WebhookStats {
    const stats = { waiting: 0, delivered: 0, failedTries: 0, givenUp: 0, dropped: 0 };
    for (const { waiting, counts } of this.#queues.values()) {
      stats.waiting += waiting;
      stats.delivered += counts.delivered;
      stats.failedTries += counts.failedTries;
      stats.givenUp += counts.givenUp;
      stats.dropped += counts.dropped;
    }
    return stats;
  }

  /**
   * Lets the first tries of what was just published end, for so long at most. What then is not delivered stays in the outbox.
   *
   * @param withinMs milliseconds
   */
  async close(withinMs: number): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const { clock, poster } = this.#options;
    clock.clearTimeout(this.#look);
    const all = Promise.all([...this.#queues.values()].map((queue) => queue.close()));
    let timer: ReturnType<Clock['setTimeout']> | undefined;
    const enough = new Promise<void>((resolve) => {
      timer = clock.setTimeout(resolve, withinMs);
    });
    await Promise.race([all, enough]);
    clock.clearTimeout(timer);
    await poster.close();
  }

  #queue(hook: WebhookConfig): WebhookQueue {
    const name = hookName(hook);
    let queue = this.#queues.get(name);
    if (queue === undefined) {
      queue = new WebhookQueue(hook, { ...this.#options, most: this.#options.mostWaiting });
      this.#queues.set(name, queue);
    }
    return queue;
  }
}

/** The message as the Standard Webhooks specification lays it out. */
function bodyOf({ id, type, at, tenant, scope, text, data }: BudgetEvent): string {
  const timestamp = new Date(at).toISOString();
  return JSON.stringify({ type, timestamp, data: { id, tenant: tenant ?? null, scope: scope ?? null, text, ...data } });
}
