import type { FailureClass } from '../../../src/failures/failure.ts';
import type { ProviderFamily } from '../../../src/failures/family.ts';

/** An error as a provider has sent it (account names and keys changed), and what it must be taken for. */
export interface RecordedShape {
  readonly family: ProviderFamily;
  /** What it is, for a person; also the test's name. */
  readonly what: string;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON, a string as it is. */
  readonly body: unknown;
  readonly class: FailureClass;
  /** Expected `code`; unchecked where absent. */
  readonly code?: string;
  /** Expected hint; `'none'` where there must be none. Unchecked where absent. */
  readonly retryAfterMs?: number | 'none';
}

/** Moment the shapes are read at: 2026-11-22T12:00:00Z. */
export const NOW = Date.UTC(2026, 10, 22, 12, 0, 0);
