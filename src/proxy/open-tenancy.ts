import { randomUUID } from 'node:crypto';
import type { Config } from '../config/config.ts';
import type { WebhookConfig } from '../config/tenant-config.ts';
import type { State } from '../state/open-state.ts';
import { stateEvent } from '../tenants/events/make-events.ts';
import { WebhookPoster } from '../tenants/events/webhook-poster.ts';
import { Webhooks } from '../tenants/events/webhooks.ts';
import type { Runtime } from './runtime.ts';
import { Tenancy } from './tenancy.ts';

/** How long a proxy that ends goes on delivering events, milliseconds. What is left is told in the log. */
const LAST_DELIVERIES_MS = 2_000;

/** Tenants whose past is read from a file. */
const MOST_IN_FILE = 20;

/** The tenants of a proxy, with their webhooks. */
export interface OpenTenancy {
  readonly tenancy: Tenancy;
  readonly webhooks: Webhooks;
  /** Tells the tenants' webhooks of trouble with what keeps their budgets. */
  tellOfState(turn: 'unavailable' | 'recovered'): void;
  close(): Promise<void>;
}

/** Makes the tenants of the runtime's configuration known to it. Loaded only where there are some. */
export async function openTenancy(runtime: Runtime, state: State): Promise<OpenTenancy> {
  const { clock, random, telemetry } = runtime;
  // Tells this process from its siblings for whoever reads the event; not a secret, and no address.
  const replica = `replica-${randomUUID().slice(0, 8)}`;
  const poster = new WebhookPoster(clock);
  const webhooks = new Webhooks({ clock, random, log: telemetry.log, poster, outbox: state.outbox });
  telemetry.metrics.read({ webhooks: () => webhooks.stats });
  const tenancy = new Tenancy({
    config: runtime.config,
    clock,
    budgets: state.budgets,
    keys: state.keys,
    prices: runtime.prices,
    telemetry,
    hasPast: hasPast(state.kind, runtime.config),
    chains: () => runtime.chains,
    tell: (event) => webhooks.publish(event, hooksOf(runtime.config, event.tenant)),
  });
  await tenancy.start();
  // The chains may know the models' windows now.
  runtime.chains.forget();
  runtime.tenancy = tenancy;
  void webhooks.takeUp(() => hooksOf(runtime.config, undefined));
  return {
    tenancy,
    webhooks,
    tellOfState: (turn) => {
      tenancy.tell(stateEvent(`state.${turn}`, state.kind, replica, Math.floor(clock.now())));
    },
    close: async () => {
      await tenancy.close();
      await webhooks.close(LAST_DELIVERIES_MS);
    },
  };
}

/** In a file, reading one tenant's lines looks at those of all. */
function hasPast(kind: State['kind'], { tenants }: Config): boolean {
  return kind === 'redis' || (kind === 'sqlite' && tenants.size <= MOST_IN_FILE);
}

function hooksOf({ tenants }: Config, name: string | undefined): readonly WebhookConfig[] {
  if (name !== undefined) return tenants.get(name)?.webhooks ?? [];
  return [...tenants.values()].flatMap(({ webhooks }) => webhooks);
}
