/** Every way a try can fail, by what has to be done about it. The policy of each class is in `table.ts`. */
export const FAILURE_CLASSES = [
  'invalid_request',
  'capability_unsupported',
  'context_length',
  'payload_too_large',
  'request_over_tpm',
  'content_blocked',
  'upstream_auth',
  'model_not_found',
  'quota_exhausted',
  'rate_limited',
  'overloaded',
  'server_error',
  'model_not_ready',
  'connect',
  'dns',
  'tls',
  'reset',
  'timeout',
  'invalid_answer',
  'stream_broken',
  'client_cancelled',
  'no_target_open',
  'own_limit',
] as const;

export type FailureClass = (typeof FAILURE_CLASSES)[number];

/** Who caused it: the provider's answer, the way there, this proxy, or the client. */
export type FailureOrigin = 'upstream' | 'network' | 'proxy' | 'client';

/** One classified failure: what happened, in the terms the failure table and the client's error need. */
export interface Failure {
  readonly class: FailureClass;
  readonly origin: FailureOrigin;
  /** Human-readable, safe to show to a client: holds no key and no proxy-internal address. */
  readonly message: string;
  /** HTTP status the upstream answered with, where it answered. */
  readonly status?: number;
  /** The upstream's own error code or type, or the network error's code (`ECONNRESET`). */
  readonly code?: string;
  /** The request field the upstream blames (OpenAI's `param`), where it says. */
  readonly param?: string;
  /** Least wait before the same target (or key) may be asked again, milliseconds, already clamped. */
  readonly retryAfterMs?: number;
  /** The limit of this proxy that refused the request. */
  readonly limit?: ReachedLimit;
  /** The provider may have done (and billed) the work even though no usable answer came. */
  readonly maybeBilled: boolean;
}

/** A tenant's limit, as a program that reads the error wants it. */
export interface ReachedLimit {
  /** `tenant`, `agent`, `user`, `session` or `task`. */
  readonly scope: string;
  /** Whose limit it is; undefined: nobody was named. */
  readonly name: string | undefined;
  /** `usd`: the numbers are dollars. */
  readonly unit: 'usd' | 'tokens' | 'requests' | 'concurrency';
  /** `day`, `session`, `total`, ...; undefined where the limit has no period. */
  readonly per: string | undefined;
  readonly limit: number;
  readonly spent: number;
  /** Reserved for requests under way. */
  readonly held: number;
  /** What this request may take at worst. */
  readonly needed: number;
  /** ISO time with the tenant's offset; undefined: never. */
  readonly resetsAt: string | undefined;
}

/** An upstream failure as an exception: thrown by a try, caught by dispatch. */
export class UpstreamFailure extends Error {
  readonly failure: Failure;
  constructor(failure: Failure, options?: ErrorOptions) {
    super(failure.message, options);
    this.name = 'UpstreamFailure';
    this.failure = failure;
  }
}
