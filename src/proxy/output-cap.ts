import type { Endpoint } from '../dialects/endpoint.ts';
import type { Rung } from './chain.ts';
import type { Exchange } from './exchange.ts';

const NOTHING: Readonly<Record<string, number>> = Object.freeze({});

/** The members by which a request of the target's dialect says the cap that a budget set; none where no budget set one. */
export function cappedMembers(exchange: Exchange, rung: Rung, wire: Endpoint): Readonly<Record<string, number>> {
  const { outputCap, call } = exchange;
  if (outputCap === undefined) return NOTHING;
  if (wire === 'responses') return { max_output_tokens: outputCap };
  if (wire !== 'chat') return { max_tokens: outputCap };
  const given = ['max_completion_tokens', 'max_tokens'].filter((name) => call.body.kind(name) !== undefined);
  if (given.length > 0) return Object.fromEntries(given.map((name) => [name, outputCap]));
  // The older name is refused by OpenAI's reasoning models, the newer one by many others.
  const { family } = rung.provider;
  return family === 'openai' || family === 'azure' ? { max_completion_tokens: outputCap } : { max_tokens: outputCap };
}
