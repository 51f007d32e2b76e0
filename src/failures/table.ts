import type { FailureClass } from './failure.ts';

/** A hint longer than this never makes the proxy sit and wait on the same target: it moves on instead. Milliseconds. */
export const SHORT_WAIT_MS = 5_000;

/** May the same target be asked again with the same key? */
export interface SamePolicy {
  /** Extra tries beyond the first, before the configured `retries.max` is applied. 0: never. */
  readonly tries: number;
  /** Which backoff applies before such a try: `transient` starts at 50 ms, `throttle` at 1 s (both jittered). */
  readonly wait: 'none' | 'transient' | 'throttle';
  /** Only where the failure's `retryAfterMs` is absent or at most {@link SHORT_WAIT_MS}. */
  readonly onlyIfShort?: true;
  /** The next try must not reuse the connection that failed. */
  readonly newSocket?: true;
}

/**
 * What to do about the key. `next`: another key of the provider may succeed. `quarantine`: the same, and this key is out until
 * its reset or an operator's word. `cooldown`: the same, and this key is out until `retryAfterMs` has passed.
 */
export type KeyPolicy = 'no' | 'next' | 'quarantine' | 'cooldown';

/**
 * Whether the next target of the chain may be asked. `larger-window`: only one with a larger or unknown context window.
 * `opt-in`: only where the configuration says so (`fallback on content filter`, `onBreak: resume`).
 */
export type NextPolicy = 'no' | 'yes' | 'larger-window' | 'opt-in';

/** What the client is told: fixed values, or the upstream's own 4xx status, code and param where it gave one. */
export type ClientAnswer =
  | { readonly kind: 'fixed'; readonly status: number; readonly type: string; readonly code: string }
  | { readonly kind: 'upstream'; readonly status: number; readonly type: string; readonly code: string };

export interface FailurePolicy {
  readonly same: SamePolicy;
  readonly key: KeyPolicy;
  readonly next: NextPolicy;
  /** How the target's circuit is told; `neutral` says nothing about the target's health. */
  readonly circuit: 'neutral' | 'failure' | 'slow';
  /** An operator should look: it will stay wrong by itself. (A quarantined key is reported by the key ring.) */
  readonly alarm: boolean;
  readonly client: ClientAnswer;
  /** The same request may succeed later without anybody changing anything. */
  readonly retryable: boolean;
}

const NEVER: SamePolicy = { tries: 0, wait: 'none' };
const ONCE_ON_NEW_SOCKET: SamePolicy = { tries: 1, wait: 'transient', newSocket: true };

function fixed(status: number, type: string, code: string): ClientAnswer {
  return { kind: 'fixed', status, type, code };
}

/**
 * The failure table: every decision of dispatch about a failure, in one place (docs/failure-table.md is generated from it).
 *
 * @example
 * const policy = FAILURE_TABLE[failure.class];
 * if (tries <= policy.same.tries) retry(); else if (policy.key !== 'no') nextKey(); else if (policy.next === 'yes') nextTarget();
 */
export const FAILURE_TABLE: Readonly<Record<FailureClass, FailurePolicy>> = {
  invalid_request: {
    same: NEVER,
    key: 'no',
    next: 'no',
    circuit: 'neutral',
    alarm: false,
    client: { kind: 'upstream', status: 400, type: 'invalid_request_error', code: 'invalid_request' },
    retryable: false,
  },
  capability_unsupported: {
    same: NEVER,
    key: 'no',
    next: 'yes',
    circuit: 'neutral',
    alarm: false,
    client: fixed(400, 'invalid_request_error', 'capability_unsupported'),
    retryable: false,
  },
  context_length: {
    same: NEVER,
    key: 'no',
    next: 'larger-window',
    circuit: 'neutral',
    alarm: false,
    client: fixed(400, 'invalid_request_error', 'context_length_exceeded'),
    retryable: false,
  },
  payload_too_large: {
    same: NEVER,
    key: 'no',
    next: 'yes',
    circuit: 'neutral',
    alarm: false,
    client: fixed(413, 'invalid_request_error', 'request_too_large'),
    retryable: false,
  },
  request_over_tpm: {
    same: NEVER,
    key: 'next',
    next: 'yes',
    circuit: 'neutral',
    alarm: false,
    client: fixed(429, 'rate_limit_error', 'request_over_tpm'),
    retryable: false,
  },
  content_blocked: {
    same: NEVER,
    key: 'no',
    next: 'opt-in',
    circuit: 'neutral',
    alarm: false,
    client: fixed(400, 'invalid_request_error', 'content_filter'),
    retryable: false,
  },
  upstream_auth: {
    same: NEVER,
    key: 'quarantine',
    next: 'yes',
    circuit: 'neutral',
    alarm: false,
    client: fixed(502, 'upstream_auth_error', 'upstream_auth_error'),
    retryable: false,
  },
  model_not_found: {
    same: NEVER,
    key: 'no',
    next: 'yes',
    circuit: 'neutral',
    alarm: true,
    client: fixed(404, 'invalid_request_error', 'model_not_found'),
    retryable: false,
  },
  quota_exhausted: {
    same: NEVER,
    key: 'quarantine',
    next: 'yes',
    circuit: 'neutral',
    alarm: false,
    client: fixed(429, 'insufficient_quota', 'insufficient_quota'),
    retryable: false,
  },
  rate_limited: {
    same: { tries: 2, wait: 'throttle', onlyIfShort: true },
    key: 'cooldown',
    next: 'yes',
    circuit: 'neutral',
    alarm: false,
    client: fixed(429, 'rate_limit_error', 'rate_limit_exceeded'),
    retryable: true,
  },
  overloaded: {
    same: { tries: 1, wait: 'transient', onlyIfShort: true },
    key: 'no',
    next: 'yes',
    circuit: 'failure',
    alarm: false,
    client: fixed(503, 'service_unavailable_error', 'server_is_overloaded'),
    retryable: true,
  },
  server_error: {
    same: { tries: 2, wait: 'transient', onlyIfShort: true },
    key: 'no',
    next: 'yes',
    circuit: 'failure',
    alarm: false,
    client: fixed(502, 'server_error', 'upstream_error'),
    retryable: true,
  },
  model_not_ready: {
    same: { tries: 5, wait: 'throttle', onlyIfShort: true },
    key: 'no',
    next: 'yes',
    circuit: 'neutral',
    alarm: false,
    client: fixed(503, 'service_unavailable_error', 'model_not_ready'),
    retryable: true,
  },
  connect: {
    same: ONCE_ON_NEW_SOCKET,
    key: 'no',
    next: 'yes',
    circuit: 'failure',
    alarm: false,
    client: fixed(502, 'server_error', 'upstream_unreachable'),
    retryable: true,
  },
  dns: {
    same: ONCE_ON_NEW_SOCKET,
    key: 'no',
    next: 'yes',
    circuit: 'failure',
    alarm: false,
    client: fixed(502, 'server_error', 'upstream_unreachable'),
    retryable: true,
  },
  tls: {
    same: NEVER,
    key: 'no',
    next: 'yes',
    circuit: 'failure',
    alarm: true,
    client: fixed(502, 'server_error', 'upstream_tls_error'),
    retryable: false,
  },
  reset: {
    same: ONCE_ON_NEW_SOCKET,
    key: 'no',
    next: 'yes',
    circuit: 'failure',
    alarm: false,
    client: fixed(502, 'server_error', 'upstream_connection_lost'),
    retryable: true,
  },
  timeout: {
    same: NEVER,
    key: 'no',
    next: 'yes',
    circuit: 'slow',
    alarm: false,
    client: fixed(504, 'timeout_error', 'upstream_timeout'),
    retryable: true,
  },
  invalid_answer: {
    same: { tries: 1, wait: 'transient' },
    key: 'no',
    next: 'yes',
    circuit: 'failure',
    alarm: false,
    client: fixed(502, 'server_error', 'upstream_invalid_answer'),
    retryable: true,
  },
  stream_broken: {
    same: NEVER,
    key: 'no',
    next: 'opt-in',
    circuit: 'failure',
    alarm: false,
    client: fixed(502, 'server_error', 'upstream_stream_interrupted'),
    retryable: true,
  },
  client_cancelled: {
    same: NEVER,
    key: 'no',
    next: 'no',
    circuit: 'neutral',
    alarm: false,
    client: fixed(499, 'client_cancelled', 'client_cancelled'),
    retryable: false,
  },
  no_target_open: {
    same: NEVER,
    key: 'no',
    next: 'no',
    circuit: 'neutral',
    alarm: false,
    client: fixed(503, 'service_unavailable_error', 'no_target_open'),
    retryable: true,
  },
  own_limit: {
    same: NEVER,
    key: 'no',
    next: 'no',
    circuit: 'neutral',
    alarm: false,
    client: fixed(429, 'rate_limit_error', 'own_limit'),
    retryable: false,
  },
};
