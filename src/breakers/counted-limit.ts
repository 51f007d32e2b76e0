/** A place taken; give it back once, whatever happens. */
export interface Slot {
  /**
   * Later calls are ignored.
   *
   * @param firstTokenMs time to the first token; absent where none came (a failure, a cancelled call), which teaches nothing
   */
  release(firstTokenMs?: number): void;
}

/** How many calls may be in flight to one target. A full target is skipped, not queued for, and being full is no failure. */
export interface ConcurrencyLimit {
  tryAcquire(): Slot | undefined;
  readonly inFlight: number;
  readonly limit: number;
}

/** Counts the calls in flight against a limit that stays. */
export class CountedLimit implements ConcurrencyLimit {
  /** Grows when calls already in flight are to be told from those begun since. */
  protected era = 0;
  #inFlight = 0;
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get limit(): number {
    return this.#limit;
  }

  tryAcquire(): Slot | undefined {
    if (this.#inFlight >= this.limit) return undefined;
    this.#inFlight++;
    return new CountedSlot(this, this.era);
  }

  /** How a slot comes back; not part of {@link ConcurrencyLimit}. @param era the one its call began in */
  released(_firstTokenMs: number | undefined, _era: number): void {
    this.#inFlight--;
  }
}

class CountedSlot implements Slot {
  readonly #owner: CountedLimit;
  readonly #era: number;
  #released = false;

  constructor(owner: CountedLimit, era: number) {
    this.#owner = owner;
    this.#era = era;
  }

  release(firstTokenMs?: number): void {
    if (this.#released) return;
    this.#released = true;
    this.#owner.released(firstTokenMs, this.#era);
  }
}
