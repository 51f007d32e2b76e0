/** What a counter is known by and holds; also as it is kept on disk. */
export interface SavedCounter {
  readonly tenant: string;
  readonly key: string;
  readonly windowStart: number;
  readonly windowEnd: number | undefined;
  readonly forgetAfter: number | undefined;
  readonly spent: number;
  readonly touchedAt: number;
  /** The last settlement that is counted in it. */
  readonly seq: number;
}

/**
 * How long a counter whose window is over is still remembered, milliseconds: a clock that is set back by less finds the window's
 * spend again instead of an empty one.
 */
export const windowGraceMs = 3_600_000;

/** One counter of one tenant within its current window. A window is only ever replaced by a later one. */
export class Counter {
  readonly tenant: string;
  readonly key: string;
  windowStart: number;
  windowEnd: number | undefined;
  forgetAfter: number | undefined;
  spent = 0;
  held = 0;
  touchedAt: number;
  /** Touched since the sweep last came by. */
  recent = true;
  /** Differs from what is on disk, and is on the list of those to write. */
  dirty = false;
  /** As of the last write to disk. */
  savedTouchAt: number;
  seq = 0;

  constructor(tenant: string, key: string, now: number) {
    this.tenant = tenant;
    this.key = key;
    this.windowStart = 0;
    this.windowEnd = undefined;
    this.forgetAfter = undefined;
    this.touchedAt = now;
    this.savedTouchAt = now;
  }

  static from(saved: SavedCounter): Counter {
    const counter = new Counter(saved.tenant, saved.key, saved.touchedAt);
    counter.windowStart = saved.windowStart;
    counter.windowEnd = saved.windowEnd;
    counter.forgetAfter = saved.forgetAfter;
    counter.spent = saved.spent;
    counter.seq = saved.seq;
    return counter;
  }

  /** Goes on to a later window. What is still held was held in the one before, and does not weigh on this one. */
  roll(windowStart: number): void {
    this.windowStart = windowStart;
    this.spent = 0;
    this.held = 0;
  }

  /** Adds what was used. A sum that could not be counted exactly any more stays at the largest that can. */
  spend(amount: number): void {
    this.spent = Math.min(Number.MAX_SAFE_INTEGER, this.spent + amount);
  }

  /** Nothing that still matters would be lost with it, if nothing is held. */
  isForgettable(now: number): boolean {
    if (this.windowEnd !== undefined && now >= this.windowEnd + windowGraceMs) return true;
    const idle = now - this.touchedAt;
    if (this.forgetAfter !== undefined && idle >= this.forgetAfter) return true;
    return this.spent === 0 && idle >= windowGraceMs;
  }
}
