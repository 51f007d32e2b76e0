import type { AttemptSummary } from './attempt-summary.ts';
import type { Failure, FailureClass, FailureOrigin, ReachedLimit } from './failure.ts';
import { CLIENT_RETRY_AFTER_CAP_MS } from './hints.ts';
import { ownErrorOf } from './own-errors.ts';
import { FAILURE_TABLE } from './table.ts';

/** What rendering needs beside the failure itself. */
export interface ErrorContext {
  readonly requestId: string;
  readonly attempts: readonly AttemptSummary[];
  /** The least wait before a repeat can succeed, milliseconds; the failure's own where absent. */
  readonly retryAfterMs?: number;
  /** The proxy has made all the attempts it may: a client's SDK must not add its own on top. */
  readonly spent: boolean;
}

/** An error as every dialect needs it. The dialects differ only in how they wrap it. */
export interface ClientError {
  readonly status: number;
  readonly type: string;
  readonly code: string;
  readonly param: string | null;
  readonly message: string;
  /** `retry-after`, `x-should-retry` and the request's id. */
  readonly headers: Record<string, string>;
  readonly breakwater: {
    readonly class: FailureClass;
    readonly origin: FailureOrigin;
    readonly retryable: boolean;
    readonly attempts: readonly AttemptSummary[];
    readonly limit?: ReachedLimit;
  };
}

/** Says a failure the way a client should hear it. */
export function clientError(failure: Failure, context: ErrorContext): ClientError {
  const own = ownErrorOf(failure);
  const policy = FAILURE_TABLE[failure.class];
  const retryable = own?.retryable ?? policy.retryable;
  const asIs = own === undefined && policy.client.kind === 'upstream';
  return {
    status: own?.status ?? (asIs ? upstreamStatus(failure, policy.client.status) : policy.client.status),
    type: own?.type ?? policy.client.type,
    code: own?.code ?? (asIs ? (failure.code ?? policy.client.code) : policy.client.code),
    param: failure.param ?? null,
    message: clientMessage(failure),
    headers: { 'x-breakwater-request-id': context.requestId, ...retryHeaders(failure, context, retryable) },
    breakwater: {
      class: failure.class,
      origin: failure.origin,
      retryable,
      attempts: context.attempts,
      ...(failure.limit === undefined ? {} : { limit: failure.limit }),
    },
  };
}

/** Statuses that the official SDKs repeat whatever the body says. */
const REPEATED_BY_SDKS: ReadonlySet<number> = new Set([408, 409, 429]);

/** The upstream's own 4xx; not one that makes SDKs repeat what cannot succeed. */
function upstreamStatus(failure: Failure, otherwise: number): number {
  const { status } = failure;
  return status !== undefined && status >= 400 && status < 499 && !REPEATED_BY_SDKS.has(status) ? status : otherwise;
}

/**
 * A true `retry-after` of at most a minute, or `x-should-retry: false`. The SDKs drop a longer `retry-after` and repeat at once, so a
 * longer wait is told by forbidding the repeat.
 */
function retryHeaders(failure: Failure, context: ErrorContext, retryable: boolean): Record<string, string> {
  if (!retryable) return { 'x-should-retry': 'false' };
  const wait = context.retryAfterMs ?? failure.retryAfterMs;
  if (wait !== undefined && wait > CLIENT_RETRY_AFTER_CAP_MS) return { 'x-should-retry': 'false' };
  if (wait !== undefined && wait > 0) return { 'retry-after': String(Math.ceil(wait / 1_000)) };
  return context.spent ? { 'x-should-retry': 'false' } : {};
}

const KEY_REFUSED =
  'The upstream provider refused the credentials this proxy is configured with. The key sent with this request is not the reason.';
/** Where a message names the window's size. Tried in this order: the number first named is mostly the prompt's. */
const LIMIT_NAMED: readonly RegExp[] = [
  />\s?(\d{3,9}) maximum/i,
  /must be <= ?(\d{3,9})/i,
  /\b(?:maximum|context (?:length|window|size)|limit)\b\D{0,40}(\d{3,9})/i,
];

/** The failure's message, put so that people and agents draw the right conclusion from it. */
export function clientMessage(failure: Failure): string {
  if (failure.class === 'upstream_auth') return KEY_REFUSED;
  if (failure.class !== 'context_length') return failure.message;
  // Clients look for these words to know that they must shorten the conversation (ecosystem: LangChain, pi, Continue).
  if (/maximum context length/i.test(failure.message)) return failure.message;
  const tokens = windowNamed(failure.message);
  const words =
    tokens === undefined
      ? "The request exceeds this model's maximum context length."
      : `This model's maximum context length is ${tokens} tokens.`;
  return `${words} ${failure.message}`;
}

function windowNamed(message: string): string | undefined {
  for (const pattern of LIMIT_NAMED) {
    const found = pattern.exec(message)?.[1];
    if (found !== undefined) return found;
  }
  return undefined;
}
