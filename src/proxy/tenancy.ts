import type { IncomingHttpHeaders } from 'node:http';
import type { Clock, Timer } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { DEFAULT_LEASE } from '../config/state-schema.ts';
import { TokenCounter } from '../context/token-counter.ts';
import type { ReportedTokens } from '../dialects/reported-tokens.ts';
import type { Failure } from '../failures/failure.ts';
import { isRecord } from '../failures/json-record.ts';
import { ownFailure } from '../failures/own-errors.ts';
import { costOf } from '../prices/cost.ts';
import type { PriceBook } from '../prices/price-book.ts';
import { Roster } from '../roster.ts';
import type { BudgetStore, Level, Refusal, ReserveReply, Settlement, SettleReply } from '../state/budget-store.ts';
import type { KeyStore } from '../state/key-store.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { KeySource } from '../tenants/client-key.ts';
import type { BudgetEvent } from '../tenants/events/budget-event.ts';
import {
  type BudgetSeen,
  budgetExhausted,
  budgetWarning,
  crossesWarning,
  loopDetected,
  moneyEvent,
  scopePaused,
} from '../tenants/events/make-events.ts';
import { callsOfAnswer } from '../tenants/guard/calls-of-answer.ts';
import { LoopGuard } from '../tenants/guard/loop-guard.ts';
import { type Identity, identify } from '../tenants/identify.ts';
import { KeyDirectory } from '../tenants/key-directory.ts';
import type { Asked, CounterRule } from '../tenants/limits.ts';
import { isModelAllowed, isNameAllowed, modelNameFor, modelNotAllowed } from '../tenants/models-allowed.ts';
import { MoneyWatch } from '../tenants/money-circuit/money-watch.ts';
import type { SettledCounter } from '../tenants/money-circuit/settled.ts';
import { authorizationToPassOn } from '../tenants/pass-on.ts';
import { PauseView } from '../tenants/pause-view.ts';
import { TenantRegistry } from '../tenants/registry.ts';
import { settingsFor } from '../tenants/settings-for.ts';
import type { Account } from './account.ts';
import type { Chain, Chains } from './chain.ts';
import type { Exchange } from './exchange.ts';

/** Leases are prolonged, and those of dead processes looked for, so often in the time of one: two may fail before it runs out. */
const RENEWALS = 3;
/** A pause must not hide behind a lost alert: the reason is logged as well. */
const MONEY_PAUSE = 'the money circuit: ';

export interface TenancyOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly budgets: BudgetStore;
  readonly keys: KeyStore;
  readonly prices: PriceBook;
  readonly telemetry: Telemetry;
  /** Whether what tenants spent before this process is in the ledger, and can be read one tenant at a time. */
  readonly hasPast: boolean;
  /** The chains in force now. */
  readonly chains: () => Chains;
  /** Takes every event, to bring it to the tenants' webhooks. */
  readonly tell: (event: BudgetEvent) => void;
}

/** All that requests of tenants share: who they are, what they may spend, what watches over them. */
export class Tenancy {
  readonly clock: Clock;
  /** How long a hold outlives this process, milliseconds. */
  readonly leaseMs: number;
  readonly budgets: BudgetStore;
  readonly keys: KeyStore;
  readonly prices: PriceBook;
  readonly directory: KeyDirectory;
  readonly counter: TokenCounter;
  readonly pauses: PauseView;
  readonly #telemetry: Telemetry;
  readonly #chains: () => Chains;
  readonly #tell: (event: BudgetEvent) => void;
  readonly #guard = new LoopGuard();
  readonly #money: MoneyWatch;
  /** Accounts with a hold, by tenant: their leases are prolonged while they last. */
  readonly #holding = new Map<string, Roster<Account>>();
  readonly #settling = new Set<Promise<void>>();
  #registry: TenantRegistry;
  #timer: Timer | undefined;

  constructor(options: TenancyOptions) {
    const { config, clock, keys, telemetry } = options;
    this.clock = clock;
    this.leaseMs = config.state.kind === 'redis' ? config.state.lease : DEFAULT_LEASE;
    this.budgets = options.budgets;
    this.keys = keys;
    this.prices = options.prices;
    this.counter = new TokenCounter({ clock });
    this.pauses = new PauseView(options.budgets, clock);
    this.#telemetry = telemetry;
    this.#chains = options.chains;
    this.#tell = options.tell;
    this.#registry = new TenantRegistry(config.tenants);
    this.#money = new MoneyWatch({
      clock,
      past: options.hasPast ? options.budgets : undefined,
      onTrouble: (tenant, error) =>
        telemetry.notice(`what ${tenant} spent before is not known to the money circuit: ${messageOf(error)}`),
    });
    this.directory = new KeyDirectory({
      tenants: config.tenants,
      store: keys,
      clock,
      onTrouble: (error) => telemetry.notice(`client keys cannot be read, those known stay good: ${messageOf(error)}`),
      onRecovered: () => telemetry.notice('client keys can be read again'),
    });
  }

  /** Reads the keys, loads the prices, begins to prolong leases. Never fails: what is missing is told. */
  async start(): Promise<void> {
    await Promise.all([
      this.directory.start(),
      this.prices.load().catch((error: unknown) => {
        this.#telemetry.notice(`the price list could not be loaded, only configured prices hold: ${messageOf(error)}`);
      }),
    ]);
    this.#wait();
  }

  configure(config: Config): void {
    this.#registry = new TenantRegistry(config.tenants);
    this.directory.configure(config.tenants);
  }

  identify(headers: IncomingHttpHeaders): Identity | Failure {
    return identify(headers, this.directory, this.#registry);
  }

  /** The chain for the model a client asks for, with its agent's settings; or why it may not have it. */
  findChain(identity: Identity, asked: string): ReturnType<Chains['find']> | Failure {
    const chains = this.#chains();
    const chain = chains.find(modelNameFor(identity.policy, asked));
    if ('error' in chain) return chain;
    if (!isModelAllowed(identity.policy, chain.model, chains.config.models))
      return modelNotAllowed(identity.policy, asked);
    return withSettings(chain, identity);
  }

  /** What of a request's own keys a provider without a key of ours may see. */
  authorizationOf(headers: IncomingHttpHeaders, source: KeySource | undefined): string | undefined {
    return authorizationToPassOn(headers, source, this.directory);
  }

  /** Whether the key may ask for the model of that name. */
  allows({ policy }: Identity, name: string): boolean {
    const chains = this.#chains();
    const { models, routing } = chains.config;
    const routed = routing.models.get(name);
    if (routed !== undefined)
      return isNameAllowed(policy, name) && routed.tiers.some(({ model }) => isNameAllowed(policy, model));
    const chain = chains.find(name);
    return !('error' in chain) && isModelAllowed(policy, chain.model, models);
  }

  /** A chain the operator named. */
  chainFor(identity: Identity, name: string): Chain | undefined {
    const chain = this.#chains().find(name);
    return 'error' in chain ? undefined : withSettings(chain, identity);
  }

  /** Nano-dollars; undefined: the price is not known. @param at clock milliseconds: when the call began */
  costOf(rung: Exchange['chain']['rungs'][number], tokens: ReportedTokens, at: number): number | undefined {
    const price = this.prices.price(rung.provider, rung.target, at);
    return price === undefined ? undefined : costOf(price, tokens);
  }

  /** Looks for an agent that turns in circles. @returns why the request is refused, where it is */
  checkLoop(exchange: Exchange): Failure | undefined {
    const { account, call, endpoint } = exchange;
    if (account === undefined) return undefined;
    const { tenant, policy, agent, session, task, names } = account.identity;
    if (policy.guard.action === 'off') return undefined;
    const verdict = this.#guard.check(endpoint, call, { tenant: tenant.name, agent, session, task }, policy.guard);
    if (verdict.kind === 'ok') return undefined;
    const blocked = policy.guard.action === 'block';
    this.tell(loopDetected({ tenant: tenant.name, ...names, ...verdict, blocked }, this.clock.now()));
    if (blocked) return ownFailure('loop_detected', verdict.message);
    account.loop = verdict.cause;
    return undefined;
  }

  /** An answer whose calls the next request may not bring along: a client that lets its provider keep the past. */
  heard({ account, endpoint }: Exchange, answer: unknown): void {
    if (account === undefined || endpoint !== 'responses' || !isRecord(answer)) return;
    const { tenant, policy, agent, session, task } = account.identity;
    if (policy.guard.action === 'off' || session === undefined) return;
    this.#guard.answered({ tenant: tenant.name, agent, session, task }, callsOfAnswer(endpoint, answer));
  }

  /** A hold was made: its lease is kept up until it is settled. */
  reserved(account: Account, asked: Asked, reply: Extract<ReserveReply, { kind: 'held' }>): void {
    const { tenant, policy } = account.identity;
    let holding = this.#holding.get(tenant.name);
    if (holding === undefined) {
      holding = new Roster();
      this.#holding.set(tenant.name, holding);
    }
    holding.add(account);
    for (let index = 0; index < reply.counters.length; index++) {
      const level = reply.counters[index];
      const rule = asked.counterRules[index];
      const counter = asked.counters[index];
      if (level === undefined || rule === undefined || counter === undefined || rule.unit === 'concurrency') continue;
      if (level.spent < rule.limit * policy.warnAt) continue;
      account.warnings.push(
        `${scopeOf(counter.key, rule)} ${Math.floor((level.spent / rule.limit) * 100)}% of ${rule.unit}/${rule.per}`,
      );
    }
  }

  /** A request was refused by limits: told once for each budget and window. */
  refused(identity: Identity, asked: Asked, by: readonly Refusal[], failure: Failure): void {
    this.#telemetry.limited(failure.code ?? 'own_limit');
    for (const refusal of by) {
      if (refusal.kind !== 'counter') continue;
      const seen = seenAt(identity.tenant.name, asked, refusal.index, refusal.level);
      if (seen !== undefined) this.tell(budgetExhausted(seen, this.clock.now()));
    }
  }

  /** An act of the proxy's own that changed what a request gets. */
  decided(exchange: Exchange, what: 'downgrade' | 'clamp', why: string): void {
    const { identity } = exchange.account ?? {};
    this.#telemetry.decided(what, { id: exchange.id, tenant: identity?.tenant.name, agent: identity?.agent, why });
  }

  /** Charges what was used and releases what was held, once. Never throws, never waits on the request's way. */
  settle(account: Account, settlement: Settlement): void {
    const { tenant } = account.identity;
    this.#holding.get(tenant.name)?.delete(account);
    try {
      const reply = this.budgets.settle(settlement);
      if (!(reply instanceof Promise)) {
        this.#settled(account, settlement, reply);
        return;
      }
      const done: Promise<void> = reply
        .then(
          (settled) => this.#settled(account, settlement, settled),
          (error: unknown) => this.#telemetry.settlementLost(settlement.ids[0], messageOf(error)),
        )
        .finally(() => this.#settling.delete(done));
      this.#settling.add(done);
    } catch (error) {
      this.#telemetry.settlementLost(settlement.ids[0], messageOf(error));
    }
  }

  /** The store did not answer; whoever watches it has logged why. */
  unavailable(): void {
    this.#telemetry.stateUnavailable();
  }

  tell(event: BudgetEvent): void {
    this.#tell(event);
  }

  /** Stops a scope until somebody resumes it. */
  async pause(tenant: string, scope: string, reason: string): Promise<void> {
    await this.budgets.pause(tenant, scope, reason);
    this.pauses.forget(tenant);
    this.tell(scopePaused(tenant, scope, reason, Math.floor(this.clock.now())));
  }

  async close(): Promise<void> {
    this.clock.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.directory.close();
    await Promise.all([...this.#settling]);
    await this.#money.close();
    await this.counter.close();
  }

  #settled(account: Account, { charges, entry }: Settlement, reply: SettleReply): void {
    const { identity, asked } = account;
    if (!reply.settled || entry === undefined || asked === undefined) return;
    const tenant = identity.tenant;
    const counters: SettledCounter[] = [];
    let at = 0;
    for (let index = 0; index < charges.length; index++) {
      const key = charges[index]?.key;
      // Charges leave out the limits of requests at once, and keep the order of all others.
      while (at < asked.counters.length && asked.counters[at]?.key !== key) at++;
      const level = reply.counters[index];
      const rule = asked.counterRules[at];
      if (key === undefined || level === undefined || rule === undefined) continue;
      const crosses = crossesWarning(level, rule.limit, identity.policy.warnAt);
      if (!crosses && rule.per !== 'day') continue;
      const seen = seenAt(tenant.name, asked, at, { spent: level.after, held: level.held });
      if (seen === undefined) continue;
      if (crosses) this.tell(budgetWarning(seen, entry.at));
      counters.push({ ...seen, key });
    }
    const { action, spike, endsWithin } = tenant.moneyCircuit;
    if (action === 'off') return;
    const { agent, session, task } = identity.names;
    const settled = { tenant: tenant.name, agent, session, task, cost: entry.cost, at: entry.at, counters };
    this.#money.settled(tenant, settled, { spike, endsWithin }, (alert) => {
      const pauses = action === 'pause';
      this.tell(moneyEvent(alert, pauses, entry.at));
      if (pauses) this.#stop(tenant.name, alert.scope, MONEY_PAUSE + alert.text);
    });
  }

  #stop(tenant: string, scope: string, reason: string): void {
    this.pause(tenant, scope, reason).catch((error: unknown) => {
      this.#telemetry.notice(`${scope} of tenant ${tenant} could not be paused: ${messageOf(error)}`);
    });
  }

  #wait(): void {
    this.#timer = this.clock.setTimeout(() => {
      this.#renew().catch((error: unknown) => {
        this.#telemetry.notice(`holds could not be prolonged: ${messageOf(error)}`);
      });
      this.#wait();
    }, this.leaseMs / RENEWALS);
    this.#timer.unref?.();
  }

  async #renew(): Promise<void> {
    for (const [tenant, accounts] of this.#holding) {
      if (accounts.size === 0) this.#holding.delete(tenant);
      else
        await this.budgets.renew(
          tenant,
          accounts.list().flatMap(({ holds }) => holds),
          this.leaseMs,
        );
    }
    await this.budgets.reap();
  }
}

/** Chains with an agent's settings, made once for each pair of chain and policy. */
const adjusted = new WeakMap<Chain, WeakMap<Identity['policy'], Chain>>();

function withSettings(chain: Chain, { policy }: Identity): Chain {
  if (policy.settings === undefined) return chain;
  let chains = adjusted.get(chain);
  if (chains === undefined) {
    chains = new WeakMap();
    adjusted.set(chain, chains);
  }
  let made = chains.get(policy);
  if (made === undefined) {
    made = { ...chain, model: settingsFor(chain.model, policy) };
    chains.set(policy, made);
  }
  return made;
}

/** A counter as somebody saw it; undefined where it is none of a budget. */
function seenAt(tenant: string, asked: Asked, index: number, { spent, held }: Level): BudgetSeen | undefined {
  const rule = asked.counterRules[index];
  const counter = asked.counters[index];
  if (rule?.per === undefined || counter === undefined || rule.unit === 'concurrency') return undefined;
  const { key, windowStart, windowEnd } = counter;
  const { unit, per, limit } = rule;
  return { tenant, scope: scopeOf(key, rule), counter: key, unit, per, limit, spent, held, windowStart, windowEnd };
}

/** `agent:a/session:s/usd/session` is the budget of `session:s`. Names in keys have no slash. */
function scopeOf(key: string, { suffix }: CounterRule): string {
  const end = key.length - suffix.length;
  return key.slice(key.lastIndexOf('/', end - 1) + 1, end);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
