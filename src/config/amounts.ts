import type { Reading } from './schema-types.ts';
import { BUDGET_UNITS, type BudgetUnit, type RateRule } from './tenant-config.ts';

export interface Amount {
  readonly unit: BudgetUnit;
  /** Nano-dollars, tokens or requests. */
  readonly limit: number;
}

const NANOS = 1_000_000_000;
const DECIMALS = 9;
/** In nano-dollars it must stay a whole number that a double holds exactly (2^53 is 9.007e15). */
export const MAX_DOLLARS = 9_000_000;
/** The same for tokens and requests. */
const MAX_COUNT = 9_000_000_000_000_000;

export const MONEY_PATTERN = '\\$\\s?\\d{1,9}(\\.\\d{1,9})?|\\d{1,9}(\\.\\d{1,9})?\\s?USD';
const COUNT_PATTERN = '\\d+(\\.\\d+)?\\s?[kMG]?';
export const PERIOD_MS: Readonly<Record<string, number>> = {
  second: 1000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
};
const FACTOR: Readonly<Record<string, number>> = { '': 1, k: 1000, M: 1_000_000, G: 1_000_000_000 };

export const AMOUNT_PATTERN = `^(${MONEY_PATTERN}|${COUNT_PATTERN}\\s(tokens?|requests?))$`;
export const RATE_PATTERN = `^${COUNT_PATTERN}\\s?/\\s?(${Object.keys(PERIOD_MS).join('|')})$`;
export const PERCENT_PATTERN = '^\\d{1,3}(\\.\\d{1,6})?%$';
export const TIMES_PATTERN = '^\\d{1,4}(\\.\\d{1,6})?x$';

const MONEY = /^(?:\$\s?(\d{1,9})(?:\.(\d{1,9}))?|(\d{1,9})(?:\.(\d{1,9}))?\s?USD)$/;
const COUNT = /^(\d+(?:\.\d+)?)\s?([kMG]?)\s(token|request)s?$/;
const RATE = /^(\d+(?:\.\d+)?)\s?([kMG]?)\s?\/\s?([a-z]+)$/;
const PERCENT = new RegExp(PERCENT_PATTERN);
const TIMES = new RegExp(TIMES_PATTERN);

/** `$50`, `0.50 USD`, `2M tokens`, `1000 requests`. */
export function parseAmount(input: unknown): Reading<Amount> {
  if (typeof input !== 'string') return refuse(AMOUNT_EXPECTED);
  const money = parseMoney(input);
  if (money !== undefined) {
    if (money > MAX_DOLLARS * NANOS) return refuse(`at most $${MAX_DOLLARS}`);
    return money < 1 ? refuse('must be above zero') : { ok: true, value: { unit: 'usd', limit: money } };
  }
  const match = COUNT.exec(input);
  if (match === null) return refuse(AMOUNT_EXPECTED);
  const limit = count(match[1], match[2]);
  const unit = BUDGET_UNITS.find((name) => name === `${match[3]}s`);
  if (limit === undefined || unit === undefined) return refuse('expected a whole number, above zero');
  return { ok: true, value: { unit, limit } };
}

const AMOUNT_EXPECTED = 'expected money, tokens or requests, such as "$5", "2M tokens" or "1000 requests"';

/** `600/minute`, `2M/minute`, `10/second`. */
export function parseRate(input: unknown): Reading<RateRule> {
  const match = typeof input === 'string' ? RATE.exec(input) : null;
  const period = match?.[3] ?? '';
  const periodMs = Object.hasOwn(PERIOD_MS, period) ? PERIOD_MS[period] : undefined;
  if (match === null || periodMs === undefined)
    return refuse('expected a rate such as "10/second", "600/minute", "2M/minute" or "5000/hour"');
  const limit = count(match[1], match[2]);
  return limit === undefined
    ? refuse('expected a whole number, above zero, before the "/"')
    : { ok: true, value: { limit, periodMs, period } };
}

/** `80%` to 0.8. */
export function parsePercent(input: unknown): Reading<number> {
  const value = typeof input === 'string' && PERCENT.test(input) ? Number.parseFloat(input) / 100 : 0;
  return value > 0 && value <= 1 ? { ok: true, value } : refuse('expected a percentage such as "80%"');
}

/** `3x` to 3. */
export function parseTimes(input: unknown): Reading<number> {
  const value = typeof input === 'string' && TIMES.test(input) ? Number.parseFloat(input) : 0;
  return value > 1 ? { ok: true, value } : refuse('expected a multiple above one, such as "3x"');
}

/** Nano-dollars as a person reads them: at least two decimals, at most six, rounded. `$0.50`, `$0.004215`. */
export function formatMoney(nanos: number): string {
  const micros = Math.round(Math.abs(nanos) / 1000);
  const decimals = String(micros % 1_000_000)
    .padStart(6, '0')
    .replace(/0{1,4}$/, '');
  return `${nanos < 0 ? '-' : ''}$${Math.floor(micros / 1_000_000)}.${decimals}`;
}

/** `$5.00`, `2000000 tokens`, `1 request`. */
export function formatAmount(unit: BudgetUnit, amount: number): string {
  if (unit === 'usd') return formatMoney(amount);
  return `${amount} ${amount === 1 ? unit.slice(0, -1) : unit}`;
}

/** Exact: no float ever holds the dollars. */
function parseMoney(text: string): number | undefined {
  const match = MONEY.exec(text);
  if (match === null) return undefined;
  const [, dollars = match[3] ?? '0', fraction = match[4] ?? ''] = match;
  return Number(dollars) * NANOS + Number(fraction.padEnd(DECIMALS, '0'));
}

function count(digits: string | undefined, suffix: string | undefined): number | undefined {
  // "1.1M" is 1100000.0000000002 in floating point.
  const exact = Number(digits) * (FACTOR[suffix ?? ''] ?? 1);
  const value = Math.round(exact);
  return Math.abs(exact - value) < 1e-6 && value >= 1 && value <= MAX_COUNT ? value : undefined;
}

function refuse(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason };
}
