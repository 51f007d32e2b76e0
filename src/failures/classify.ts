import { type ErrorEvidence, readEvidence } from './evidence.ts';
import type { Failure, FailureClass } from './failure.ts';
import type { ProviderFamily } from './family.ts';
import { type HintHeaders, resetWaitMs, saidWaitMs, statedWaitMs } from './hints.ts';
import { parseJson, parseJsonText } from './json-record.ts';
import { STATUS_OF_NAME } from './rules/common.ts';
import { applyRules, type Signs } from './rules/rule.ts';
import { rulesOf } from './rules/rule-books.ts';
import { scrub } from './scrub.ts';
import { FAILURE_TABLE } from './table.ts';

export { classifyNetworkError, isOwnFault, type NetworkPhase } from './network.ts';

/** An answer that is no success. */
export interface FailedResponse {
  readonly status: number;
  readonly headers: HintHeaders;
  /** The body, or as much of it as was read. */
  readonly body: Uint8Array;
}

/** Error bodies beyond this are not parsed: nothing that long is an error body. Bytes. */
const MAX_ERROR_BODY = 256 * 1024;
/** As much of a plain-text body as is shown. Characters. */
const MAX_PLAIN_TEXT = 300;

/**
 * Says what an answer with a status outside 2xx means. Evidence in this order: names in the body, the exception named by a header,
 * the message's words under a given status, the status. Never throws, whatever the bytes.
 *
 * @param now milliseconds since 1970, for hints that are dates
 */
export function classifyResponse(family: ProviderFamily, response: FailedResponse, now: number): Failure {
  const { status, headers, body } = response;
  if (status >= 300 && status < 400) return redirected(status);
  const json = body.byteLength <= MAX_ERROR_BODY ? (parseJson(body) ?? eventIn(body)) : undefined;
  if (json === undefined || typeof json !== 'object' || json === null) return classifyTextBody(family, response, now);
  return fromEvidence(family, readEvidence(json), now, { status, headers });
}

/**
 * Says what an error object means that came where an answer should be: in an HTTP 200 or in a stream's event.
 *
 * @param value the body or event that carries the error, or the error object itself, parsed
 * @param answered the status and headers of the response it came in
 */
export function classifyErrorBody(
  family: ProviderFamily,
  value: unknown,
  now: number,
  answered: { readonly status?: number; readonly headers?: HintHeaders } = {},
): Failure {
  const failure = fromEvidence(family, readEvidence(value), now, answered);
  // The provider had begun to work: what it did so far it may well charge.
  return (answered.status ?? 200) < 400 ? { ...failure, maybeBilled: true } : failure;
}

function redirected(status: number): Failure {
  return {
    class: 'server_error',
    origin: 'upstream',
    message: `The upstream answered with a redirect (HTTP ${status}), which is never followed: the provider's base URL is not the address of its API.`,
    status,
    code: 'redirect',
    maybeBilled: false,
  };
}

function fromEvidence(
  family: ProviderFamily,
  evidence: ErrorEvidence,
  now: number,
  answered: { readonly status?: number; readonly headers?: HintHeaders },
): Failure {
  const headers = answered.headers ?? {};
  const names = [...evidence.names, ...exceptionHeader(headers)];
  const status = evidence.status ?? failedStatus(answered.status) ?? statusOfNames(names);
  const failureClass = applyRules(rulesOf(family), { names, status, text: evidence.text });
  const message =
    scrub(evidence.message) || `The upstream reported an error without a message${where(answered.status)}.`;
  return build(failureClass, message, answered.status, {
    code: evidence.code ?? names.at(-1),
    param: evidence.param,
    retryAfterMs: waitFor(failureClass, headers, evidence, now),
  });
}

/** Gateways that were to stream send an error as an event, whatever its status. */
function eventIn(body: Uint8Array): unknown {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  const [, data] = /^\s*(?:event:[^\n]*\n)?data:([^\n]*)/.exec(text) ?? [];
  return data === undefined ? undefined : parseJsonText(data);
}

/** A body that is no JSON object: a web page, a balancer's line of text, nothing at all. */
function classifyTextBody(family: ProviderFamily, response: FailedResponse, now: number): Failure {
  const { status, headers, body } = response;
  const start = Buffer.from(body.buffer, body.byteOffset, Math.min(body.byteLength, 4 * MAX_PLAIN_TEXT))
    .toString('utf8')
    .trim();
  const html = start.startsWith('<') || String(headers['content-type'] ?? '').includes('text/html');
  const text = html ? '' : start;
  const names = exceptionHeader(headers);
  const evidence: ErrorEvidence = { ...readEvidence(undefined), message: text, text };
  const signs: Signs = { names, status, text };
  // A page with a 403 comes from a firewall before the provider, which has seen no key: not the key's fault.
  const failureClass = html && status === 403 ? 'server_error' : applyRules(rulesOf(family), signs);
  const shown = html ? 'with a web page' : text === '' ? 'with an empty body' : `: ${scrub(text, MAX_PLAIN_TEXT)}`;
  const message = `The upstream answered HTTP ${status}${shown.startsWith(':') ? shown : ` ${shown}.`}`;
  return build(failureClass, message, status, {
    code: names[0],
    param: undefined,
    retryAfterMs: waitFor(failureClass, headers, evidence, now),
  });
}

function build(
  failureClass: FailureClass,
  message: string,
  status: number | undefined,
  more: { code: string | undefined; param: string | undefined; retryAfterMs: number | undefined },
): Failure {
  return {
    class: failureClass,
    origin: 'upstream',
    message,
    // A provider that gave up after its own time limit did the work until then.
    maybeBilled: failureClass === 'timeout' || failureClass === 'invalid_answer',
    ...(status === undefined ? {} : { status }),
    ...(more.code === undefined ? {} : { code: scrub(more.code, 100) }),
    ...(more.param === undefined ? {} : { param: scrub(more.param, 100) }),
    ...(more.retryAfterMs === undefined ? {} : { retryAfterMs: more.retryAfterMs }),
  };
}

/**
 * A wait only where waiting helps: the "22s" beside a spent daily quota is not one. Reset headers are sent with every answer and
 * count only where a rate limit was the reason.
 */
function waitFor(
  failureClass: FailureClass,
  headers: HintHeaders,
  evidence: ErrorEvidence,
  now: number,
): number | undefined {
  if (!FAILURE_TABLE[failureClass].retryable) return undefined;
  const stated = statedWaitMs(headers, evidence, now);
  if (stated !== undefined || failureClass !== 'rate_limited') return stated;
  return resetWaitMs(headers, evidence, now) ?? saidWaitMs(evidence);
}

/** AWS: `x-amzn-errortype: ThrottlingException:http://internal.amazon.com/...` */
function exceptionHeader(headers: HintHeaders): readonly string[] {
  const value = headers['x-amzn-errortype'];
  const name = typeof value === 'string' ? value.split(':', 1)[0] : undefined;
  return name === undefined || name === '' ? [] : [name.slice(0, 200).toLowerCase()];
}

function failedStatus(status: number | undefined): number | undefined {
  return status !== undefined && status >= 400 ? status : undefined;
}

function statusOfNames(names: readonly string[]): number {
  for (const name of names) {
    const status = STATUS_OF_NAME.get(name);
    if (status !== undefined) return status;
  }
  return 0;
}

function where(status: number | undefined): string {
  return status === undefined ? '' : ` (HTTP ${status})`;
}
