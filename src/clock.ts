/** A pending timer, as returned by {@link Clock.setTimeout}. */
export interface Timer {
  unref?(): unknown;
}

/**
 * Time, injected: nothing below `proxy/` reads `Date.now` or calls `setTimeout` itself, so that tests run the waits of an
 * hour in a millisecond.
 */
export interface Clock {
  /** Milliseconds since the epoch, with fractions. Never runs backwards, so that it also measures durations. */
  now(): number;
  setTimeout(callback: () => void, ms: number): Timer;
  clearTimeout(timer: Timer | undefined): void;
}

/** The real clock: monotonic from the process's start on, so a step of the system's clock ends no wait early. */
export const systemClock: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  setTimeout: (callback, ms) => setTimeout(callback, ms),
  clearTimeout: (timer) => clearTimeout(timer as NodeJS.Timeout | undefined),
};

/** Milliseconds as headers, errors and logs tell them: to the microsecond, without the noise of binary fractions. */
export function toMicroseconds(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

/** A source of uniform numbers in [0, 1), injected for the same reason. */
export type Random = () => number;
