const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};
const SPAN = /^(\d{1,6}(?:\.\d{1,3})?)(s|m|h|d|w)$/;
/** Ten years. */
const LONGEST_MS = 3_650 * 86_400_000;

/**
 * `90d`, `24h`, `2w` in milliseconds; undefined where it is none, or is longer than ten years. Unlike the configuration's durations it is
 * no timer's, which end after 24 days.
 */
export function parseSpan(text: string): number | undefined {
  const match = SPAN.exec(text);
  const ms = Math.round(Number(match?.[1]) * (UNIT_MS[match?.[2] ?? ''] ?? Number.NaN));
  return ms >= 0 && ms <= LONGEST_MS ? ms : undefined;
}

/** A moment in the past: so long ago (`7d`), or an ISO date. Clock milliseconds; undefined where it is neither. */
export function parseSince(text: string, now: number): number | undefined {
  const span = parseSpan(text);
  if (span !== undefined) return now - span;
  const at = /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2})?)?$/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(at) ? undefined : at;
}
