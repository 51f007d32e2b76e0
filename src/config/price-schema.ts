import * as z from 'zod';
import { CONFIGURED_FREE, completeRates, configuredPrice, DEAREST_RATE, type Price } from '../prices/price.ts';
import { PRESET_NAMES, type PresetName } from '../providers/presets.ts';
import type { Report } from './path.ts';
import { flag, oneOf, shaped } from './schema-types.ts';

/** What the operator says of a provider's prices. */
export interface ProviderPrices {
  /** Nothing it does costs anything. */
  readonly free: boolean;
  /** It charges what this provider charges: a gateway, or a regional address. */
  readonly like: PresetName | undefined;
  /** By the model's name or a pattern of it (`*`: anything), in the order written. */
  readonly models: readonly (readonly [pattern: string, price: Price])[];
}

const PRICE_PATTERN = '^\\$\\d{1,9}(\\.\\d{1,9})?(/(M|K))?$';
const PRICE = new RegExp(PRICE_PATTERN);
const EXAMPLE = 'expected dollars for a million tokens such as "$3" or "$0.15/M", or for a thousand: "$0.003/K"';

/** A price a token, in whole pico-dollars: `"$3"` and `"$3/M"` are 3,000,000. */
function tokenPrice(description: string) {
  return shaped<number>(
    readTokenPrice,
    {
      anyOf: [
        { type: 'string', pattern: PRICE_PATTERN },
        { type: 'string', pattern: '\\$\\{[A-Za-z_]' },
      ],
    },
    description,
  );
}

const tokenPrices = {
  input: tokenPrice('Input, dollars for a million tokens, such as "$3".').optional(),
  cachedInput: tokenPrice('Input read from the provider’s cache. Default: as input.').optional(),
  cacheWrite: tokenPrice('Input written to the provider’s cache. Default: as input.').optional(),
  cacheWrite1h: tokenPrice('Input written to its cache for an hour. Default: as cacheWrite.').optional(),
  output: tokenPrice('Output, reasoning included.').optional(),
  reasoning: tokenPrice('Output that is reasoning. Default: as output.').optional(),
};

export const priceSchema = z
  .strictObject(tokenPrices)
  .meta({ description: 'What the target costs, where the built-in price list does not know it or is wrong.' });

const modelPriceSchema = z.strictObject({ ...tokenPrices, free: flag('It costs nothing.').optional() });

/** The options of a provider that are about prices. */
export const providerPriceOptions = {
  prices: z
    .record(z.string(), modelPriceSchema)
    .meta({ description: 'Prices by model name, or by a pattern such as "llama-*".' })
    .optional(),
  pricesLike: oneOf(
    PRESET_NAMES,
    'It charges what this known provider charges. For a gateway or a regional address of it.',
  ).optional(),
  free: flag('Nothing it does costs anything: a server of your own. Default false.').optional(),
};

/** The options of a target that are about its price. */
export const targetPriceOptions = {
  price: priceSchema.optional(),
  free: flag('It costs nothing. Default false.').optional(),
};

type PriceShape = z.output<typeof priceSchema>;

/** @returns undefined where nothing is said, or what is said is wrong and was reported */
export function buildPrice(
  given: PriceShape | undefined,
  free: boolean | undefined,
  at: readonly string[],
  report: Report,
): Price | undefined {
  if (free === true) {
    if (given !== undefined && Object.values(given).some((rate) => rate !== undefined))
      report(at, 'is both free and priced');
    return CONFIGURED_FREE;
  }
  if (given === undefined) return undefined;
  const { input, cachedInput: cacheRead, cacheWrite: cacheWrite5m, cacheWrite1h, output, reasoning } = given;
  const rates =
    output === undefined
      ? undefined
      : completeRates({ input, cacheRead, cacheWrite5m, cacheWrite1h, output, reasoning });
  if (rates === undefined) {
    report(at, 'needs both input and output, such as {input: "$3", output: "$15"}');
    return undefined;
  }
  if (Object.values(rates).every((rate) => rate === 0)) {
    report(at, 'is nothing at all; if it is free, write free: true');
    return undefined;
  }
  return configuredPrice(rates);
}

/** @param report is told paths that begin below the provider's name */
export function buildProviderPrices(
  given: {
    readonly prices?: Readonly<Record<string, z.output<typeof modelPriceSchema>>> | undefined;
    readonly pricesLike?: PresetName | undefined;
    readonly free?: boolean | undefined;
  },
  report: Report,
): ProviderPrices {
  if (given.free === true && given.pricesLike !== undefined) report(['pricesLike'], 'it is free already');
  const models: [string, Price][] = [];
  for (const [pattern, { free, ...rates }] of Object.entries(given.prices ?? {})) {
    const price = buildPrice(rates, free, ['prices', pattern], report);
    if (price !== undefined) models.push([pattern, price]);
  }
  return { free: given.free ?? false, like: given.pricesLike, models };
}

function readTokenPrice(input: unknown): { ok: true; value: number } | { ok: false; reason: string } {
  if (typeof input === 'number' || (typeof input === 'string' && /^\d+(\.\d+)?$/.test(input))) {
    return { ok: false, reason: `a price needs a unit: "$${input}" for dollars a million tokens` };
  }
  if (typeof input !== 'string' || !PRICE.test(input)) return { ok: false, reason: EXAMPLE };
  const [amount = '', per] = input.slice(1).split('/');
  const decimals = per === 'K' ? 9 : 6;
  if ((amount.split('.')[1]?.length ?? 0) > decimals) {
    return { ok: false, reason: `has more than ${decimals} decimals` };
  }
  // "$0.15" is 150000.00000000003 in floating point.
  const whole = Math.round(Number(amount) * 10 ** decimals);
  if (whole > DEAREST_RATE) return { ok: false, reason: 'dearer than $1,000,000 a million tokens; is the unit right?' };
  return { ok: true, value: whole };
}
