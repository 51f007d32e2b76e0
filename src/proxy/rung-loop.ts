import pRetry from 'p-retry';
import { BACKOFF_CAP, fullJitter, THROTTLED_BASE, TRANSIENT_BASE } from '../breakers/backoff.ts';
import type { Outcome } from '../breakers/circuit.ts';
import type { Key, KeyRing, RestReason } from '../breakers/key-ring.ts';
import type { Cancellation } from '../cancellation.ts';
import { toMicroseconds } from '../clock.ts';
import type { TryOutcome } from '../failures/attempt-summary.ts';
import { type Failure, type FailureClass, UpstreamFailure } from '../failures/failure.ts';
import { FAILURE_TABLE, SHORT_WAIT_MS } from '../failures/table.ts';
import { upstreamHeaders } from '../providers/headers.ts';
import type { Rung } from './chain.ts';
import { clientAuthorization } from './client-authorization.ts';
import { DIVERGED } from './delivered-text.ts';
import type { Exchange } from './exchange.ts';
import type { Runtime } from './runtime.ts';
import { TryLease } from './try-lease.ts';
import { wait } from './wait.ts';

/** How long a key that was refused rests, where the provider does not say. */
const AUTH_QUARANTINE_MS = 5 * 60_000;
const QUOTA_QUARANTINE_MS = 10 * 60_000;
/** More tries than any class of failure is allowed on one target: p-retry's own count never decides. */
const NEVER_REACHED = 1_000;
/** A connection that never came about, by our timer, undici's or the system's, or for want of a free one. */
const CONNECT_TIMEOUTS: ReadonlySet<string | undefined> = new Set([
  'connect_timeout',
  'no_free_connection',
  'UND_ERR_CONNECT_TIMEOUT',
  'ETIMEDOUT',
]);

/** The target was not called: its circuit is open, it is full, or no key is usable. Not a try. */
export class TargetRefused extends Error {
  readonly reason: string;
  readonly failure: Failure;
  constructor(reason: string, failure: Failure) {
    super(reason);
    this.name = 'TargetRefused';
    this.reason = reason;
    this.failure = failure;
  }
}

/** Makes one try, on a new connection where `newSocket`; settles or hands on the lease. Throws {@link UpstreamFailure}. */
export type MakeTry<Answer> = (headers: string[], lease: TryLease, newSocket: boolean) => Promise<Answer>;

/** How the loop may behave on this rung. */
export interface RungMode {
  readonly cancellation: Cancellation;
  /** Nothing else is left to ask: admitted though the circuit is open, waits for a cooling key. */
  readonly lastHope: boolean;
  /** Another rung follows: rather go there than wait for a key. */
  readonly moreToAsk: boolean;
}

/**
 * All tries against one target: permit, key, try, then what the failure table says. p-retry runs the loop; the
 * decisions and waits are ours, because it knows no wait that depends on the error.
 */
export class RungLoop<Answer> {
  readonly #exchange: Exchange;
  readonly #runtime: Runtime;
  readonly #rung: Rung;
  readonly #mode: RungMode;
  readonly #makeTry: MakeTry<Answer>;
  readonly #repeats = new Map<FailureClass, number>();
  readonly #usedKeys = new Set<string>();
  #key: Key | undefined;
  #retries = 0;
  #again = false;
  #newSocket = false;
  /** The failure of the last try; undefined while none was made. */
  lastFailure: Failure | undefined;
  /** Before the next try: as planned, and then as it came to be. */
  #waitMs = 0;
  #waitedMs = 0;

  constructor(exchange: Exchange, runtime: Runtime, rung: Rung, mode: RungMode, makeTry: MakeTry<Answer>) {
    this.#exchange = exchange;
    this.#runtime = runtime;
    this.#rung = rung;
    this.#mode = mode;
    this.#makeTry = makeTry;
  }

  /**
   * @throws {UpstreamFailure} the last try's failure
   * @throws {TargetRefused} when no try could be made
   */
  async run(): Promise<Answer> {
    const answer = await pRetry(() => this.#try(), {
      retries: NEVER_REACHED,
      minTimeout: 0,
      onFailedAttempt: ({ error }) => this.#afterFailure(error),
      shouldRetry: () => this.#again,
    });
    if (this.#retries === 0) {
      this.#rung.gate.retries.earn();
    } else {
      this.#rung.gate.retries.refund();
      this.#runtime.telemetry.retryDone(true);
    }
    return answer;
  }

  async #try(): Promise<Answer> {
    const { gate, provider, target } = this.#rung;
    const exchange = this.#exchange;
    const key = this.#takeKey();
    const slot = gate.concurrency?.tryAcquire();
    if (gate.concurrency !== undefined && slot === undefined) {
      throw new TargetRefused('full', this.#own('overloaded', `${target.id} is at its concurrency limit`, 1_000));
    }
    const permit = this.#mode.lastHope ? gate.circuit.acquireLastHope() : gate.circuit.acquire();
    if ('refused' in permit) {
      slot?.release();
      const waitMs = Math.max(0, permit.retryAt - this.#runtime.clock.now());
      throw new TargetRefused(
        'circuit open',
        this.#own('no_target_open', `the circuit of ${target.id} is open`, waitMs),
      );
    }
    const lease = new TryLease(gate, permit, slot);
    const startedAt = this.#runtime.clock.now();
    try {
      const authorization = clientAuthorization(exchange, this.#runtime);
      const tenant = this.#runtime.tenancy && (exchange.account?.identity.tenant.name ?? '');
      const headers = upstreamHeaders(exchange.rawHeaders, provider, key, authorization, tenant);
      const answer = await this.#makeTry(headers, lease, this.#newSocket);
      this.#record('ok', startedAt, undefined);
      return answer;
    } catch (error) {
      if (!(error instanceof UpstreamFailure)) {
        lease.settle('neutral');
        throw error;
      }
      lease.settle(outcomeOf(error.failure, this.#runtime.clock.now() - startedAt, exchange));
      this.#record(error.failure.class, startedAt, error.failure);
      this.#tellKeys(error.failure);
      const failure = this.#untilFirstKey(error.failure);
      this.lastFailure = failure;
      throw failure === error.failure ? error : new UpstreamFailure(failure, { cause: error });
    }
  }

  /** A usable key; undefined for a provider that is called with the client's own. */
  #takeKey(): Key | undefined {
    const { keys } = this.#rung.gate;
    if (keys === undefined) return undefined;
    const key = this.#key ?? keys.pick(this.#usedKeys) ?? keys.pick();
    this.#key = undefined;
    if (key !== undefined) {
      this.#usedKeys.add(key.id);
      return key;
    }
    const now = this.#runtime.clock.now();
    const waitMs = Math.max(0, (keys.nextUsableAt() ?? now) - now);
    const cause = blockedBy(keys);
    const failure = this.#own(
      cause === 'auth' ? 'upstream_auth' : cause === 'quota' ? 'quota_exhausted' : 'rate_limited',
      `no key of ${this.#rung.provider.name} is usable now`,
      waitMs,
    );
    // Throttled and nowhere else to go: a short wait is the answer, through the same rules as a fresh 429.
    if (cause === 'cooldown' && !this.#mode.moreToAsk && waitMs <= SHORT_WAIT_MS) throw new UpstreamFailure(failure);
    throw new TargetRefused('no usable key', failure);
  }

  async #afterFailure(error: Error): Promise<void> {
    this.#again = false;
    if (!(error instanceof UpstreamFailure)) return;
    if (this.#retries > 0) this.#runtime.telemetry.retryDone(false);
    this.#again = this.#decide(error.failure);
    if (!this.#again || this.#waitMs <= 0) return;
    const before = this.#runtime.clock.now();
    await wait(this.#waitMs, this.#runtime.clock, this.#mode.cancellation);
    this.#waitedMs = this.#runtime.clock.now() - before;
    this.#exchange.waitedMs += this.#waitedMs;
    if (this.#mode.cancellation.reason !== undefined) this.#again = false;
  }

  /** Another key, or the same target again after a wait; false: this rung is done. */
  #decide(failure: Failure): boolean {
    this.#waitMs = 0;
    if (this.#mode.cancellation.reason !== undefined || this.#timeLeft() <= 0) return false;
    const policy = FAILURE_TABLE[failure.class];
    const { keys, retries, circuit } = this.#rung.gate;
    if (policy.key !== 'no' && keys !== undefined) {
      this.#key = keys.pick(this.#usedKeys);
      if (this.#key !== undefined) return true;
    }
    // Opened by this very failure, or open all along (a last hope): nobody waits to be refused, or asks a dead target thrice.
    if (!circuit.admits()) return false;
    const repeats = this.#repeats.get(failure.class) ?? 0;
    const max = this.#exchange.chain.model.retries.max;
    // A cold model comes up when it comes up: its own larger count holds. Everything else shares the target's retries.
    const allowed =
      failure.class === 'model_not_ready' && max > 0
        ? policy.same.tries
        : Math.min(policy.same.tries, max - this.#retries + repeats);
    if (repeats >= allowed) return false;
    const waitMs = this.#waitBefore(failure, repeats);
    if (policy.same.onlyIfShort === true && (failure.retryAfterMs ?? 0) > SHORT_WAIT_MS) return false;
    if (waitMs >= this.#timeLeft()) return false;
    // It has cost seconds already: with somebody else to ask, nobody waits as long again.
    if (this.#mode.moreToAsk && CONNECT_TIMEOUTS.has(failure.code)) return false;
    if (!retries.tryWithdraw()) return false;
    this.#repeats.set(failure.class, repeats + 1);
    this.#retries++;
    this.#newSocket = policy.same.newSocket === true;
    this.#waitMs = waitMs;
    return true;
  }

  #waitBefore(failure: Failure, repeats: number): number {
    const kind = FAILURE_TABLE[failure.class].same.wait;
    if (kind === 'none') return failure.retryAfterMs ?? 0;
    return fullJitter({
      random: this.#runtime.random,
      base: kind === 'throttle' ? THROTTLED_BASE : TRANSIENT_BASE,
      cap: BACKOFF_CAP,
      attempt: repeats,
      atLeast: failure.retryAfterMs ?? 0,
    });
  }

  #tellKeys(failure: Failure): void {
    const { keys } = this.#rung.gate;
    const last = [...this.#usedKeys].at(-1);
    if (keys === undefined || last === undefined || failure.origin === 'proxy') return;
    const policy = FAILURE_TABLE[failure.class];
    if (policy.key === 'cooldown' && failure.retryAfterMs !== undefined) keys.cooldown(last, failure.retryAfterMs);
    if (policy.key !== 'quarantine' || this.#mayBeTheModel(failure)) return;
    const reason = failure.class === 'upstream_auth' ? 'auth' : 'quota';
    const ms = failure.retryAfterMs ?? (reason === 'auth' ? AUTH_QUARANTINE_MS : QUOTA_QUARANTINE_MS);
    keys.quarantine(last, ms, reason);
    this.#runtime.telemetry.keyQuarantined(this.#rung.provider.name, last, reason, ms);
  }

  /**
   * A 403 may be about the model as well as the key. Where a client names any model it likes, one that the key may not use would take the key
   * from everybody else.
   */
  #mayBeTheModel({ class: failureClass, status }: Failure): boolean {
    if (failureClass !== 'upstream_auth' || status !== 403) return false;
    return !this.#runtime.config.models.has(this.#exchange.chain.model.name);
  }

  /** The key just throttled may ask for an hour while another is back in a second: the wait is that of the first to come back. */
  #untilFirstKey(failure: Failure): Failure {
    const { keys } = this.#rung.gate;
    if (failure.retryAfterMs === undefined || FAILURE_TABLE[failure.class].key !== 'cooldown') return failure;
    if (keys === undefined || keys.keys.length === 1) return failure;
    const now = this.#runtime.clock.now();
    const retryAfterMs = Math.max(0, (keys.nextUsableAt() ?? now) - now);
    return retryAfterMs < failure.retryAfterMs ? { ...failure, retryAfterMs } : failure;
  }

  #timeLeft(): number {
    return this.#exchange.deadlineAt - this.#runtime.clock.now();
  }

  #own(failureClass: FailureClass, message: string, retryAfterMs: number): Failure {
    return { class: failureClass, origin: 'proxy', message, retryAfterMs, maybeBilled: false };
  }

  #record(outcome: TryOutcome, startedAt: number, failure: Failure | undefined): void {
    const ms = this.#runtime.clock.now() - startedAt;
    this.#exchange.waitedMs += ms;
    this.#runtime.telemetry.attemptDone(this.#rung.target.id, outcome);
    this.#exchange.attempts.push({
      target: this.#rung.target.id,
      outcome,
      ms: toMicroseconds(ms),
      ...(this.#waitedMs > 0 ? { waitMs: toMicroseconds(this.#waitedMs) } : {}),
      ...(failure?.status === undefined ? {} : { status: failure.status }),
      ...(failure?.code === undefined ? {} : { code: failure.code }),
    });
    this.#waitedMs = 0;
  }
}

/** How a failed try counts for the circuit. */
export function outcomeOf(failure: Failure, ms: number, exchange: Exchange): Outcome {
  if (exchange.cancellation.reason !== undefined || failure.code === DIVERGED) return 'neutral';
  // A fault or a limit of this proxy: the target has no part in it.
  if (failure.origin === 'proxy') return 'neutral';
  // A client that waits less than the target is allowed to take says nothing about the target; nor does a long answer.
  const early = failure.class === 'stream_broken' || ms < exchange.chain.model.timeouts.firstToken;
  if (failure.code === 'deadline_exceeded' && early) return 'neutral';
  return FAILURE_TABLE[failure.class].circuit;
}

/** Why no key is usable: the reason of the one that comes back first. */
function blockedBy(keys: KeyRing): RestReason {
  let first: { until: number; reason: RestReason } | undefined;
  for (const { until, reason } of keys.snapshot()) {
    if (until !== undefined && reason !== undefined && (first === undefined || until < first.until))
      first = { until, reason };
  }
  return first?.reason ?? 'cooldown';
}
