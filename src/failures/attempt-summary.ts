import type { FailureClass } from './failure.ts';

/** What a try came to by itself. */
export type TryOutcome = 'ok' | 'skipped' | FailureClass;

/** One line of `breakwater.attempts` in an error's body: what one try, or one target that was not tried, came to. */
export interface AttemptSummary {
  /** `provider/model`, as configured. */
  readonly target: string;
  /** `doubted`: a whole answer of a cheap model that did not stand up to being looked at, so that another model was asked. */
  readonly outcome: TryOutcome | 'doubted';
  /** HTTP status of the upstream, where it answered. */
  readonly status?: number;
  /** The upstream's own error code, or the network error's; of a doubted answer, what is wrong with it. */
  readonly code?: string;
  /** How long the try took, milliseconds; 0 for a skipped target. */
  readonly ms: number;
  /** How long the proxy waited before this try, milliseconds. */
  readonly waitMs?: number;
  /** Why a target was skipped (`circuit open`, `no key available`), or what made this try happen (`retry`, `fallback`). */
  readonly reason?: string;
}
