const DURATION_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const SIZE_BYTES: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1000,
  KB: 1000,
  MB: 1000 ** 2,
  GB: 1000 ** 3,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
};

/** Node's timers overflow past this and fire at once: a timeout of 25 days would be one of a millisecond. */
export const MAX_DURATION_MS = 2 ** 31 - 1;

export const DURATION_PATTERN = '^\\d+(\\.\\d+)?(ms|s|m|h|d)$';
export const SIZE_PATTERN = '^\\d+(\\.\\d+)?(B|kB|KB|MB|GB|KiB|MiB|GiB)$';

const DURATION = new RegExp(DURATION_PATTERN);
const SIZE = new RegExp(SIZE_PATTERN);

/** A parsed quantity, or the reason it is none: shown to the operator behind the value. */
export type Quantity = { readonly ok: true; readonly value: number } | { readonly ok: false; readonly reason: string };

/** `"3s"`, `"500ms"`, `"1.5m"`, `"24h"`, `"7d"` to whole milliseconds. */
export function parseDuration(input: unknown): Quantity {
  if (isBareNumber(input)) return refuse(`a duration needs a unit: ${suggestDuration(Number(input))}`);
  const parsed = parse(input, DURATION, DURATION_MS);
  if (parsed === undefined) return refuse('expected a duration such as "500ms", "3s", "10m" or "24h"');
  if (parsed > MAX_DURATION_MS) return refuse('too long: a timer holds at most 24 days');
  return { ok: true, value: parsed };
}

/** `"32MiB"`, `"16KiB"`, `"1MB"` to whole bytes. */
export function parseSize(input: unknown): Quantity {
  if (isBareNumber(input)) return refuse(`a size needs a unit: write "${formatSize(Number(input))}"`);
  const parsed = parse(input, SIZE, SIZE_BYTES);
  if (parsed === undefined) return refuse('expected a size such as "16KiB" or "32MiB"');
  return { ok: true, value: parsed };
}

/** The shortest exact spelling: 90000 -> `90s`, 600000 -> `10m`, 0 -> `0s`. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s';
  return spell(ms, DURATION_MS, ['d', 'h', 'm', 's', 'ms'], 'ms');
}

/** The shortest exact spelling: 33554432 -> `32MiB`. */
export function formatSize(bytes: number): string {
  return spell(bytes, SIZE_BYTES, ['GiB', 'MiB', 'KiB', 'B'], 'B');
}

function parse(input: unknown, pattern: RegExp, units: Readonly<Record<string, number>>): number | undefined {
  if (typeof input !== 'string') return undefined;
  const match = pattern.exec(input);
  if (match === null) return undefined;
  const factor = units[match.at(-1) ?? ''];
  if (factor === undefined) return undefined;
  // "1.1s" is 1100.0000000000002 in floating point.
  const value = Math.round(Number.parseFloat(input) * factor);
  return Number.isSafeInteger(value) ? value : undefined;
}

function isBareNumber(input: unknown): boolean {
  return (typeof input === 'number' && input >= 0) || (typeof input === 'string' && /^\d+(\.\d+)?$/.test(input));
}

function suggestDuration(value: number): string {
  // 3000 was most likely meant in milliseconds, 30 in seconds.
  if (value >= 1000) return `write "${formatDuration(value)}" for ${value} milliseconds`;
  return `write "${value}s" for seconds or "${value}ms" for milliseconds`;
}

function spell(
  value: number,
  units: Readonly<Record<string, number>>,
  order: readonly string[],
  smallest: string,
): string {
  const unit = order.find((name) => value % (units[name] ?? 1) === 0 && value !== 0) ?? smallest;
  return `${value / (units[unit] ?? 1)}${unit}`;
}

function refuse(reason: string): Quantity {
  return { ok: false, reason };
}
