import { systemClock } from '../clock.ts';
import type { Config, Model, ModelSettings, Provider, Target } from '../config/config.ts';
import { DEFAULT_MODEL_SETTINGS } from '../config/defaults.ts';
import { maskKey } from '../config/keys.ts';
import { isLoopback } from '../config/loopback.ts';
import { formatDuration } from '../config/units.ts';
import { configWarnings } from '../config/warnings.ts';
import { CAPABILITIES } from '../dialects/capability.ts';
import { describePrice } from '../prices/describe-price.ts';
import { PriceBook } from '../prices/price-book.ts';
import { embedderWarnings } from './embedder-warnings.ts';
import { priceWarnings } from './price-warnings.ts';
import { summarizeCache } from './summarize-cache.ts';
import { summarizeRouting } from './summarize-routing.ts';
import { summarizeTenants } from './summarize-tenants.ts';

/**
 * What a configuration means, for a person to read before it serves. Keys are masked.
 *
 * @param prices knows more of the models where it is loaded
 */
export function summarize(config: Config, prices: PriceBook = new PriceBook()): string {
  const lines = [`${config.source}: OK`, '', `listen  ${address(config)}`, '', 'providers'];
  for (const provider of config.providers.values())
    lines.push(`  ${provider.name}  ${provider.baseUrl}`, `    ${credentials(provider)}`);
  lines.push('', 'models');
  if (config.models.size === 0)
    lines.push('  none configured; clients ask for provider/model or a provider’s own model name');
  for (const model of config.models.values()) lines.push(...describeModel(model, config, prices));
  lines.push('', 'every other model', ...describeSettings(config.defaults));
  lines.push(...summarizeRouting(config), ...summarizeCache(config), ...summarizeTenants(config));
  appendList(lines, 'notices', config.notices);
  appendList(lines, 'warnings', [
    ...configWarnings(config),
    ...embedderWarnings(config),
    ...priceWarnings(config, prices),
  ]);
  return `${lines.join('\n')}\n`;
}

function address(config: Config): string {
  const { host, port } = config.listen;
  const shown = host.includes(':') ? `[${host}]` : host;
  return `http://${shown}:${port}  ${isLoopback(host) ? '(this machine only)' : `(open to other machines, ${config.auth === 'none' ? 'auth: none' : 'with a key'})`}`;
}

function credentials(provider: Provider): string {
  const preset = provider.preset === undefined ? '' : `, preset ${provider.preset}`;
  if (provider.passthrough) return `no key: the client’s own is passed on${preset}`;
  if (provider.keys.length === 0) return `no key, none sent${preset}`;
  return `${provider.keys.map((key) => `${key.id} ${maskKey(key.secret)}`).join(', ')}${preset}`;
}

function describeModel(model: Model, config: Config, prices: PriceBook): string[] {
  const lines = [`  ${model.name}`];
  for (const [index, target] of model.targets.entries()) {
    const provider = config.providers.get(target.provider);
    const listed = provider === undefined ? undefined : prices.contextWindow(provider, target.model);
    lines.push(`    ${index + 1}. ${describeTarget(target, target.contextWindow ?? listed)}`);
    const price = provider === undefined ? undefined : prices.price(provider, target, systemClock.now());
    if (price !== undefined || prices.loaded) lines.push(`       ${describePrice(price, prices.version)}`);
  }
  if (model.fallback.static !== undefined)
    lines.push(`    ${model.targets.length + 1}. a static text, labelled as degraded`);
  lines.push(...describeSettings(model).map((line) => `  ${line}`));
  return lines;
}

/** What is known of a target: its window, its cap, what it lacks. A prefill is told where it works, too: few take one. */
function describeTarget(target: Target, contextWindow: number | undefined): string {
  const { maxOutputTokens, speaks, capabilities } = target;
  const facts: string[] = [];
  if (contextWindow !== undefined) facts.push(`${contextWindow} tokens`);
  if (maxOutputTokens !== undefined) facts.push(`answers up to ${maxOutputTokens}`);
  if (speaks !== undefined) facts.push(`${speaks.join(', ')} only`);
  if (capabilities.prefill === true) facts.push('prefill');
  for (const capability of CAPABILITIES) if (capabilities[capability] === false) facts.push(`no ${capability}`);
  return facts.length === 0 ? target.id : `${target.id}  (${facts.join(', ')})`;
}

function describeSettings(settings: ModelSettings): string[] {
  const { timeouts, retries, stream, circuit } = settings;
  const timers = `connect ${formatDuration(timeouts.connect)}, first token ${formatDuration(timeouts.firstToken)}, stall ${formatDuration(timeouts.stall)}`;
  const lines = [
    `  timers: ${timers}, total ${formatDuration(timeouts.total)}; embeddings ${formatDuration(timeouts.embeddings)}`,
    `  ${retries.max === 0 ? 'one try' : `up to ${retries.max + 1} tries`} a target; stream commit ${stream.commit}, on break ${stream.onBreak}`,
    `  circuit opens at ${circuit.failures} failures in a row or ${circuit.rate * 100}% of at least ${circuit.minimumVolume} calls in ` +
      `${formatDuration(circuit.window)}, for ${formatDuration(circuit.openFor)} up to ${formatDuration(circuit.maxOpenFor)}`,
  ];
  const { hedge, validate, fallbackOn } = settings;
  if (hedge !== DEFAULT_MODEL_SETTINGS.hedge) lines.push('  hedges slow first tokens');
  if (validate.length > 0) lines.push(`  checks answers: ${validate.join(', ')}`);
  if (fallbackOn.length > 0) lines.push(`  also falls back on: ${fallbackOn.join(', ')}`);
  return lines;
}

function appendList(lines: string[], title: string, items: readonly string[]): void {
  if (items.length > 0) lines.push('', title, ...items.map((item) => `  - ${item}`));
}
