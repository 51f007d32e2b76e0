import type { Clock, Timer } from '../../clock.ts';
import { RedisScriptError } from './link.ts';
import type { RedisEvents } from './trouble.ts';

/** Something Redis must still be told. May be sent more than once. */
export interface Delivery {
  readonly key: string;
  /** True where money is lost with it. */
  readonly settlement: boolean;
  send(): Promise<unknown>;
}

export interface DeliveriesOptions {
  readonly clock: Clock;
  /** The most that is kept; what comes beyond is lost. */
  readonly bound: number;
  /** Whether sending to that key can succeed now. */
  available(key: string): boolean;
  readonly events: RedisEvents;
}

const batchSize = 64;
const retryMs = 250;

/** What could not be told to Redis, kept in memory and delivered in order once Redis is back. Of one tenant nothing overtakes. */
export class Deliveries {
  readonly #options: DeliveriesOptions;
  readonly #waiting = new Set<Delivery>();
  #sending: Promise<void> | undefined;
  #retry: Timer | undefined;
  #report: Timer | undefined;
  #lost = 0;
  #closed = false;

  constructor(options: DeliveriesOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#waiting.size;
  }

  add(delivery: Delivery): void {
    if (this.#closed || this.#waiting.size >= this.#options.bound) {
      if (delivery.settlement) this.#lose(1, this.#closed ? 'closed' : `more than ${this.#options.bound} are waiting`);
      return;
    }
    this.#waiting.add(delivery);
    this.#later();
  }

  /** Sends what is waiting, as far as Redis takes it. */
  send(): Promise<void> {
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
      if (this.#waiting.size > 0 && !this.#closed) this.#later();
    });
    return this.#sending;
  }

  /** Sends what is waiting for at most `ms`; what then remains is lost, and reported. */
  async close(ms: number): Promise<void> {
    const { clock } = this.#options;
    const until = clock.now() + ms;
    while (this.#waiting.size > 0 && clock.now() < until) {
      const before = this.#waiting.size;
      await this.send();
      if (this.#waiting.size < before) continue;
      const wait = Math.min(retryMs, until - clock.now());
      if (wait > 0) await new Promise<void>((resolve) => clock.setTimeout(resolve, wait));
    }
    this.#closed = true;
    clock.clearTimeout(this.#retry);
    let lost = 0;
    for (const delivery of this.#waiting) if (delivery.settlement) lost += 1;
    this.#waiting.clear();
    this.#lost += lost;
    this.#reportLost('closed before Redis came back');
  }

  async #sendAll(): Promise<void> {
    for (let batch = this.#next(); batch.length > 0; batch = this.#next()) {
      const results = await Promise.allSettled(batch.map((delivery) => delivery.send()));
      let failed = false;
      for (const [index, result] of results.entries()) {
        const delivery = batch[index];
        if (!delivery) continue;
        if (result.status === 'fulfilled') this.#waiting.delete(delivery);
        else if (result.reason instanceof RedisScriptError) {
          // It would be refused for ever, and hold up what waits behind it.
          this.#waiting.delete(delivery);
          if (delivery.settlement) this.#lose(1, result.reason.message);
        } else failed = true;
      }
      if (failed) return;
    }
  }

  #next(): Delivery[] {
    const batch: Delivery[] = [];
    for (const delivery of this.#waiting) {
      if (this.#options.available(delivery.key)) batch.push(delivery);
      if (batch.length === batchSize) break;
    }
    return batch;
  }

  #later(): void {
    const { clock } = this.#options;
    clock.clearTimeout(this.#retry);
    this.#retry = clock.setTimeout(() => void this.send(), retryMs);
    this.#retry.unref?.();
  }

  /** One report a second, however many are lost. */
  #lose(count: number, reason: string): void {
    this.#lost += count;
    if (this.#report) return;
    this.#report = this.#options.clock.setTimeout(() => {
      this.#report = undefined;
      this.#reportLost(reason);
    }, 1_000);
    this.#report.unref?.();
  }

  #reportLost(reason: string): void {
    this.#options.clock.clearTimeout(this.#report);
    this.#report = undefined;
    if (this.#lost === 0) return;
    const count = this.#lost;
    this.#lost = 0;
    this.#options.events.onTrouble?.({ kind: 'lost-settlements', count, reason });
  }
}
