import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import type { PinStore } from '../routing/policy/pins/pin-store.ts';
import type { State } from '../state/open-state.ts';
import type { Runtime } from './runtime.ts';

/** Which model conversations are with, in the directory of the state. */
const FILE = 'pins.db';

/**
 * Keeps with the state which model routed conversations are with, once a policy pins them: another replica, or the next process, goes on with the
 * same. Where there is no state they are in memory. Never fails.
 */
export async function holdPins(runtime: Runtime, state: State | undefined): Promise<void> {
  const { config, routePins, telemetry } = runtime;
  if (state === undefined || routePins.kept || !pins(config)) return;
  try {
    const store = await openStore(runtime, state);
    if (store !== undefined) routePins.keepIn(store);
  } catch (error) {
    telemetry.notice(
      `conversations are pinned in memory only: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function pins({ routing }: Config): boolean {
  return [...routing.policies.values()].some(({ pin, tiers }) => pin && tiers.length > 1);
}

async function openStore({ config, clock, telemetry }: Runtime, state: State): Promise<PinStore | undefined> {
  if (state.redis !== undefined) {
    const { RedisPinStore } = await import('../routing/policy/pins/redis-pins.ts');
    return new RedisPinStore(state.redis.link, clock, state.redis.prefix);
  }
  if (config.state.kind !== 'sqlite') return undefined;
  const { SqlitePinStore } = await import('../routing/policy/pins/sqlite-pins.ts');
  const onTrouble = (reason: string) => telemetry.pinsTrouble(reason, clock.now());
  return new SqlitePinStore(join(config.state.dir, FILE), clock, onTrouble);
}
