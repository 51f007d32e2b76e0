import type { Clock, Random } from '../clock.ts';
import type { RedisState, StateConfig } from '../config/state-config.ts';
import type { BudgetStore } from './budget-store.ts';
import type { CircuitBoard } from './circuit-board.ts';
import type { KeyStore } from './key-store.ts';
import type { Outbox } from './outbox.ts';
import type { RedisLink } from './redis/link.ts';

/** So long a settlement waits for others to be written with it, milliseconds: a commit costs as much as ten rows. */
const WRITTEN_TOGETHER_MS = 5;

/** Everything that outlives a request, or is shared with other replicas. */
export interface State {
  /** `memory`, `sqlite` or `redis`. */
  readonly kind: StateConfig['kind'];
  readonly budgets: BudgetStore;
  readonly keys: KeyStore;
  /** Undefined: there are no other replicas to tell of circuits. */
  readonly circuits: CircuitBoard | undefined;
  /** Events that webhooks have not taken. */
  readonly outbox: Outbox;
  /** For what else is kept in the same Redis; undefined: the state is not in one. */
  readonly redis?: { readonly link: RedisLink; readonly prefix: string };
  close(): void | Promise<void>;
}

export interface StateOptions {
  readonly clock: Clock;
  readonly random: Random;
  /**
   * Something to be told of the store, for the log. Names hosts and files, holds no credentials.
   *
   * @param turn the store cannot be used from now on, or can again; undefined: neither
   */
  onNotice(text: string, turn?: 'unavailable' | 'recovered'): void;
  /** A request passed by policy though the store was away. */
  onDegraded(): void;
}

/**
 * Opens what the configuration names. Only that is loaded: who keeps no budgets pays for no database.
 *
 * @throws {StateFileError | RedisRefused} where waiting would not help
 */
export async function openState(config: StateConfig, options: StateOptions): Promise<State> {
  switch (config.kind) {
    case 'memory': {
      const [{ openMemoryStore }, { MemoryOutbox }] = await Promise.all([
        import('./local/memory-store.ts'),
        import('./local/memory-outbox.ts'),
      ]);
      return { kind: 'memory', ...openMemoryStore(options), outbox: new MemoryOutbox(), circuits: undefined };
    }
    case 'sqlite': {
      const { openSqliteStore } = await import('./local/sqlite-store.ts');
      const store = openSqliteStore({
        dir: config.dir,
        clock: options.clock,
        schedule: (write) => void setTimeout(write, WRITTEN_TOGETHER_MS),
        onTrouble: (trouble) => {
          if (trouble.kind === 'recovered') {
            options.onNotice(`${trouble.file} can be written again`, 'recovered');
            return;
          }
          const cause = 'error' in trouble ? `: ${messageOf(trouble.error)}` : '';
          options.onNotice(
            `${trouble.file}: ${trouble.kind}, ${trouble.waiting} settlements wait${cause}`,
            'unavailable',
          );
        },
      });
      const { budgets, keys, outbox, close } = store;
      return { kind: 'sqlite', budgets, keys, outbox, circuits: undefined, close };
    }
    case 'redis':
      return openRedis(config, options);
  }
}

async function openRedis(config: RedisState, options: StateOptions): Promise<State> {
  const [{ openRedisState }, { GuardedBudgetStore }, { RedisCircuitBoard }, { RedisOutbox }] = await Promise.all([
    import('./redis/open-redis.ts'),
    import('./redis/guarded-budget-store.ts'),
    import('./redis/circuit-board.ts'),
    import('./redis/redis-outbox.ts'),
  ]);
  const { clock, random } = options;
  const { urls, topology, timeout, keyPrefix, replicas, whenUnavailable } = config;
  const stores = await openRedisState({
    urls,
    topology,
    timeout,
    keyPrefix,
    clock,
    random,
    onTrouble: (trouble) => {
      const what =
        trouble.kind === 'lost-settlements'
          ? `${trouble.count} settlements lost`
          : `Redis at ${trouble.where}: ${trouble.kind}`;
      options.onNotice(`${what}: ${trouble.reason}`, trouble.kind === 'unavailable' ? 'unavailable' : undefined);
    },
    onRecovered: ({ where, downMs }) =>
      options.onNotice(`Redis at ${where} is back after ${Math.round(downMs)} ms`, 'recovered'),
  });
  const budgets = new GuardedBudgetStore(stores.budgets, {
    clock,
    whenUnavailable,
    replicas,
    onDegraded: () => options.onDegraded(),
  });
  return {
    kind: 'redis',
    budgets,
    keys: stores.keys,
    outbox: new RedisOutbox(stores.link, clock, keyPrefix),
    circuits: new RedisCircuitBoard(stores.link, keyPrefix),
    redis: { link: stores.link, prefix: keyPrefix },
    close: () => stores.close(),
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
