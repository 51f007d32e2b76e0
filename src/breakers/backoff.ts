import type { Random } from '../clock.ts';

export interface BackoffOptions {
  readonly random: Random;
  /** Upper end of the first wait, ms. */
  readonly base: number;
  /** Upper end of any wait, ms; `atLeast` comes on top. */
  readonly cap: number;
  /** Retries made before this one: 0 for the first. */
  readonly attempt: number;
  /** The provider's own hint, ms, already clamped. */
  readonly atLeast?: number;
}

/** A moment's fault: 50 ms is enough for another replica behind the same address to answer. */
export const TRANSIENT_BASE = 50;
/** Throttling is counted in seconds or minutes at the provider. */
export const THROTTLED_BASE = 1_000;
export const BACKOFF_CAP = 20_000;

/**
 * How long to wait before a retry, whole ms: full jitter, `random * min(cap, base * 2^attempt)`, which spreads clients that
 * failed together better than any jitter around a fixed wait. A hint is added rather than taken as the lower end: everyone
 * throttled at once got the same hint, and would come back in the same millisecond.
 *
 * @see https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function fullJitter({ random, base, cap, attempt, atLeast = 0 }: BackoffOptions): number {
  return Math.ceil(atLeast + random() * Math.min(cap, base * 2 ** attempt));
}
