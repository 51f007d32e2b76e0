import { parseDecimal, parseGoDuration, untilDate, untilReset } from './duration.ts';
import { type ErrorEvidence, readEvidence } from './evidence.ts';
import { isRecord } from './json-record.ts';

/** Response headers with lower-cased names, as node gives them. */
export type HintHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The longest cooldown taken from a provider's word, milliseconds. A `retry-after-ms` of 3.2 days has been seen. */
export const MAX_HINT_MS = 3_600_000;
/** The longest `retry-after` a client is told, milliseconds: the official SDKs ignore a longer one and retry at once. */
export const CLIENT_RETRY_AFTER_CAP_MS = 60_000;

const MAX_HEADER_NAME = 64;
/** OpenAI, Groq, Azure (also spelled `x-rate-limit-`), Anthropic, Mistral, the IETF draft: what comes before and after `reset`. */
const RESET_HEADER = /^((?:x-)?rate-?limit|anthropic-ratelimit|(?:x-)?ratelimitbysize)(-[a-z-]+)?-reset(-[a-z-]+)?$/;
/** "Please retry after 22 seconds" (Azure), "Please try again in 7m12.3s" (OpenAI, Groq), "Please retry in 22.5s" (Gemini). */
const SAID_WAIT =
  /\b(?:retry|try again) (?:after|in) (\d[\d.]{0,15})\s?(ms|milliseconds?|s|seconds?|m(?=\d|\b)|minutes?|h(?=\d|\b)|hours?)([\dhms.]{0,20})/i;

/**
 * The least wait a provider asks for, milliseconds, from 0 to {@link MAX_HINT_MS}; undefined where it says nothing usable.
 * In this order, the first that can be read wins:
 *
 * 1. `retry-after-ms`, then `retry-after` (seconds, decimal, HTTP date);
 * 2. the body: Gemini's `RetryInfo`, then the headers OpenRouter passes on in `metadata.headers`;
 * 3. the reset headers of rate limits whose `remaining` is 0, the latest of them, since all must have reset; where none says 0,
 *    the latest of those that have no `remaining` beside them;
 * 4. the message's own words ("Please retry after 22 seconds").
 *
 * Signs, exponents, NaN and text are not waits; a date that has passed is a wait of 0; what is too long is cut to an hour.
 *
 * @param body the parsed error body, of any shape
 * @param now milliseconds since 1970
 */
export function retryAfterMs(headers: HintHeaders, body: unknown, now: number): number | undefined {
  const evidence = readEvidence(body);
  return statedWaitMs(headers, evidence, now) ?? resetWaitMs(headers, evidence, now) ?? saidWaitMs(evidence);
}

/** The wait the provider states for this very answer (1 and 2 above, without the reset headers). */
export function statedWaitMs(headers: HintHeaders, evidence: ErrorEvidence, now: number): number | undefined {
  return clamp(
    retryAfterHeaders(headers, now) ?? retryInfo(evidence.retryDelay) ?? passedOn(evidence, now, retryAfterHeaders),
  );
}

/** The wait until an exhausted rate limit resets (3 above). Means something only where a rate limit was what failed. */
export function resetWaitMs(headers: HintHeaders, evidence: ErrorEvidence, now: number): number | undefined {
  return clamp(resetHeaders(headers, now) ?? passedOn(evidence, now, resetHeaders));
}

/** The wait the message speaks of (4 above). */
export function saidWaitMs(evidence: ErrorEvidence): number | undefined {
  const found = SAID_WAIT.exec(evidence.message);
  if (found === null) return undefined;
  const [, amount = '', unit = '', rest = ''] = found;
  const short = /^mi?l?l?i?s/i.test(unit) ? 'ms' : unit.charAt(0).toLowerCase();
  return clamp(parseGoDuration(`${amount.replace(/\.$/, '')}${short}${rest.replace(/\.$/, '')}`));
}

function clamp(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.min(Math.ceil(ms), MAX_HINT_MS);
}

function retryAfterHeaders(headers: HintHeaders, now: number): number | undefined {
  const inMs = first(headers['retry-after-ms']);
  const ms = inMs === undefined ? undefined : parseDecimal(inMs);
  if (ms !== undefined) return ms;
  const value = first(headers['retry-after']);
  if (value === undefined) return undefined;
  const seconds = parseDecimal(value);
  return seconds === undefined ? untilDate(value, now) : seconds * 1_000;
}

/** Protobuf JSON writes a duration as `"22.5s"`; some gateways as `{seconds, nanos}`. */
function retryInfo(delay: unknown): number | undefined {
  if (typeof delay === 'string') return parseGoDuration(delay);
  if (!isRecord(delay)) return undefined;
  const seconds = parseDecimal(String(delay.seconds ?? 0));
  const nanos = parseDecimal(String(delay.nanos ?? 0));
  return seconds === undefined || nanos === undefined ? undefined : seconds * 1_000 + nanos / 1e6;
}

function resetHeaders(headers: HintHeaders, now: number): number | undefined {
  let exhausted: number | undefined;
  let alone: number | undefined;
  for (const name in headers) {
    if (name.length > MAX_HEADER_NAME || !RESET_HEADER.test(name)) continue;
    const reset = first(headers[name]);
    const wait = reset === undefined ? undefined : untilReset(reset, now);
    if (wait === undefined) continue;
    const remaining = first(headers[name.replace('-reset', '-remaining')]);
    if (remaining === undefined) alone = Math.max(alone ?? 0, wait);
    else if (parseDecimal(remaining) === 0) exhausted = Math.max(exhausted ?? 0, wait);
  }
  return exhausted ?? alone;
}

function passedOn(
  evidence: ErrorEvidence,
  now: number,
  read: (headers: HintHeaders, now: number) => number | undefined,
): number | undefined {
  if (evidence.headers === undefined) return undefined;
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(evidence.headers)) {
    if (typeof value === 'string' || typeof value === 'number') headers[name.toLowerCase()] = String(value);
  }
  return read(headers, now);
}

function first(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' || value === undefined ? value : value[0];
}
