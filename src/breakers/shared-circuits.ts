import type { Clock, Timer } from '../clock.ts';
import type { CircuitBoard, CircuitNews, LeaseReply } from '../state/circuit-board.ts';
import type { LeaseDesk } from './probe-lease.ts';

/** The board is read this long after the last reading, ms. */
export const READ_EVERY_MS = 1_000;
/** A reading or a word that takes longer has failed, ms. */
const GIVE_UP_AFTER_MS = 2_000;

/** What a circuit tells the other replicas. Nothing here waits or throws. */
export interface Sharing extends LeaseDesk {
  opened(circuit: string, ms: number, attempt: number): void;
  closed(circuit: string): void;
}

/** What the other replicas tell a circuit. */
export interface SharedCircuit {
  /** It stands on the board as open. */
  doubt(): void;
  /** A probe has failed elsewhere, and the circuit stays open there until then (epoch ms). */
  probeFailedElsewhere(until: number, attempt: number): void;
  closedElsewhere(): void;
  /** It does not stand on the board as open any more. */
  doubtLifted(): void;
}

export interface SharedCircuitsOptions {
  readonly board: CircuitBoard;
  readonly clock: Clock;
  readonly find: (circuit: string) => SharedCircuit | undefined;
  /** Called when the board stops answering, with the reason, and when it answers again, with `undefined`. */
  readonly onBoard?: ((trouble: unknown) => void) | undefined;
}

/**
 * Between the circuits of this process and the board of all replicas. It reads the board once a second rather than being told:
 * one short call that is the same on a Cluster, needs no connection of its own and has nothing to make up for after a reconnect.
 */
export class SharedCircuits implements Sharing {
  readonly #options: SharedCircuitsOptions;
  readonly #clock: Clock;
  #timer: Timer | undefined;
  #stopped = false;
  #away = false;
  /** Circuits that stood on the board as open when it was last read. */
  #open = new Set<string>();
  /** The closings read last, by their stamps, so that each is acted on once. */
  #closed = new Map<string, string>();
  #probing = new Map<string, number>();
  /** Ends each question that is under way. */
  readonly #underWay = new Set<() => void>();

  constructor(options: SharedCircuitsOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#readLater();
  }

  opened(circuit: string, ms: number, attempt: number): void {
    void this.#ask((board) => board.publishOpen({ circuit, ms, attempt }), GIVE_UP_AFTER_MS);
  }

  closed(circuit: string): void {
    void this.#ask((board) => board.publishClosed(circuit), GIVE_UP_AFTER_MS);
  }

  askLease(circuit: string, ms: number, within: number): Promise<LeaseReply | undefined> {
    return this.#ask((board) => board.tryProbeLease(circuit, ms), within);
  }

  probedElsewhereUntil(circuit: string): number {
    return this.#probing.get(circuit) ?? 0;
  }

  /** Reads no more. Nobody waits any longer for what is under way. */
  stop(): void {
    this.#stopped = true;
    this.#clock.clearTimeout(this.#timer);
    for (const end of this.#underWay) end();
  }

  #readLater(): void {
    if (this.#stopped) return;
    this.#timer = this.#clock.setTimeout(() => void this.#read(), READ_EVERY_MS);
    this.#timer.unref?.();
  }

  async #read(): Promise<void> {
    const askedAt = this.#clock.now();
    await this.#ask(async (board) => {
      const news = await board.read();
      // What comes after it was given up is old, and its durations are wrong by as much.
      if (!this.#stopped && this.#clock.now() - askedAt < GIVE_UP_AFTER_MS) this.#take(news);
    }, GIVE_UP_AFTER_MS);
    this.#readLater();
  }

  #take({ open, closed, probing }: CircuitNews): void {
    const now = this.#clock.now();
    const { find } = this.#options;
    const before = this.#open;
    this.#open = new Set(open.map(({ circuit }) => circuit));
    for (const { circuit, ms, attempt } of open) {
      if (attempt > 0) find(circuit)?.probeFailedElsewhere(now + ms, attempt);
      find(circuit)?.doubt();
    }
    for (const circuit of before) if (!this.#open.has(circuit)) find(circuit)?.doubtLifted();
    // Last: a circuit closed at one replica is probed here at once, whatever others say of it.
    const known = this.#closed;
    this.#closed = new Map(closed.map(({ circuit, stamp }) => [circuit, stamp]));
    for (const { circuit, stamp } of closed) if (known.get(circuit) !== stamp) find(circuit)?.closedElsewhere();
    // Read again before that: a lease given back early keeps nobody out for long.
    const atMost = 2 * READ_EVERY_MS;
    this.#probing = new Map(probing.map(({ circuit, ms }) => [circuit, now + Math.min(ms, atMost)]));
  }

  /** Whatever the board does - fail, throw, never answer - this ends within `within` ms. `undefined`: no answer. */
  #ask<T>(question: (board: CircuitBoard) => Promise<T>, within: number): Promise<T | undefined> {
    if (this.#stopped) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      let open = true;
      const end = (answer: T | undefined, trouble: unknown): void => {
        if (!open) return;
        open = false;
        this.#underWay.delete(giveUp);
        this.#clock.clearTimeout(timer);
        this.#tell(trouble);
        resolve(answer);
      };
      const giveUp = () => end(undefined, undefined);
      this.#underWay.add(giveUp);
      const late = new Error(`no answer within ${within} ms`);
      const timer = this.#clock.setTimeout(() => end(undefined, late), within);
      timer.unref?.();
      try {
        question(this.#options.board).then(
          (answer) => end(answer, undefined),
          (error: unknown) => end(undefined, error ?? late),
        );
      } catch (error) {
        end(undefined, error ?? late);
      }
    });
  }

  #tell(trouble: unknown): void {
    const away = trouble !== undefined;
    if (away === this.#away || this.#stopped) return;
    this.#away = away;
    this.#options.onBoard?.(trouble);
  }
}
