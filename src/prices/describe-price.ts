import type { Target } from '../config/config.ts';
import type { Price, Rates } from './price.ts';

/** Of a client's name for a model, what a message repeats. */
const LONGEST_SHOWN = 120;

/** Why a call is refused whose price is not known, and the line of configuration that mends it. */
export function unknownPriceMessage(target: Pick<Target, 'provider' | 'model'>): string {
  const { provider } = target;
  const model = target.model.length > LONGEST_SHOWN ? `${target.model.slice(0, LONGEST_SHOWN)}...` : target.model;
  return (
    `The price of ${JSON.stringify(`${provider}/${model}`)} is not known, so no budget in money can hold for it. Write it into the configuration, ` +
    `in dollars a million tokens: providers: {${provider}: {prices: {${JSON.stringify(model)}: {input: "$3", output: "$15"}}}}; ` +
    `or, where it costs nothing, {free: true} in place of the prices.`
  );
}

/** For a person: `$3 in, $0.3 cached, $3.75 cache write, $15 out per million tokens; genai-prices 0.1.8, since 2026-03-13`. */
export function describePrice(price: Price | undefined, listVersion: string | undefined): string {
  if (price === undefined) return 'price unknown';
  const from = price.source === 'config' ? 'configured' : `genai-prices ${listVersion ?? ''}`.trimEnd();
  const since = price.since === undefined ? '' : `, since ${price.since}`;
  if (price.kind === 'free') return `free; ${from}${since}`;
  const tiers = price.tiers.map((tier) =>
    tier.above < 0 ? describeRates(tier) : `above ${tier.above} input tokens ${describeRates(tier)}`,
  );
  return `${tiers.join('; ')} per million tokens; ${from}${since}`;
}

function describeRates(rates: Rates): string {
  const parts = [`${dollars(rates.input)} in`];
  if (rates.cacheRead !== rates.input) parts.push(`${dollars(rates.cacheRead)} cached`);
  if (rates.cacheWrite5m !== rates.input) parts.push(`${dollars(rates.cacheWrite5m)} cache write`);
  if (rates.cacheWrite1h !== rates.cacheWrite5m) parts.push(`${dollars(rates.cacheWrite1h)} for an hour`);
  if (rates.audioInput !== rates.input) parts.push(`${dollars(rates.audioInput)} audio in`);
  parts.push(`${dollars(rates.output)} out`);
  if (rates.reasoning !== rates.output) parts.push(`${dollars(rates.reasoning)} reasoning`);
  if (rates.audioOutput !== rates.output) parts.push(`${dollars(rates.audioOutput)} audio out`);
  return parts.join(', ');
}

/** Pico-dollars a token as dollars a million tokens. */
function dollars(rate: number): string {
  return `$${rate / 1e6}`;
}
