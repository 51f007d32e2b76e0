import type { FailureClass } from './failure.ts';

/** One line of `breakwater.attempts` in an error's body: what one try, or one target that was not tried, came to. */
export interface AttemptSummary {
  /** `provider/model`, as configured. */
  readonly target: string;
  readonly outcome: 'ok' | 'skipped' | FailureClass;
  /** HTTP status of the upstream, where it answered. */
  readonly status?: number;
  /** The upstream's own error code, or the network error's. */
  readonly code?: string;
  /** How long the try took, milliseconds; 0 for a skipped target. */
  readonly ms: number;
  /** How long the proxy waited before this try, milliseconds. */
  readonly waitMs?: number;
  /** Why a target was skipped (`circuit open`, `no key available`), or what made this try happen (`retry`, `fallback`). */
  readonly reason?: string;
}
