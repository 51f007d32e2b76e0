/** Where budgets, rates, keys and the ledger are kept. */
export type StateConfig = MemoryState | SqliteState | RedisState;

/** In this process: gone when it ends. For tests and for trying things out. */
export interface MemoryState {
  readonly kind: 'memory';
}

export interface SqliteState {
  readonly kind: 'sqlite';
  /** Directory of the database, as written; a relative one is below the working directory. Made where it is missing. */
  readonly dir: string;
}

export interface RedisState {
  readonly kind: 'redis';
  /** `redis://` or `rediss://`, never empty; nodes to begin with of a cluster, or sentinels. Not enumerable: they may hold a password. */
  readonly urls: readonly string[];
  readonly topology: RedisTopology;
  /** The most a request waits for an answer, milliseconds. */
  readonly timeout: number;
  /** Processes that share it: without Redis each keeps to its part of a rate. */
  readonly replicas: number;
  /** How long a hold outlives the process that made it, milliseconds. */
  readonly lease: number;
  /** What happens to requests under a budget while Redis is away. */
  readonly whenUnavailable: 'block' | 'allow';
  /** Before every key. No braces in it. */
  readonly keyPrefix: string;
}

export type RedisTopology =
  | { readonly kind: 'standalone' }
  | { readonly kind: 'cluster' }
  /** `master`: the name under which the sentinels know it. */
  | { readonly kind: 'sentinel'; readonly master: string };
