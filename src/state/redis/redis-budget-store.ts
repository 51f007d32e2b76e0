import { randomBytes } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import type {
  BudgetStore,
  CounterState,
  LedgerLine,
  LedgerPage,
  PausedScope,
  ReserveReply,
  ReserveRequest,
  Settlement,
  SettleReply,
} from '../budget-store.ts';
import { StateUnavailable } from '../budget-store.ts';
import { checkReserve, checkSettlement } from '../local/check-numbers.ts';
import { Deliveries } from './deliveries.ts';
import { readLine } from './ledger-line.ts';
import { NotSent, type RedisLink, RedisScriptError } from './link.ts';
import { readReserveReply, reserveArguments } from './reserve-call.ts';
import { type Script, scripts } from './scripts.ts';
import { readSettleReply, settleArguments } from './settle-call.ts';
import { TenantRoll } from './tenant-roll.ts';
import type { RedisEvents } from './trouble.ts';

export interface RedisBudgetStoreOptions {
  readonly link: Pick<RedisLink, 'run' | 'call' | 'available' | 'onRecovered'>;
  /** For waits and timeouts. */
  readonly clock: Clock;
  /** The time that windows, leases and rates go by; undefined: the Redis server's, the same for all replicas. */
  readonly storeClock?: Clock | undefined;
  /** What every key begins with. */
  readonly prefix: string;
  readonly ledger: LedgerBounds;
  /** Settlements kept while Redis is away. */
  readonly queueBound?: number;
  /** How long closing waits for them to be delivered, ms. */
  readonly flushMs?: number;
  readonly events: RedisEvents;
}

/** How much of the ledger a tenant has in Redis, which keeps it in memory. */
export interface LedgerBounds {
  readonly lines: number;
  readonly ageMs: number;
}

/** As long as a settlement's mark is surely kept (lua/settle.lua), so that its absence shows it was never carried out; ms. */
const markTrustedMs = 240_000;
const cancelKeptMs = 600_000;
/** The clocks of a process and of its Redis agree better than this. */
const clocksApartMs = 300_000;
const mostHeldIds = 200_000;
const atOnce = 64;

/** Budgets in Redis: every method one script on one hash tag, so one round trip and one atomic step on one machine. */
export class RedisBudgetStore implements BudgetStore {
  readonly #link: RedisBudgetStoreOptions['link'];
  readonly #clock: Clock;
  readonly #storeClock: Clock | undefined;
  readonly #prefix: string;
  readonly #ledger: LedgerBounds;
  readonly #flushMs: number;
  readonly #deliveries: Deliveries;
  readonly #roll: TenantRoll;
  readonly #stopListening: () => void;
  /** What this process holds, to tell a hold that Redis has lost (a failover) from one that never was. */
  readonly #held = new Set<string>();
  readonly #process = randomBytes(6).toString('base64url');
  #calls = 0;

  constructor(options: RedisBudgetStoreOptions) {
    this.#link = options.link;
    this.#clock = options.clock;
    this.#storeClock = options.storeClock;
    this.#prefix = options.prefix;
    this.#ledger = options.ledger;
    this.#flushMs = options.flushMs ?? 2_000;
    this.#roll = new TenantRoll(options.link, options.clock, `${options.prefix}:tenants`);
    this.#deliveries = new Deliveries({
      clock: options.clock,
      bound: options.queueBound ?? 10_000,
      available: (key) => options.link.available(key),
      events: options.events,
    });
    this.#stopListening = options.link.onRecovered(() => void this.#deliveries.send());
  }

  /** Settlements and cancellations that Redis has still to be told. */
  get undelivered(): number {
    return this.#deliveries.size;
  }

  /**
   * A call whose answer did not come in time may still be carried out: it is taken back as soon as Redis answers again, and holds
   * nothing beyond its lease either way. @throws {StateUnavailable}
   */
  async reserve(request: ReserveRequest): Promise<ReserveReply> {
    checkReserve(request);
    this.#roll.holds(request.tenant);
    const call = `${this.#process}.${this.#calls++}`;
    let raw: unknown;
    try {
      raw = await this.#run(scripts.reserve, request.tenant, reserveArguments(request, this.#now(), call));
    } catch (error) {
      if (error instanceof StateUnavailable && !(error instanceof NotSent)) this.#cancelLater(request, call);
      throw error;
    }
    const reply = readReserveReply(request, raw);
    if (reply.kind === 'held') this.#remember(request);
    return reply;
  }

  /**
   * Never fails for Redis's sake: where it is away the settlement is kept and delivered when it is back, and the reply says `queued`.
   * Takes no longer than the command timeout.
   */
  async settle(settlement: Settlement): Promise<SettleReply> {
    checkSettlement(settlement);
    const key = this.#holdsKey(settlement.tenant);
    const known = this.#held.delete(heldName(settlement.tenant, settlement.ids[0]));
    let firstSent: number | undefined;
    const send = async (): Promise<unknown> => {
      const now = this.#clock.now();
      const fresh = known && (firstSent === undefined || now - firstSent < markTrustedMs);
      try {
        const args = settleArguments(settlement, this.#now(), fresh, this.#ledger.lines);
        return await this.#link.run(scripts.settle, key, args);
      } catch (error) {
        if (!(error instanceof NotSent)) firstSent ??= now;
        throw error;
      }
    };
    try {
      return readSettleReply(await send());
    } catch (error) {
      if (!(error instanceof StateUnavailable) || error instanceof RedisScriptError) throw error;
      this.#deliveries.add({ key, settlement: true, send });
      return { settled: true, late: false, counters: settlement.charges.map(() => undefined), queued: true };
    }
  }

  async renew(tenant: string, ids: readonly string[], leaseMs: number): Promise<void> {
    for (let at = 0; at < ids.length; at += 500) {
      await this.#run(scripts.renew, tenant, [this.#now(), leaseMs, ...ids.slice(at, at + 500)]);
    }
  }

  async reap(): Promise<number> {
    const tenants = await this.#roll.toReap();
    let freed = 0;
    for (let at = 0; at < tenants.length; at += atOnce) {
      const some = tenants.slice(at, at + atOnce);
      for (const count of await Promise.all(some.map((tenant) => this.#reapOne(tenant)))) freed += count;
    }
    return freed;
  }

  async #reapOne(tenant: string): Promise<number> {
    const reply = await this.#run(scripts.reap, tenant, [this.#now(), this.#ledger.ageMs]);
    const [freed, holding] = Array.isArray(reply) ? reply : [0, 1];
    if (holding === 0) this.#roll.isIdle(tenant);
    return Number(freed);
  }

  async pause(tenant: string, scope: string, reason: string): Promise<void> {
    await this.#run(scripts.pause, tenant, [this.#now(), scope, reason]);
  }

  async resume(tenant: string, scope: string): Promise<boolean> {
    return (await this.#link.call('hdel', this.#key(tenant, 'paused'), scope)) === 1;
  }

  async paused(tenant: string): Promise<readonly PausedScope[]> {
    const found = await this.#link.call('hgetall', this.#key(tenant, 'paused'));
    return Object.entries(found ?? {}).map(([scope, text]) => {
      const [since = '', ...reason] = String(text).split('\n');
      return { scope, reason: reason.join('\n'), since: Math.floor(Number(since)) };
    });
  }

  async counters(tenant: string, limit: number, first: readonly string[] = []): Promise<readonly CounterState[]> {
    const reply = await this.#run(scripts.listCounters, tenant, [this.#now(), limit, ...first]);
    const counters: CounterState[] = [];
    if (!Array.isArray(reply)) return counters;
    for (let at = 0; at < reply.length; at += 5) {
      counters.push({
        key: String(reply[at]),
        windowStart: Number(reply[at + 1]),
        windowEnd: reply[at + 2] === '' ? undefined : Number(reply[at + 2]),
        spent: Number(reply[at + 3]),
        held: Number(reply[at + 4]),
      });
    }
    return counters;
  }

  async rates(tenant: string, keys: readonly string[]): Promise<readonly number[]> {
    if (keys.length === 0) return [];
    const reply = await this.#run(scripts.listRates, tenant, [this.#now(), ...keys]);
    return Array.isArray(reply) ? reply.map(Number) : [];
  }

  async ledger(tenant: string, page: LedgerPage): Promise<readonly LedgerLine[]> {
    // Lines are named by the server's time; theirs is that of the process that settled.
    const since = page.since === undefined ? '-' : String(Math.max(0, Math.floor(page.since - clocksApartMs)));
    const from = page.after === undefined ? since : `(${page.after}`;
    const lines = await this.#link.call('xrange', this.#key(tenant, 'ledger'), from, '+', 'COUNT', page.limit);
    return Array.isArray(lines) ? lines.map(readLine) : [];
  }

  /** Delivers what is still waiting, for a bounded time; what remains is reported as lost. The link is closed by whoever opened it. */
  async close(): Promise<void> {
    this.#stopListening();
    await this.#deliveries.close(this.#flushMs);
  }

  #run(script: Script, tenant: string, args: readonly (string | number)[]): Promise<unknown> {
    return this.#link.run(script, this.#holdsKey(tenant), args);
  }

  #holdsKey(tenant: string): string {
    return this.#key(tenant, 'holds');
  }

  #key(tenant: string, what: string): string {
    return `${this.#prefix}:{${tenant}}:${what}`;
  }

  #now(): string {
    return this.#storeClock === undefined ? '' : String(this.#storeClock.now());
  }

  #remember({ tenant, id }: ReserveRequest): void {
    this.#held.add(heldName(tenant, id));
    // Whoever never settles must not fill the memory.
    if (this.#held.size > mostHeldIds) for (const oldest of this.#held) return void this.#held.delete(oldest);
  }

  #cancelLater({ tenant, id, rates }: ReserveRequest, call: string): void {
    const key = this.#holdsKey(tenant);
    const taken = rates.flatMap(({ key: rate, emissionMs, cost }) => [rate, emissionMs, cost]);
    this.#deliveries.add({
      key,
      settlement: false,
      send: () => this.#link.run(scripts.cancel, key, [this.#now(), id, call, cancelKeptMs, rates.length, ...taken]),
    });
  }
}

const heldName = (tenant: string, id: string): string => `${tenant}\n${id}`;
