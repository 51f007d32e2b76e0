import { type Clock, type Random, systemClock } from '../../clock.ts';
import { createClient, type RedisServers } from './client.ts';
import { connectOnce, inspectServer } from './inspect.ts';
import { RedisLink } from './link.ts';
import { type LedgerBounds, RedisBudgetStore } from './redis-budget-store.ts';
import { RedisKeyStore } from './redis-key-store.ts';
import { RedisRefused } from './redis-url.ts';
import type { RedisEvents } from './trouble.ts';

export interface RedisStateOptions extends RedisServers, RedisEvents {
  /** The most a request waits for an answer, ms. */
  readonly timeout: number;
  /** Before every key. */
  readonly keyPrefix: string;
  readonly clock?: Clock;
  readonly random?: Random;
  /** The time of windows, leases and rates instead of the Redis server's: for tests. */
  readonly storeClock?: Clock;
  readonly ledger?: LedgerBounds;
  readonly queueBound?: number;
  /** How long closing may take to deliver what is waiting, ms. */
  readonly flushMs?: number;
}

/** Redis, opened. */
export interface RedisStores {
  readonly budgets: RedisBudgetStore;
  readonly keys: RedisKeyStore;
  /** For whatever else is kept in the same Redis. */
  readonly link: RedisLink;
  /** Undefined where Redis could not be reached yet: it is tried on. */
  readonly version: string | undefined;
  close(): Promise<void>;
}

const defaultLedger: LedgerBounds = { lines: 100_000, ageMs: 90 * 86_400_000 };

/**
 * Opens the stores that live in Redis. Where Redis cannot be reached now, they are opened all the same and answer
 * `StateUnavailable` until it can: a replica that starts during an outage must not make it worse.
 *
 * @throws {RedisRefused} where waiting would not help: a wrong password, too old a version, a Cluster that is not named as one
 */
export async function openRedisState(options: RedisStateOptions): Promise<RedisStores> {
  const clock = options.clock ?? systemClock;
  const { client, where } = createClient(options, options.random ?? Math.random);
  const events: RedisEvents = options;
  const link = new RedisLink({ client, clock, where, commandTimeoutMs: options.timeout, events });
  let version: string | undefined;
  try {
    const problem = await connectOnce(client, clock, where);
    if (problem === undefined) version = await inspectServer(client, options.topology.kind, where);
    else tellWhenUnusable();
  } catch (error) {
    link.close();
    throw error;
  }
  const prefix = options.keyPrefix;
  const budgets = new RedisBudgetStore({
    link,
    clock,
    storeClock: options.storeClock,
    prefix,
    ledger: options.ledger ?? defaultLedger,
    ...(options.queueBound !== undefined && { queueBound: options.queueBound }),
    ...(options.flushMs !== undefined && { flushMs: options.flushMs }),
    events,
  });
  return {
    budgets,
    keys: new RedisKeyStore(link, prefix),
    link,
    version,
    async close() {
      await budgets.close();
      link.close();
    },
  };

  /** The check that could not be made at the start is made with the first connection. */
  function tellWhenUnusable(): void {
    client.once('ready', () => {
      inspectServer(client, options.topology.kind, where).catch((error: unknown) => {
        if (!(error instanceof RedisRefused)) return;
        events.onTrouble?.({ kind: 'connection', where, reason: error.message });
      });
    });
  }
}
