import type { ConditionalPrice, ModelInfo, ModelPrice } from '@pydantic/genai-prices';
import { completeRates, type FreePrice, type GivenRates, type Rates, type Tier, type TokenPrice } from './price.ts';

/** What the price list says of one model, ready to be asked for a moment's price. */
export interface ListedModel {
  /** Tokens; undefined: the list does not say. */
  readonly contextWindow: number | undefined;
  /** The package's own rule: the last whose condition holds, else the first. */
  readonly prices: readonly [DatedPrice, ...DatedPrice[]];
}

interface DatedPrice {
  readonly holds: (at: Date) => boolean;
  /** Undefined: it has no price a token (speech by the hour, documents by the page), or none is known. */
  readonly price: TokenPrice | FreePrice | undefined;
}

/** An entry of `@pydantic/genai-prices` in whole pico-dollars. */
export function readListed(model: ModelInfo): ListedModel {
  const given: readonly ConditionalPrice[] = Array.isArray(model.prices) ? model.prices : [{ prices: model.prices }];
  const [first = NOTHING, ...rest] = given.map((entry) => readDated(entry, model.id));
  return { contextWindow: model.context_window, prices: [first, ...rest] };
}

/** @param at clock milliseconds */
export function listedPrice(model: ListedModel, at: number): TokenPrice | FreePrice | undefined {
  const { prices } = model;
  if (prices.length === 1) return prices[0].price;
  const moment = new Date(at);
  return (prices.findLast(({ holds }) => holds(moment)) ?? prices[0]).price;
}

const NOTHING: DatedPrice = { holds: () => true, price: undefined };

function readDated({ constraint, prices }: ConditionalPrice, id: string): DatedPrice {
  if (constraint === undefined) return { holds: () => true, price: readPrice(prices, id, undefined) };
  if (constraint.type === 'start_date') {
    const start = Date.parse(constraint.start_date);
    return { holds: (at) => at.getTime() >= start, price: readPrice(prices, id, constraint.start_date) };
  }
  const from = secondsOfDay(constraint.start_time);
  const to = secondsOfDay(constraint.end_time);
  const holds = (at: Date): boolean => {
    const second = (at.getTime() % DAY_MS) / 1000;
    return to < from ? second >= from || second < to : second >= from && second < to;
  };
  return { holds, price: readPrice(prices, id, undefined) };
}

/** An entry without any price is a gap in the list, unless the model's name says that it is free (OpenRouter's `...:free`). */
function readPrice(prices: ModelPrice, id: string, since: string | undefined): TokenPrice | FreePrice | undefined {
  const source = 'genai-prices';
  const [first, ...rest] = startsOf(prices).map((above): Tier | undefined => {
    const rates = ratesAbove(prices, above);
    return rates === undefined ? undefined : { above, ...rates };
  });
  if (first === undefined) return id.endsWith(':free') ? { kind: 'free', source, since } : undefined;
  return { kind: 'priced', source, since, tiers: [first, ...rest.filter((tier) => tier !== undefined)] };
}

/** Where a tier of any of the prices begins. Each of a model's prices may have tiers of its own. */
function startsOf(prices: ModelPrice): number[] {
  const starts = new Set([-1]);
  for (const price of Object.values(prices)) {
    if (typeof price === 'object') for (const { start } of price.tiers) starts.add(start);
  }
  return [...starts].sort((a, b) => a - b);
}

function ratesAbove(prices: ModelPrice, above: number): Rates | undefined {
  const rate = (key: string): number | undefined => picoDollars(prices[key], above);
  const given: GivenRates = {
    input: rate('input_mtok'),
    cacheRead: rate('cache_read_mtok'),
    cacheWrite5m: rate('cache_write_mtok'),
    cacheWrite1h: rate('cache_write_1h_mtok'),
    audioInput: rate('input_audio_mtok'),
    // A chat answer does not say how many of its tokens are a picture: all of them count as one.
    output: dearest(rate('output_mtok'), rate('output_image_mtok'), rate('output_video_mtok')),
    reasoning: rate('output_reasoning_mtok'),
    audioOutput: rate('output_audio_mtok'),
  };
  return completeRates(given);
}

function dearest(...rates: readonly (number | undefined)[]): number | undefined {
  const known = rates.filter((rate) => rate !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

/** Dollars a million tokens to pico-dollars a token. Fractions of those (there are some, a twelfth of a dollar) are rounded up. */
function picoDollars(price: ModelPrice[string], above: number): number | undefined {
  if (price === undefined) return undefined;
  let dollars = typeof price === 'number' ? price : price.base;
  if (typeof price === 'object') for (const tier of price.tiers) if (above >= tier.start) dollars = tier.price;
  const exact = dollars * 1e6;
  // 0.15 * 1e6 is whole, 0.0375 * 1e6 is 37499.99999...
  const nearest = Math.round(exact);
  return Math.abs(exact - nearest) < 1e-6 * Math.max(1, nearest * 1e-6) ? nearest : Math.ceil(exact);
}

const DAY_MS = 86_400_000;
const TIME = /^(\d{2}):(\d{2}):(\d{2})(?:\.\d+)?(?:Z|([+-])(\d{2}):(\d{2}))$/;

/** `"00:30:00Z"`, `"08:00:00+08:00"` to seconds after midnight, UTC. */
function secondsOfDay(time: string): number {
  const match = TIME.exec(time);
  if (match === null) throw new TypeError(`no time of day: ${time}`);
  const [, hours, minutes, seconds, sign, aheadHours = 0, aheadMinutes = 0] = match;
  const local = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  const ahead = (Number(aheadHours) * 60 + Number(aheadMinutes)) * 60 * (sign === '-' ? -1 : 1);
  return (local - ahead + 86_400) % 86_400;
}
