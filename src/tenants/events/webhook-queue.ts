import { hash } from 'node:crypto';
import { fullJitter } from '../../breakers/backoff.ts';
import type { Clock, Random, Timer } from '../../clock.ts';
import type { WebhookConfig } from '../../config/tenant-config.ts';
import type { Outbox, OutboxEntry } from '../../state/outbox.ts';
import { signWebhook } from './sign-webhook.ts';
import type { Poster } from './webhook-poster.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Upper ends of the waits between tries: eight tries over five hours on average. A receiver that is being deployed misses nothing. */
const WAITS = [10 * SECOND, MINUTE, 5 * MINUTE, 20 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR];

/** Posts to one receiver at the same time. */
const AT_ONCE = 4;

/** What the log is told with. */
export interface EventLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface QueueOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: EventLog;
  readonly poster: Poster;
  readonly outbox: Outbox;
  /** Events waiting for one receiver at most. */
  readonly most: number;
}

interface Delivery {
  readonly id: string;
  readonly type: string;
  readonly body: string;
  attempts: number;
  timer: Timer | undefined;
  underWay: boolean;
}

/** How deliveries of one receiver have ended. */
export interface DeliveryCounts {
  delivered: number;
  /** Tries that did not deliver. */
  failedTries: number;
  /** Given up after the last try. */
  givenUp: number;
  /** Pushed out by later events. */
  dropped: number;
}

/** Names a receiver without telling its address or secret. */
export function hookName(hook: WebhookConfig): string {
  return hash('sha256', `${hook.url}\0${hook.secret}`, 'hex').slice(0, 16);
}

/**
 * The events on their way to one receiver. Each goes its own way: one that is not taken holds up no other, so receivers see them in no
 * certain order. Only a 2xx is a delivery: after a timeout nobody knows, and the event is sent again under the same id.
 */
export class WebhookQueue {
  readonly counts: DeliveryCounts = { delivered: 0, failedTries: 0, givenUp: 0, dropped: 0 };
  readonly #hook: WebhookConfig;
  readonly #name: string;
  /** All there is to tell of the address: path and query may be secrets. */
  readonly #host: string;
  readonly #options: QueueOptions;
  readonly #deliveries = new Map<string, Delivery>();
  readonly #ready: Delivery[] = [];
  readonly #onIdle: (() => void)[] = [];
  #underWay = 0;
  #gone = false;
  #closing = false;

  constructor(hook: WebhookConfig, options: QueueOptions) {
    this.#hook = hook;
    this.#name = hookName(hook);
    this.#host = new URL(hook.url).host;
    this.#options = options;
  }

  get waiting(): number {
    return this.#deliveries.size;
  }

  /** Takes an event on its way. Returns at once. */
  add(id: string, type: string, body: string): void {
    if (this.#gone || this.#closing || this.#deliveries.has(id)) return;
    const delivery = { id, type, body, attempts: 0, timer: undefined, underWay: false };
    this.#enter(delivery, 0);
    this.#note(delivery, this.#options.clock.now());
  }

  /** Takes up what a process before this one left. */
  resume(entry: OutboxEntry): void {
    if (this.#gone || this.#closing || this.#deliveries.has(entry.id)) return;
    const { id, type, body, attempts } = entry;
    this.#enter(
      { id, type, body, attempts, timer: undefined, underWay: false },
      entry.dueAt - this.#options.clock.now(),
    );
  }

  /** No new events; those that wait for a later try stay in the outbox. @returns when nothing is under way any more */
  close(): Promise<void> {
    this.#closing = true;
    for (const delivery of this.#deliveries.values()) {
      if (delivery.timer === undefined) continue;
      this.#options.clock.clearTimeout(delivery.timer);
      this.#deliveries.delete(delivery.id);
    }
    return new Promise((resolve) => {
      this.#onIdle.push(resolve);
      this.#settleIdle();
    });
  }

  #enter(delivery: Delivery, wait: number): void {
    if (this.#deliveries.size >= this.#options.most) this.#dropOldest();
    this.#deliveries.set(delivery.id, delivery);
    this.#schedule(delivery, wait);
  }

  #schedule(delivery: Delivery, wait: number): void {
    if (wait <= 0) {
      this.#ready.push(delivery);
      this.#pump();
      return;
    }
    delivery.timer = this.#options.clock.setTimeout(() => {
      delivery.timer = undefined;
      this.#ready.push(delivery);
      this.#pump();
    }, wait);
    delivery.timer.unref?.();
  }

  #pump(): void {
    while (this.#underWay < AT_ONCE) {
      const delivery = this.#ready.shift();
      if (delivery === undefined) break;
      // Dropped while it waited for its turn.
      if (this.#deliveries.get(delivery.id) === delivery) void this.#try(delivery);
    }
    this.#settleIdle();
  }

  async #try(delivery: Delivery): Promise<void> {
    this.#underWay++;
    delivery.underWay = true;
    delivery.attempts++;
    let status: number | undefined;
    let reason = '';
    try {
      status = await this.#post(delivery);
    } catch (error) {
      // Never the error itself: it may quote the address.
      reason = error instanceof Error ? (codeOf(error) ?? error.name) : 'unknown';
    }
    this.#underWay--;
    delivery.underWay = false;
    this.#judge(delivery, status, reason);
    this.#pump();
  }

  #post({ id, body }: Delivery): Promise<number> {
    const { clock, poster } = this.#options;
    const seconds = Math.floor(clock.now() / SECOND);
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'breakwater',
      'webhook-id': id,
      'webhook-timestamp': String(seconds),
      'webhook-signature': signWebhook(this.#hook.secret, id, seconds, body),
    };
    return poster.post(this.#hook.url, headers, body);
  }

  #judge(delivery: Delivery, status: number | undefined, reason: string): void {
    const { clock, random, log } = this.#options;
    if (status !== undefined && status >= 200 && status < 300) {
      this.counts.delivered++;
      this.#forget(delivery);
      return;
    }
    this.counts.failedTries++;
    const { id, type, attempts } = delivery;
    const fields = {
      webhook: this.#host,
      event: type,
      id,
      attempts,
      status,
      reason: reason === '' ? undefined : reason,
    };
    if (status === 410) {
      this.#stop(fields);
      return;
    }
    if (this.#gone) {
      this.#forget(delivery);
      return;
    }
    const cap = WAITS[attempts - 1];
    if (cap === undefined) {
      this.counts.givenUp++;
      this.#forget(delivery);
      log.warn(fields, 'webhook given up: the event was not taken');
      return;
    }
    const wait = fullJitter({ random, base: cap, cap, attempt: 0 });
    log.info({ ...fields, retryInMs: wait }, 'webhook not taken');
    this.#note(delivery, clock.now() + wait);
    if (this.#closing) this.#deliveries.delete(id);
    else this.#schedule(delivery, wait);
  }

  /** The receiver says it is no more. */
  #stop(fields: object): void {
    this.#gone = true;
    for (const delivery of this.#deliveries.values()) {
      this.#options.clock.clearTimeout(delivery.timer);
      if (!delivery.underWay) this.counts.dropped++;
      this.#forget(delivery);
    }
    this.#options.log.warn(
      fields,
      'webhook stopped: its receiver answered 410; nothing more is sent to it until a restart',
    );
  }

  /** The oldest go first: they are nearest to being given up, and the latest event tells best how things stand. */
  #dropOldest(): void {
    for (const delivery of this.#deliveries.values()) {
      if (delivery.underWay) continue;
      this.#options.clock.clearTimeout(delivery.timer);
      this.#forget(delivery);
      this.counts.dropped++;
      // One line for the first and for each hundredth: a flood of events must not become a flood of lines.
      if (this.counts.dropped % 100 === 1) {
        const fields = { webhook: this.#host, event: delivery.type, id: delivery.id, dropped: this.counts.dropped };
        this.#options.log.warn(fields, 'webhook queue full: the oldest event is dropped');
      }
      return;
    }
  }

  #settleIdle(): void {
    if (this.#underWay > 0 || this.#ready.length > 0) return;
    for (const idle of this.#onIdle.splice(0)) idle();
  }

  #note({ id, type, body, attempts }: Delivery, dueAt: number): void {
    const entry = { hook: this.#name, id, type, body, attempts, dueAt };
    this.#keep(() => this.#options.outbox.put(entry));
  }

  #forget({ id }: Delivery): void {
    this.#deliveries.delete(id);
    this.#keep(() => this.#options.outbox.remove(this.#name, id));
  }

  /** Whatever the outbox does, the event goes on its way. */
  #keep(write: () => void | Promise<void>): void {
    const report = (error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      this.#options.log.warn({ webhook: this.#host, reason }, 'webhook outbox failed');
    };
    try {
      write()?.catch(report);
    } catch (error) {
      report(error);
    }
  }
}

function codeOf(error: Error): string | undefined {
  return 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
