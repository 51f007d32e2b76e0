import type { Failure, FailureClass, FailureOrigin } from './failure.ts';

/** One error this proxy raises itself: what the client is told, beside the words. */
export interface OwnError {
  readonly class: FailureClass;
  readonly origin: FailureOrigin;
  readonly status: number;
  readonly type: string;
  /** The client's `code`: OpenAI's own where it has one for the case. */
  readonly code: string;
  readonly param?: string;
  /** The same request may succeed later without anybody changing anything. */
  readonly retryable: boolean;
}

const INVALID = {
  class: 'invalid_request',
  origin: 'client',
  type: 'invalid_request_error',
  retryable: false,
} as const;
/** Who asks is not known, or may not. No repeat mends it. */
const UNKNOWN_CLIENT = { ...INVALID, status: 401, type: 'authentication_error' } as const;
const FORBIDDEN = { ...INVALID, status: 403, type: 'permission_error' } as const;
const LIMIT = { class: 'own_limit', origin: 'proxy', status: 429 } as const;
const UNAVAILABLE = { origin: 'proxy', status: 503, type: 'service_unavailable_error', retryable: true } as const;

/** Every error of this proxy's own, in one place. The key is the failure's `code` inside; `code` is what the client reads. */
export const OWN_ERRORS = {
  bad_request: { ...INVALID, status: 400, code: 'bad_request' },
  invalid_json: { ...INVALID, status: 400, code: 'invalid_json' },
  missing: { ...INVALID, status: 400, code: 'missing_required_parameter' },
  wrong_type: { ...INVALID, status: 400, code: 'invalid_type' },
  /** A key that stands twice in the body: which one counts would be anybody's guess. */
  ambiguous: { ...INVALID, status: 400, code: 'ambiguous_parameter' },
  /** What the client asks for cannot be said in the dialect of any target. */
  untranslatable: { ...INVALID, class: 'capability_unsupported', status: 400, code: 'capability_unsupported' },
  unknown_model: { ...INVALID, class: 'model_not_found', status: 404, code: 'model_not_found', param: 'model' },
  ambiguous_model: { ...INVALID, status: 400, code: 'ambiguous_model', param: 'model' },
  missing_key: { ...UNKNOWN_CLIENT, code: 'missing_api_key' },
  invalid_key: { ...UNKNOWN_CLIENT, code: 'invalid_api_key' },
  /** A browser's, for a page of somebody else. */
  foreign_page: { ...FORBIDDEN, code: 'origin_not_allowed' },
  agent_not_allowed: { ...FORBIDDEN, code: 'agent_not_allowed' },
  model_not_allowed: { ...FORBIDDEN, code: 'model_not_allowed', param: 'model' },
  /** A header of this proxy's own that cannot be read. */
  invalid_header: { ...INVALID, status: 400, code: 'invalid_header' },
  /** The admin API is asked for what there is not. */
  admin_off: { ...INVALID, status: 404, code: 'admin_api_off' },
  unknown_tenant: { ...INVALID, status: 404, code: 'tenant_not_found', param: 'tenant' },
  unknown_agent: { ...INVALID, status: 404, code: 'agent_not_found', param: 'agent' },
  unknown_key: { ...INVALID, status: 404, code: 'key_not_found' },
  not_paused: { ...INVALID, status: 404, code: 'scope_not_paused', param: 'scope' },
  /** The key stands for another request: who sent it has mixed them up. */
  idempotency_mismatch: { ...INVALID, status: 422, type: 'idempotency_error', code: 'idempotency_key_reused' },
  idempotency_in_progress: {
    class: 'own_limit',
    origin: 'proxy',
    status: 409,
    type: 'idempotency_error',
    code: 'idempotency_in_progress',
    retryable: true,
  },
  /** A budget applies, and what the target costs is not known. */
  price_unknown: { ...INVALID, status: 400, code: 'price_unknown', param: 'model' },
  budget_exceeded: { ...LIMIT, type: 'insufficient_quota', code: 'insufficient_quota', retryable: false },
  rate_limit_exceeded: { ...LIMIT, type: 'rate_limit_error', code: 'rate_limit_exceeded', retryable: true },
  /** One request larger than the rate's whole burst: no wait helps. */
  request_over_rate: { ...LIMIT, type: 'rate_limit_error', code: 'request_over_rate', retryable: false },
  concurrency_exceeded: { ...LIMIT, type: 'rate_limit_error', code: 'concurrency_exceeded', retryable: true },
  loop_detected: { ...LIMIT, type: 'rate_limit_error', code: 'loop_detected', retryable: false },
  /** 403: agents repeat a 429 by themselves, and what is paused is to stop. */
  scope_paused: { ...LIMIT, status: 403, type: 'permission_error', code: 'scope_paused', retryable: false },
  /** Budgets cannot be kept, and are not to be ignored. */
  state_unavailable: { ...UNAVAILABLE, class: 'own_limit', code: 'state_unavailable' },
  unknown_route: { ...INVALID, status: 404, code: 'unknown_url' },
  method_not_allowed: { ...INVALID, status: 405, code: 'method_not_allowed' },
  body_too_large: { ...INVALID, class: 'payload_too_large', status: 413, code: 'request_too_large' },
  headers_too_large: { ...INVALID, status: 431, code: 'request_header_fields_too_large' },
  unsupported_media_type: { ...INVALID, status: 415, code: 'unsupported_media_type' },
  body_timeout: { ...INVALID, status: 408, code: 'request_timeout' },
  /** More requests than this process may hold. */
  proxy_overloaded: { ...UNAVAILABLE, class: 'own_limit', code: 'proxy_overloaded' },
  /** The process is going away; another replica, or the next one, answers. */
  draining: { ...UNAVAILABLE, class: 'own_limit', code: 'proxy_draining' },
  no_target_open: { ...UNAVAILABLE, class: 'no_target_open', code: 'no_target_open' },
  deadline_exceeded: {
    class: 'timeout',
    origin: 'proxy',
    status: 504,
    type: 'timeout_error',
    code: 'deadline_exceeded',
    retryable: true,
  },
  internal_error: {
    class: 'server_error',
    origin: 'proxy',
    status: 500,
    type: 'server_error',
    code: 'internal_error',
    retryable: true,
  },
} as const satisfies Readonly<Record<string, OwnError>>;

export type OwnErrorCode = keyof typeof OWN_ERRORS;

/**
 * A failure of this proxy's own.
 *
 * @param message what is wrong, where, and what to do about it; shown to the client
 * @param param the request's field that is to blame, where it is one
 * @example
 * ownFailure('unknown_model', "The model 'gpt-9' is not configured.")
 */
export function ownFailure(code: OwnErrorCode, message: string, param?: string): Failure {
  const entry: OwnError = OWN_ERRORS[code];
  const blamed = param ?? entry.param;
  return {
    class: entry.class,
    origin: entry.origin,
    message,
    code,
    maybeBilled: false,
    ...(blamed === undefined ? {} : { param: blamed }),
  };
}

/** The table's entry for a failure this proxy raised itself; undefined for an upstream's or the network's. */
export function ownErrorOf(failure: Failure): OwnError | undefined {
  // An upstream may use the same word for something else.
  if (failure.origin === 'upstream' || failure.code === undefined) return undefined;
  const entry: OwnError | undefined = Object.hasOwn(OWN_ERRORS, failure.code)
    ? OWN_ERRORS[failure.code as OwnErrorCode]
    : undefined;
  return entry?.class === failure.class ? entry : undefined;
}
