/** What went wrong with Redis, for a log line and a metric. Texts hold hosts and ports, never credentials. */
export type RedisTrouble =
  /** Commands to it fail at once from now on, until {@link RedisRecovery}. `where`: a server, or one node of a Cluster. */
  | { readonly kind: 'unavailable'; readonly where: string; readonly reason: string }
  /** The connection failed; retried by itself. */
  | { readonly kind: 'connection'; readonly where: string; readonly reason: string }
  /** Redis answered a script with an error that no waiting mends: a bug, or missing permissions. */
  | { readonly kind: 'script'; readonly where: string; readonly reason: string }
  /** Settlements that will never reach Redis: what they charged is missing in counters and ledger. */
  | { readonly kind: 'lost-settlements'; readonly count: number; readonly reason: string };

export interface RedisRecovery {
  readonly where: string;
  readonly downMs: number;
}

export interface RedisEvents {
  onTrouble?(trouble: RedisTrouble): void;
  onRecovered?(recovery: RedisRecovery): void;
}

const transientReplies = [
  'READONLY',
  'LOADING',
  'MASTERDOWN',
  'CLUSTERDOWN',
  'TRYAGAIN',
  'MOVED',
  'ASK',
  'NOREPLICAS',
  'MISCONF',
  'OOM',
  'BUSY',
  'NOAUTH',
  'WRONGPASS',
  'UNBLOCKED',
] as const;

/** Whether an error is one of Redis's state rather than of the command: waiting mends it, or an operator does. */
export function isTransient(error: Error): boolean {
  if (error.name !== 'ReplyError') return true;
  // Errors inside a script keep their code, some versions with a minus sign before it.
  const code = error.message.replace(/^-/, '').split(' ', 1)[0];
  return transientReplies.some((known) => known === code);
}
