import { Cluster, Command } from 'ioredis';
import type { Clock } from '../../clock.ts';
import { StateUnavailable } from '../budget-store.ts';
import { RedisCircuit } from './circuit.ts';
import type { RedisClient } from './client.ts';
import type { Script } from './scripts.ts';
import { isTransient, type RedisEvents } from './trouble.ts';

export interface LinkOptions {
  readonly client: RedisClient;
  readonly clock: Clock;
  /** `host:port`, for texts. */
  readonly where: string;
  readonly commandTimeoutMs: number;
  readonly events: RedisEvents;
}

type Argument = string | number | Buffer;

/**
 * Commands over one client that never wait for long: each is answered within `commandTimeoutMs` or fails with
 * {@link StateUnavailable}, and while Redis is known to be away it fails at once. In a Cluster each master is judged by itself, so that
 * the loss of one does not refuse the tenants of the others.
 */
export class RedisLink {
  readonly #client: RedisClient;
  readonly #clock: Clock;
  readonly #where: string;
  readonly #timeoutMs: number;
  readonly #events: RedisEvents;
  readonly #circuits = new Map<string, RedisCircuit>();
  readonly #slots = new Map<string, number>();
  readonly #recovered = new Set<() => void>();
  /** Gives up each command that is under way. */
  readonly #underWay = new Set<() => void>();
  #lastError = '';
  #closed = false;

  constructor(options: LinkOptions) {
    this.#client = options.client;
    this.#clock = options.clock;
    this.#where = options.where;
    this.#timeoutMs = options.commandTimeoutMs;
    this.#events = options.events;
    // Without a listener ioredis writes errors to the console.
    this.#client.on('error', (error: Error) => this.#connectionFailed(error));
    this.#client.on('node error', (error: Error) => this.#connectionFailed(error));
    this.#client.on('ready', () => {
      this.#lastError = '';
      for (const circuit of this.#circuits.values()) circuit.probeNow();
    });
  }

  /** Runs a script in one round trip; two where this server has not seen it yet. @throws {StateUnavailable} */
  async run(script: Script, key: string, args: readonly Argument[]): Promise<unknown> {
    return this.#send(key, async () => {
      try {
        return await this.#client.evalsha(script.sha, 1, key, ...args);
      } catch (error) {
        if (!(error instanceof Error) || !error.message.includes('NOSCRIPT')) throw error;
        return this.#client.eval(script.lua, 1, key, ...args);
      }
    });
  }

  /** Sends any command whose first argument is a key. @throws {StateUnavailable} */
  async call(command: string, key: string, ...args: readonly Argument[]): Promise<unknown> {
    return this.#send(key, () => this.#client.call(command, key, ...args));
  }

  /** As {@link call}, with texts of the answer as bytes. @throws {StateUnavailable} */
  async callBuffer(command: string, key: string, ...args: readonly Argument[]): Promise<unknown> {
    return this.#send(key, () => this.#client.callBuffer(command, key, ...args));
  }

  /** Whether commands on that key would be sent now. */
  available(key: string): boolean {
    return !this.#circuitOf(key).open;
  }

  /** Calls back whenever a server is back. @returns ends that */
  onRecovered(listener: () => void): () => void {
    this.#recovered.add(listener);
    return () => this.#recovered.delete(listener);
  }

  /** What is under way fails now, and nothing waits for it any more. */
  close(): void {
    this.#closed = true;
    for (const circuit of this.#circuits.values()) circuit.end();
    for (const giveUp of this.#underWay) giveUp();
    this.#client.disconnect();
  }

  #send<T>(key: string, send: () => Promise<T>): Promise<T> {
    const circuit = this.#circuitOf(key);
    if (circuit.open || this.#closed) return Promise.reject(new NotSent(`Redis at ${this.#where} is not available`));
    const sentAt = this.#clock.now();
    return new Promise<T>((resolve, reject) => {
      let waiting = true;
      let timer = this.#clock.setTimeout(() => {
        // Where this process itself was busy, as at its start, the question may not even be on its way: such a wait says nothing of Redis.
        if (this.#clock.now() - sentAt >= this.#timeoutMs * 2) timer = this.#clock.setTimeout(giveIn, this.#timeoutMs);
        else giveIn();
      }, this.#timeoutMs);
      const giveIn = () => {
        // The answer may lie unread in the socket: one turn of the event loop reads it.
        setImmediate(() => {
          if (!waiting) return;
          waiting = false;
          this.#underWay.delete(giveUp);
          const reason = `no answer within ${this.#timeoutMs} ms`;
          circuit.silent(sentAt, reason);
          reject(this.#unavailable(reason));
        });
      };
      const settle = () => {
        waiting = false;
        this.#clock.clearTimeout(timer);
        this.#underWay.delete(giveUp);
      };
      const giveUp = () => {
        settle();
        reject(this.#unavailable('the connection is closed'));
      };
      this.#underWay.add(giveUp);
      send().then(
        (reply) => {
          settle();
          circuit.answered();
          resolve(reply);
        },
        (error: unknown) => {
          const told = waiting;
          settle();
          const failure = this.#failure(circuit, error, sentAt, told);
          reject(failure);
        },
      );
    });
  }

  /** Judges a failed command. Where the request was answered already (`told` false) only the circuit learns of it. */
  #failure(circuit: RedisCircuit, thrown: unknown, sentAt: number, told: boolean): StateUnavailable {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    if (error.name === 'ReplyError') {
      if (isTransient(error)) {
        // Some of them end the connection, and then are the reason why there is none.
        this.#lastError = error.message;
        circuit.failed(error.message);
      } else {
        circuit.answered();
        if (told) this.#events.onTrouble?.({ kind: 'script', where: this.#where, reason: error.message });
      }
      return this.#unavailable(error.message, !isTransient(error));
    }
    const reason = this.#lastError === '' ? error.message : this.#lastError;
    // A command that failed long after it was given up says nothing of now.
    if (told || this.#clock.now() - sentAt < this.#timeoutMs * 2) circuit.refused(reason);
    return this.#unavailable(reason);
  }

  #unavailable(reason: string, final = false): StateUnavailable {
    return final
      ? new RedisScriptError(`Redis at ${this.#where}: ${reason}`)
      : new StateUnavailable(`Redis at ${this.#where}: ${reason}`);
  }

  #connectionFailed(error: Error): void {
    // The last word of a series that says more than "all nodes failed".
    const inner: unknown = 'lastNodeError' in error ? error.lastNodeError : undefined;
    const reason = inner instanceof Error ? inner.message : error.message;
    if (reason === this.#lastError) return;
    this.#lastError = reason;
    this.#events.onTrouble?.({ kind: 'connection', where: this.#where, reason });
  }

  #circuitOf(key: string): RedisCircuit {
    const server = this.#client instanceof Cluster ? this.#masterOf(this.#client, key) : this.#where;
    const known = this.#circuits.get(server);
    if (known) return known;
    const probeKey = probeKeyBeside(key);
    const circuit = new RedisCircuit(this.#clock, () => this.#probe(probeKey), {
      onOpen: (reason) => this.#events.onTrouble?.({ kind: 'unavailable', where: server, reason }),
      onClose: (downMs) => {
        this.#events.onRecovered?.({ where: server, downMs });
        for (const listener of this.#recovered) listener();
      },
    });
    this.#circuits.set(server, circuit);
    return circuit;
  }

  async #probe(key: string): Promise<unknown> {
    // Which master serves what is asked for only where something is wrong.
    if (this.#client instanceof Cluster && this.#client.status === 'ready') this.#client.refreshSlotsCache();
    return this.#client.set(key, '1', 'PX', 60_000);
  }

  /** The master that a key's slot had last; before that is known, the Cluster as a whole. */
  #masterOf(cluster: Cluster, key: string): string {
    let slot = this.#slots.get(key);
    if (slot === undefined) {
      slot = new Command('exists', [key]).getSlot() ?? 0;
      if (this.#slots.size >= 20_000) this.#slots.clear();
      this.#slots.set(key, slot);
    }
    return cluster.slots[slot]?.[0] ?? this.#where;
  }
}

/** Redis was known to be away, so that nothing was sent: it will certainly not run later. */
export class NotSent extends StateUnavailable {}

/** Redis refused what a script did; trying again does not help. */
export class RedisScriptError extends StateUnavailable {}

/** A key in the same slot as another one. */
function probeKeyBeside(key: string): string {
  const tag = /\{[^}]+\}/.exec(key)?.[0];
  return tag === undefined ? `${key}:probe` : `breakwater-probe:${tag}`;
}
