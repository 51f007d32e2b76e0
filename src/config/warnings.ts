import type { Config, Model, Provider } from './config.ts';
import { isLoopback } from './loopback.ts';
import { routingWarnings } from './routing-warnings.ts';
import { tenantWarnings } from './tenant-warnings.ts';

/** What is allowed and probably not meant, for `breakwater check`. */
export function configWarnings(config: Config): readonly string[] {
  const warnings: string[] = [];
  for (const provider of config.providers.values()) warnings.push(...providerWarnings(provider));
  const untried = [...config.providers.values()].flatMap((provider) =>
    provider.verified || provider.preset === undefined ? [] : provider.preset,
  );
  if (untried.length > 0) {
    const names = [...new Set(untried)].join(', ');
    warnings.push(
      `presets ${names}: written from public documentation, not tried against the live services (docs/providers.md)`,
    );
  }
  for (const model of config.models.values()) warnings.push(...modelWarnings(model));
  warnings.push(...routingWarnings(config), ...tenantWarnings(config));
  return warnings;
}

function providerWarnings(provider: Provider): string[] {
  const at = `providers.${provider.name}`;
  const warnings: string[] = [];
  const { protocol, hostname } = new URL(provider.baseUrl);
  if (protocol === 'http:' && !isLoopback(hostname) && (provider.keys.length > 0 || provider.passthrough)) {
    warnings.push(`${at}: keys travel unencrypted to ${provider.baseUrl}`);
  }
  if (provider.passthrough) warnings.push(`${at}: has no key; the client’s own Authorization is passed on`);
  return warnings;
}

function modelWarnings(model: Model): string[] {
  const at = `models.${model.name}`;
  const warnings: string[] = [];
  const providers = new Set(model.targets.map((target) => target.provider));
  if (model.targets.length === 1 && model.fallback.static === undefined) {
    warnings.push(`${at}: one target and no fallback; when it is down, so is the model`);
  } else if (model.targets.length > 1 && providers.size === 1) {
    warnings.push(`${at}: every target is at ${[...providers].join()}; an outage there takes all of them`);
  }
  if (model.targets.length === 1 && model.hedge) warnings.push(`${at}: hedge needs a second target`);
  if (model.targets.length === 1 && model.fallbackOn.length > 0)
    warnings.push(`${at}: fallbackOn needs a second target`);
  if (model.stream.commit === 'complete' && model.stream.onBreak === 'resume') {
    warnings.push(`${at}: with commit: complete nothing is shown before it is whole, so onBreak: resume has no effect`);
  }
  if (model.timeouts.total < model.timeouts.firstToken) warnings.push(`${at}: timeouts.total is below firstToken`);
  return warnings;
}
