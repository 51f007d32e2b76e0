/**
 * The port behind which budgets, rates and concurrency are kept: in memory, in SQLite, or in Redis. All amounts are whole numbers of
 * the counter's own unit (nano-dollars, tokens, requests) and at most `Number.MAX_SAFE_INTEGER`. Whatever is asked of one tenant
 * happens in one atomic step. What a store cannot answer in time it throws as a {@link StateUnavailable}; it never hangs.
 */
export interface BudgetStore {
  /** All of it is held, or nothing. The same id again answers as the first time and holds nothing more. */
  reserve(request: ReserveRequest): ReserveReply | Promise<ReserveReply>;
  /** Releases the holds and charges what was really used, once: a second settlement of the same id changes nothing. */
  settle(settlement: Settlement): SettleReply | Promise<SettleReply>;
  /** Prolongs the leases of requests that are still under way, from now. Ids without a hold are passed over. */
  renew(tenant: string, ids: readonly string[], leaseMs: number): void | Promise<void>;
  /** Frees what crashed processes left behind. Also done by `reserve` before it would refuse for what is held. @returns holds freed */
  reap(): number | Promise<number>;
  /** Stops a scope: every reserve that names it is refused until it is resumed. `scope` as in {@link ReserveRequest.scopes}. */
  pause(tenant: string, scope: string, reason: string): void | Promise<void>;
  /** @returns false where it was not paused */
  resume(tenant: string, scope: string): boolean | Promise<boolean>;
  paused(tenant: string): readonly PausedScope[] | Promise<readonly PausedScope[]>;
  /**
   * The counters a tenant has, at most `limit` of them: those named in `first`, then others in no order. Expired holds do not count as
   * held.
   */
  counters(
    tenant: string,
    limit: number,
    first?: readonly string[],
  ): readonly CounterState[] | Promise<readonly CounterState[]>;
  /**
   * How much is owed of rates, in the order of `keys` (as in {@link RateAsk.key}, at most 1,000): the milliseconds that the units taken still take to
   * come back. 0: the rate is whole, or was never used.
   */
  rates(tenant: string, keys: readonly string[]): readonly number[] | Promise<readonly number[]>;
  /** Settled requests of one tenant in the order they were settled. */
  ledger(tenant: string, page: LedgerPage): readonly LedgerLine[] | Promise<readonly LedgerLine[]>;
  close(): void | Promise<void>;
}

/** A part of the ledger. */
export interface LedgerPage {
  /** The `cursor` of the last line seen. */
  readonly after?: string | undefined;
  /** Clock milliseconds: lines settled before may be left out, and most are, so that not all of the ledger has to be read. */
  readonly since?: number | undefined;
  readonly limit: number;
}

/** One limit that a request must fit in. */
export interface CounterAsk {
  /** Names the counter within its tenant, printable, at most 500 bytes: `agent:coder/usd/day`. */
  readonly key: string;
  /** The most that may be spent and held together; `Number.MAX_SAFE_INTEGER` where it is only watched. */
  readonly limit: number;
  /** What the request takes at worst. */
  readonly amount: number;
  /** Where the window begins, clock milliseconds; 0: it has no beginning. A counter never goes back to an earlier window. */
  readonly windowStart: number;
  /** Where it ends (exclusive); undefined: never. */
  readonly windowEnd: number | undefined;
  /** A counter untouched for so long, milliseconds, may be forgotten (sessions, tasks); undefined: kept while its window lasts. */
  readonly forgetAfter: number | undefined;
}

/** One rate, by the generic cell rate algorithm. */
export interface RateAsk {
  readonly key: string;
  /** Milliseconds that one unit takes to come back: period / limit. */
  readonly emissionMs: number;
  /** Units that may be taken at once. */
  readonly burst: number;
  /** Units this request takes. More than `burst` can never pass. */
  readonly cost: number;
}

export interface ReserveRequest {
  /** At most 128 bytes; braces are not allowed in it (it is the hash tag of a Redis Cluster). */
  readonly tenant: string;
  /** The request's id, or that of an extension of its hold. */
  readonly id: string;
  readonly leaseMs: number;
  /** Scopes that may be paused: `tenant`, `agent:coder`, `session:s1`. */
  readonly scopes: readonly string[];
  readonly counters: readonly CounterAsk[];
  readonly rates: readonly RateAsk[];
}

export type ReserveReply =
  /**
   * Held. `counters` as they are now, in the order asked. `degraded`: the store was away and the policy let the request pass; nothing
   * is held, the levels are not known (zeros), and the settlement must say `held: false`.
   */
  | { readonly kind: 'held'; readonly now: number; readonly counters: readonly Level[]; readonly degraded?: true }
  /** Nothing is held. Every reason, in the order asked: paused scopes, counters, rates. */
  | { readonly kind: 'refused'; readonly now: number; readonly by: readonly [Refusal, ...Refusal[]] }
  /** The store's own time lies outside a window asked for: ask again with windows around `now`. Nothing is held. */
  | { readonly kind: 'stale-window'; readonly now: number };

export type Refusal =
  | { readonly kind: 'paused'; readonly scope: string; readonly reason: string }
  | { readonly kind: 'counter'; readonly index: number; readonly level: Level }
  /** `retryAfterMs` undefined: the request is larger than the burst and can never pass. */
  | { readonly kind: 'rate'; readonly index: number; readonly retryAfterMs: number | undefined };

/** What a counter holds within its current window. */
export interface Level {
  readonly spent: number;
  readonly held: number;
}

export interface Charge {
  readonly key: string;
  /** As it was reserved: a request is charged to the window it began in. Of an older window than the counter's, only the ledger knows. */
  readonly windowStart: number;
  readonly windowEnd: number | undefined;
  readonly forgetAfter: number | undefined;
  /** What was really used. More than was held is still charged. */
  readonly amount: number;
}

export interface Settlement {
  readonly tenant: string;
  /** The id reserved first, then those of its extensions: all are released; charged once, for the first. */
  readonly ids: readonly [string, ...string[]];
  /** False where the reserve's outcome is not known or it was never made (the store was away): charged all the same, once. */
  readonly held: boolean;
  readonly charges: readonly Charge[];
  /** Units of rates taken too many. */
  readonly refunds: readonly { readonly key: string; readonly emissionMs: number; readonly units: number }[];
  /** Undefined: the request was given up before anything was used. */
  readonly entry: LedgerEntry | undefined;
}

export interface SettleReply {
  /** False: it was settled before; nothing has changed. */
  readonly settled: boolean;
  /** True where a lease had run out before: the amount held had been freed, so that a limit may be exceeded by what was charged. */
  readonly late: boolean;
  /** Before and after, in the order of `charges`; empty where nothing has changed. Undefined where the window is gone. */
  readonly counters: readonly (
    | { readonly before: number; readonly after: number; readonly held: number }
    | undefined
  )[];
  /** The store was away: it will be settled when it is back, and no level is known yet (`counters` are undefined). */
  readonly queued?: true;
}

export interface PausedScope {
  readonly scope: string;
  readonly reason: string;
  /** Clock milliseconds. */
  readonly since: number;
}

export interface CounterState extends Level {
  readonly key: string;
  readonly windowStart: number;
  readonly windowEnd: number | undefined;
}

/** One settled request. Holds no text of prompt or answer. */
export interface LedgerEntry {
  readonly id: string;
  /** Clock milliseconds of the settlement. */
  readonly at: number;
  readonly tenant: string;
  readonly agent: string | undefined;
  readonly user: string | undefined;
  readonly session: string | undefined;
  readonly task: string | undefined;
  /** Id of the client key. */
  readonly key: string | undefined;
  readonly endpoint: string;
  /** As the client asked. */
  readonly model: string;
  /** `provider/model` that answered. */
  readonly target: string | undefined;
  readonly status: string;
  /** Tries that cost something. */
  readonly billedTries: number;
  readonly inputTokens: number;
  readonly cachedTokens: number;
  readonly cacheWriteTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens: number;
  /** Nano-dollars. */
  readonly cost: number;
  /** Nano-dollars not spent thanks to a cache or a cheaper model. */
  readonly saved: number;
  /** Part of the tokens was not reported by the provider but counted here. */
  readonly estimated: boolean;
}

export interface LedgerLine extends LedgerEntry {
  /** Where to go on reading after this line. */
  readonly cursor: string;
}

/** The store did not answer in time, or not at all. */
export class StateUnavailable extends Error {
  override readonly name = 'StateUnavailable';
  readonly code = 'state_unavailable';
}
