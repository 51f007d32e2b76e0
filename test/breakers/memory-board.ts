import type { Clock } from '../../src/clock.ts';
import {
  type CircuitBoard,
  type CircuitNews,
  type CircuitOpening,
  CLOSED_KEPT_MS,
  type LeaseReply,
} from '../../src/state/circuit-board.ts';

interface Word {
  readonly replica: string;
  readonly until: number;
  readonly stamp: string;
  readonly attempt: number;
}

/** `hangs`: never answers. `throws`: before it gives a promise. `raves`: answers what makes no sense. */
export type Health = 'well' | 'refuses' | 'hangs' | 'throws' | 'raves';

/** A board in memory, on a clock of its own like that of a Redis server. */
export class MemoryBoard {
  health: Health = 'well';
  /** Calls of each method, by whatever replica. */
  readonly calls = { open: 0, closed: 0, lease: 0, read: 0 };
  readonly #clock: Clock;
  readonly #open = new Map<string, Word>();
  readonly #closed = new Map<string, Word>();
  readonly #leases = new Map<string, Word>();
  #words = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  as(replica: string): CircuitBoard {
    return {
      publishOpen: (opening) => this.#answer('open', () => this.#opened(replica, opening)),
      publishClosed: (circuit) => this.#answer('closed', () => this.#closing(replica, circuit)),
      tryProbeLease: (circuit, ms) => this.#answer('lease', () => this.#lease(replica, circuit, ms)),
      read: () => this.#answer('read', () => this.#news(replica)),
    };
  }

  #answer<T>(method: keyof MemoryBoard['calls'], work: () => T): Promise<T> {
    this.calls[method]++;
    switch (this.health) {
      case 'well':
        return Promise.resolve(work());
      case 'refuses':
        return Promise.reject(new Error('connection refused'));
      case 'hangs':
        return new Promise(() => {});
      case 'throws':
        throw new Error('not even a promise');
      case 'raves':
        return Promise.resolve({} as T);
    }
  }

  #word(replica: string, ms: number, attempt = 0): Word {
    return { replica, until: this.#clock.now() + ms, stamp: `${++this.#words}`, attempt };
  }

  #opened(replica: string, { circuit, ms, attempt }: CircuitOpening): void {
    const word = this.#word(replica, ms, attempt);
    const standing = this.#open.get(circuit);
    if (standing !== undefined && standing.replica !== replica && standing.until > word.until) return;
    this.#open.set(circuit, word);
  }

  #closing(replica: string, circuit: string): void {
    this.#open.delete(circuit);
    this.#closed.set(circuit, this.#word(replica, CLOSED_KEPT_MS));
  }

  #lease(replica: string, circuit: string, ms: number): LeaseReply {
    const standing = this.#leases.get(circuit);
    const left = standing === undefined ? 0 : standing.until - this.#clock.now();
    if (left > 0 && standing?.replica !== replica) return { kind: 'held', ms: left };
    if (ms === 0) this.#leases.delete(circuit);
    else this.#leases.set(circuit, this.#word(replica, ms));
    return { kind: 'granted' };
  }

  #news(replica: string): CircuitNews {
    const now = this.#clock.now();
    const of = (words: Map<string, Word>) =>
      [...words].flatMap(([circuit, { until, ...word }]) =>
        until > now && word.replica !== replica ? [{ circuit, ms: until - now, ...word }] : [],
      );
    return { open: of(this.#open), closed: of(this.#closed), probing: of(this.#leases) };
  }
}
