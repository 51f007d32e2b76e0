import type { Clock } from '../../clock.ts';
import {
  type BudgetStore,
  type CounterState,
  type LedgerLine,
  type LedgerPage,
  type PausedScope,
  type ReserveReply,
  type ReserveRequest,
  type Settlement,
  type SettleReply,
  StateUnavailable,
} from '../budget-store.ts';
import { FallbackRates } from './fallback-rates.ts';

export interface GuardOptions {
  readonly clock: Clock;
  readonly whenUnavailable: 'block' | 'allow';
  /** Processes that share the store. */
  readonly replicas: number;
  /** A request that passed by the policy alone. */
  onDegraded?(tenant: string): void;
}

const mostPauses = 1_000;

/**
 * What happens to requests while the shared store is away. `block`: one with a budget fails as the store did. `allow`, or where there
 * are only rates: it passes within this process's part of the rates, and the reply says `degraded`. Scopes that this process
 * knows to be paused stay paused.
 */
export class GuardedBudgetStore implements BudgetStore {
  readonly #store: BudgetStore;
  readonly #options: GuardOptions;
  readonly #rates: FallbackRates;
  readonly #pauses = new Map<string, string>();

  constructor(store: BudgetStore, options: GuardOptions) {
    this.#store = store;
    this.#options = options;
    this.#rates = new FallbackRates(options.clock, options.replicas);
  }

  async reserve(request: ReserveRequest): Promise<ReserveReply> {
    try {
      const reply = await this.#store.reserve(request);
      this.#learnPauses(request, reply);
      return reply;
    } catch (error) {
      if (!(error instanceof StateUnavailable) || this.#mustBlock(request)) throw error;
      return this.#reserveAlone(request);
    }
  }

  settle(settlement: Settlement): SettleReply | Promise<SettleReply> {
    return this.#store.settle(settlement);
  }

  renew(tenant: string, ids: readonly string[], leaseMs: number): void | Promise<void> {
    return this.#store.renew(tenant, ids, leaseMs);
  }

  reap(): number | Promise<number> {
    return this.#store.reap();
  }

  async pause(tenant: string, scope: string, reason: string): Promise<void> {
    await this.#store.pause(tenant, scope, reason);
    this.#rememberPause(tenant, scope, reason);
  }

  async resume(tenant: string, scope: string): Promise<boolean> {
    const was = await this.#store.resume(tenant, scope);
    this.#pauses.delete(pauseName(tenant, scope));
    return was;
  }

  paused(tenant: string): readonly PausedScope[] | Promise<readonly PausedScope[]> {
    return this.#store.paused(tenant);
  }

  counters(
    tenant: string,
    limit: number,
    first?: readonly string[],
  ): readonly CounterState[] | Promise<readonly CounterState[]> {
    return this.#store.counters(tenant, limit, first);
  }

  rates(tenant: string, keys: readonly string[]): readonly number[] | Promise<readonly number[]> {
    return this.#store.rates(tenant, keys);
  }

  ledger(tenant: string, page: LedgerPage): readonly LedgerLine[] | Promise<readonly LedgerLine[]> {
    return this.#store.ledger(tenant, page);
  }

  close(): void | Promise<void> {
    return this.#store.close();
  }

  /** A counter without a limit only watches: nothing can be overspent there. */
  #mustBlock({ counters }: ReserveRequest): boolean {
    return this.#options.whenUnavailable === 'block' && counters.some(({ limit }) => limit < Number.MAX_SAFE_INTEGER);
  }

  #reserveAlone({ tenant, scopes, counters, rates }: ReserveRequest): ReserveReply {
    const now = this.#options.clock.now();
    for (const scope of scopes) {
      const reason = this.#pauses.get(pauseName(tenant, scope));
      if (reason !== undefined) return { kind: 'refused', now, by: [{ kind: 'paused', scope, reason }] };
    }
    const by = this.#rates.take(tenant, rates);
    if (by) return { kind: 'refused', now, by };
    this.#options.onDegraded?.(tenant);
    return { kind: 'held', now, counters: counters.map(() => ({ spent: 0, held: 0 })), degraded: true };
  }

  #learnPauses({ tenant, scopes }: ReserveRequest, reply: ReserveReply): void {
    if (reply.kind === 'refused') {
      for (const by of reply.by) if (by.kind === 'paused') this.#rememberPause(tenant, by.scope, by.reason);
    } else if (reply.kind === 'held' && this.#pauses.size > 0) {
      // Resumed elsewhere: it would have been refused.
      for (const scope of scopes) this.#pauses.delete(pauseName(tenant, scope));
    }
  }

  #rememberPause(tenant: string, scope: string, reason: string): void {
    if (this.#pauses.size < mostPauses) this.#pauses.set(pauseName(tenant, scope), reason);
  }
}

const pauseName = (tenant: string, scope: string): string => `${tenant}\n${scope}`;
