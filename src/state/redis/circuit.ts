import type { Clock, Timer } from '../../clock.ts';

export interface CircuitEvents {
  onOpen(reason: string): void;
  onClose(downMs: number): void;
}

/** Failures in a row after which it opens, where Redis does answer, but with errors. */
const failuresInARow = 3;
/** How long one probe may take, and how often one is made, ms. */
export const probeEveryMs = 500;

/**
 * Health of one server. While it is open commands fail at once, and one probe at a time finds out when Redis is back. It opens as soon as
 * Redis was silent for the whole time that a command waited: whatever comes after it would wait as long.
 */
export class RedisCircuit {
  readonly #clock: Clock;
  readonly #probe: () => Promise<unknown>;
  readonly #events: CircuitEvents;
  #openSince: number | undefined;
  #failures = 0;
  #lastAnswer = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined;
  #ended = false;

  /** @param probe a write, so that a replica that takes none is not taken for healthy */
  constructor(clock: Clock, probe: () => Promise<unknown>, events: CircuitEvents) {
    this.#clock = clock;
    this.#probe = probe;
    this.#events = events;
  }

  get open(): boolean {
    return this.#openSince !== undefined;
  }

  /** A command was answered. Late answers too: only probes close the circuit. */
  answered(): void {
    this.#failures = 0;
    this.#lastAnswer = this.#clock.now();
  }

  /** A command sent at `sentAt` was not answered in time. */
  silent(sentAt: number, reason: string): void {
    this.#failures += 1;
    if (this.#lastAnswer <= sentAt || this.#failures >= failuresInARow) this.#openUp(reason);
  }

  /** Redis answered with an error of its own state. */
  failed(reason: string): void {
    this.#failures += 1;
    if (this.#failures >= failuresInARow) this.#openUp(reason);
  }

  /** There is no connection. */
  refused(reason: string): void {
    this.#openUp(reason);
  }

  /** A connection has come about: no need to wait for the next probe. */
  probeNow(): void {
    if (this.open && !this.#ended) this.#probeOnce();
  }

  end(): void {
    this.#ended = true;
    this.#clock.clearTimeout(this.#timer);
  }

  #openUp(reason: string): void {
    if (this.open || this.#ended) return;
    this.#openSince = this.#clock.now();
    this.#events.onOpen(reason);
    this.#probeOnce();
  }

  #probeOnce(): void {
    this.#clock.clearTimeout(this.#timer);
    this.#timer = this.#clock.setTimeout(() => this.#probeOnce(), probeEveryMs);
    this.#timer.unref?.();
    this.#probe().then(
      () => this.#close(),
      // The next one is due already; what is wrong was told when the circuit opened.
      () => undefined,
    );
  }

  /** Any probe's answer shows that Redis is back, also that of one given up long ago. */
  #close(): void {
    if (this.#openSince === undefined || this.#ended) return;
    this.#clock.clearTimeout(this.#timer);
    const downMs = this.#clock.now() - this.#openSince;
    this.#openSince = undefined;
    this.#failures = 0;
    this.#lastAnswer = this.#clock.now();
    this.#events.onClose(downMs);
  }
}
