import type { Config, Model, ModelSettings, Provider, Target } from '../config/config.ts';
import { DEFAULT_MODEL_SETTINGS } from '../config/defaults.ts';
import { maskKey } from '../config/keys.ts';
import { isLoopback } from '../config/loopback.ts';
import { formatDuration } from '../config/units.ts';
import { configWarnings } from '../config/warnings.ts';

/** What a configuration means, for a person to read before it serves. Keys are masked. */
export function summarize(config: Config): string {
  const lines = [`${config.source}: OK`, '', `listen  ${address(config)}`, '', 'providers'];
  for (const provider of config.providers.values())
    lines.push(`  ${provider.name}  ${provider.baseUrl}`, `    ${credentials(provider)}`);
  lines.push('', 'models');
  if (config.models.size === 0)
    lines.push('  none configured; clients ask for provider/model or a provider’s own model name');
  for (const model of config.models.values()) lines.push(...describeModel(model));
  lines.push('', 'every other model', ...describeSettings(config.defaults));
  appendList(lines, 'notices', config.notices);
  appendList(lines, 'warnings', configWarnings(config));
  return `${lines.join('\n')}\n`;
}

function address(config: Config): string {
  const { host, port } = config.listen;
  const shown = host.includes(':') ? `[${host}]` : host;
  return `http://${shown}:${port}  ${isLoopback(host) ? '(this machine only)' : '(open to other machines, auth: none)'}`;
}

function credentials(provider: Provider): string {
  const preset = provider.preset === undefined ? '' : `, preset ${provider.preset}`;
  if (provider.passthrough) return `no key: the client’s own is passed on${preset}`;
  if (provider.keys.length === 0) return `no key, none sent${preset}`;
  return `${provider.keys.map((key) => `${key.id} ${maskKey(key.secret)}`).join(', ')}${preset}`;
}

function describeModel(model: Model): string[] {
  const lines = [`  ${model.name}`];
  for (const [index, target] of model.targets.entries()) lines.push(`    ${index + 1}. ${describeTarget(target)}`);
  if (model.fallback.static !== undefined)
    lines.push(`    ${model.targets.length + 1}. a static text, labelled as degraded`);
  lines.push(...describeSettings(model).map((line) => `  ${line}`));
  return lines;
}

function describeTarget(target: Target): string {
  const facts: string[] = [];
  if (target.contextWindow !== undefined) facts.push(`${target.contextWindow} tokens`);
  if (target.capabilities.prefill !== undefined) facts.push(target.capabilities.prefill ? 'prefill' : 'no prefill');
  return facts.length === 0 ? target.id : `${target.id}  (${facts.join(', ')})`;
}

function describeSettings(settings: ModelSettings): string[] {
  const { timeouts, retries, stream, circuit } = settings;
  const timers = `connect ${formatDuration(timeouts.connect)}, first token ${formatDuration(timeouts.firstToken)}, stall ${formatDuration(timeouts.stall)}`;
  const lines = [
    `  timers: ${timers}, total ${formatDuration(timeouts.total)}; embeddings ${formatDuration(timeouts.embeddings)}`,
    `  up to ${retries.max + 1} tries a target; stream commit ${stream.commit}, on break ${stream.onBreak}`,
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
