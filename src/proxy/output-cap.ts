import type { Endpoint } from '../dialects/endpoint.ts';
import type { ProviderFamily } from '../failures/family.ts';
import type { Rung } from './chain.ts';
import type { Exchange } from './exchange.ts';

const NOTHING: Readonly<Record<string, number>> = Object.freeze({});

/**
 * Servers that pass over the newer name of the cap and write on: measured at DeepSeek in August 2026; the local ones document the older
 * name only. They are told by both.
 */
const HEEDS_OLDER_NAME: ReadonlySet<ProviderFamily> = new Set(['deepseek', 'ollama', 'lmstudio']);

/** The members by which a request of the target's dialect says its cap, where a budget set one or the target would not heed the client's. */
export function cappedMembers(exchange: Exchange, rung: Rung, wire: Endpoint): Readonly<Record<string, number>> {
  const { outputCap, call } = exchange;
  if (outputCap === undefined) return inOlderWords(exchange, rung, wire);
  if (wire === 'responses') return { max_output_tokens: outputCap };
  if (wire !== 'chat') return { max_tokens: outputCap };
  const { family } = rung.provider;
  const given = ['max_completion_tokens', 'max_tokens'].filter((name) => call.body.kind(name) === 'number');
  if (given.length > 0 && HEEDS_OLDER_NAME.has(family)) given.push('max_tokens');
  if (given.length > 0) return Object.fromEntries(given.map((name) => [name, outputCap]));
  // The older name is refused by OpenAI's reasoning models, the newer one by many others.
  return family === 'openai' || family === 'azure' ? { max_completion_tokens: outputCap } : { max_tokens: outputCap };
}

/** The client's own cap, where it named it by the newer name only. */
function inOlderWords(
  { call, endpoint }: Exchange,
  { provider }: Rung,
  wire: Endpoint,
): Readonly<Record<string, number>> {
  if (!HEEDS_OLDER_NAME.has(provider.family) || wire !== 'chat' || endpoint !== 'chat') return NOTHING;
  const { body, maxTokens } = call;
  return maxTokens === undefined || body.kind('max_tokens') === 'number' ? NOTHING : { max_tokens: maxTokens };
}
