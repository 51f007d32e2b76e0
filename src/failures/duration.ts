/** Longer header values are not durations; refusing them keeps every pattern here cheap. */
const MAX_LENGTH = 64;
const NUMBER = /^\d+(?:\.\d+)?$/;
const GO_DURATION = /^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h|d))+$/;
const GO_PART = /(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d)/g;
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/;
const HTTP_DATE = /^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6},? /i;

/** Numbers from here on are moments (seconds since 1970), not spans: OpenRouter and others send both under the same name. */
const EPOCH_SECONDS = 1e9;
const EPOCH_MILLISECONDS = 1e12;

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** A non-negative decimal without sign, exponent or blanks; anything else is undefined. Never NaN, never infinite. */
export function parseDecimal(value: string): number | undefined {
  const text = value.trim();
  if (text.length > MAX_LENGTH || !NUMBER.test(text)) return undefined;
  const number = Number(text);
  return Number.isFinite(number) ? number : undefined;
}

/** Go's `time.Duration` as text: `12ms`, `6m0s`, `1h2m3.5s` (OpenAI, Groq), and protobuf's `22s`. Milliseconds. */
export function parseGoDuration(value: string): number | undefined {
  const text = value.trim();
  if (text.length > MAX_LENGTH || !GO_DURATION.test(text)) return undefined;
  let ms = 0;
  for (const [, amount = '', unit = ''] of text.matchAll(GO_PART)) ms += Number(amount) * (UNIT_MS[unit] ?? 0);
  return Number.isFinite(ms) ? ms : undefined;
}

/** Milliseconds from `now` until an HTTP date (RFC 9110) or an RFC 3339 timestamp; 0 when it has passed. */
export function untilDate(value: string, now: number): number | undefined {
  const text = value.trim();
  if (text.length > MAX_LENGTH || !(HTTP_DATE.test(text) || RFC_3339.test(text))) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}

/** When a rate-limit window resets, in any form seen: seconds, a Go duration, a date, or a moment since 1970. Milliseconds from `now`. */
export function untilReset(value: string, now: number): number | undefined {
  const number = parseDecimal(value);
  if (number === undefined) return parseGoDuration(value) ?? untilDate(value, now);
  if (number >= EPOCH_MILLISECONDS) return Math.max(0, number - now);
  if (number >= EPOCH_SECONDS) return Math.max(0, number * 1_000 - now);
  return number * 1_000;
}
