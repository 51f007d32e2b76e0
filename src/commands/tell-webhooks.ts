import type { Clock, Random } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { BudgetEvent } from '../tenants/events/budget-event.ts';
import type { Webhooks } from '../tenants/events/webhooks.ts';

/** How long a command waits for webhooks to take its events, milliseconds. */
const LAST_DELIVERIES_MS = 5_000;

/** Brings what a command did to the tenants' webhooks: the proxy beside it cannot, it only sees the state change. */
export class CommandEvents {
  readonly #config: Config;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #warn: (text: string) => void;
  readonly #events: BudgetEvent[] = [];

  constructor(options: { config: Config; clock: Clock; random: Random; warn: (text: string) => void }) {
    this.#config = options.config;
    this.#clock = options.clock;
    this.#random = options.random;
    this.#warn = options.warn;
  }

  tell(event: BudgetEvent): void {
    this.#events.push(event);
  }

  /** Delivers them, for a bounded time. */
  async close(): Promise<void> {
    const told = this.#events.filter(({ tenant }) => this.#hooks(tenant).length > 0);
    if (told.length === 0) return;
    const webhooks = await this.#open();
    for (const event of told) webhooks.publish(event, this.#hooks(event.tenant));
    await webhooks.close(LAST_DELIVERIES_MS);
  }

  #hooks(tenant: string | undefined) {
    return tenant === undefined ? [] : (this.#config.tenants.get(tenant)?.webhooks ?? []);
  }

  async #open(): Promise<Webhooks> {
    const [{ Webhooks }, { WebhookPoster }, { MemoryOutbox }] = await Promise.all([
      import('../tenants/events/webhooks.ts'),
      import('../tenants/events/webhook-poster.ts'),
      import('../state/local/memory-outbox.ts'),
    ]);
    const clock = this.#clock;
    // The events themselves are no news to whoever gave the command; a delivery that failed is.
    const isEvent = (fields: object) => 'scope' in fields;
    const log = {
      info: () => undefined,
      warn: (fields: object, message: string) => {
        if (!isEvent(fields)) this.#warn(message);
      },
    };
    return new Webhooks({
      clock,
      random: this.#random,
      log,
      poster: new WebhookPoster(clock),
      outbox: new MemoryOutbox(),
    });
  }
}
