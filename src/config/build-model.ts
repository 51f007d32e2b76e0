import { factsOf } from '../providers/model-facts.ts';
import { isPresetName, PRESETS, type PresetName } from '../providers/presets.ts';
import { buildRouteCache } from './build-cache.ts';
import type { EmbedderConfig, SemanticSettings } from './cache-config.ts';
import type { Model, ModelSettings, Provider, Target } from './config.ts';
import type { ConfigDocument } from './document.ts';
import type { Path } from './path.ts';
import { buildPrice } from './price-schema.ts';
import type { ModelShape, SettingsShape } from './schema.ts';
import { didYouMean } from './suggest.ts';

/** Whatever a client can send as `model` and read back in a header. */
const NAME = /^[\x21-\x7e]{1,200}$/;

/** What a chain is checked against. */
export interface ModelContext {
  readonly document: ConfigDocument;
  /** Providers that could be built. */
  readonly providers: ReadonlyMap<string, Provider>;
  /** Every provider that is written, also one with errors of its own. */
  readonly providerNames: ReadonlySet<string>;
  readonly modelNames: ReadonlySet<string>;
  readonly defaults: ModelSettings;
  /** What a route's semantic cache has that says no more. */
  readonly semantic: SemanticSettings;
  /** Something makes vectors for semantic caches. */
  readonly hasEmbedder: boolean;
  readonly embedder: EmbedderConfig | undefined;
}

/** Fills in what is not said. Sections are merged option by option; lists replace. */
export function mergeSettings(
  base: ModelSettings,
  given: SettingsShape,
  document: ConfigDocument,
  path: Path,
): ModelSettings {
  const settings: ModelSettings = {
    timeouts: merge(base.timeouts, given.timeouts),
    retries: merge(base.retries, given.retries),
    stream: merge(base.stream, given.stream),
    circuit: merge(base.circuit, given.circuit),
    hedge: given.hedge ?? base.hedge,
    validate: [...new Set(given.validate ?? base.validate)],
    fallbackOn: [...new Set(given.fallbackOn ?? base.fallbackOn)],
    cache: base.cache,
  };
  if (settings.circuit.maxOpenFor < settings.circuit.openFor) {
    const option = given.circuit?.maxOpenFor === undefined ? 'openFor' : 'maxOpenFor';
    document.report([...path, 'circuit', option], 'maxOpenFor is below openFor');
  }
  if (settings.timeouts.connect > settings.timeouts.total) {
    const option = given.timeouts?.total === undefined ? 'connect' : 'total';
    document.report([...path, 'timeouts', option], 'total is below connect: no request could succeed');
  }
  return settings;
}

/** One configured model. Reports all that is wrong with it, and is then not to be used. */
export function buildModel(name: string, given: ModelShape, context: ModelContext): Model {
  const path: Path = ['models', name];
  const { document } = context;
  if (!NAME.test(name))
    document.reportKey(path, 'a model’s name is up to 200 printable ASCII characters without blanks');
  const targets = (given.targets ?? []).map((target, index) =>
    buildTarget(target, [...path, 'targets', index], context),
  );
  reportRepeated(targets, path, document);
  reportSharedClientKey(targets, path, context);
  return {
    name,
    targets,
    fallback: { static: given.fallback?.static },
    ...mergeSettings(context.defaults, given, document, path),
    cache: buildRouteCache(context.defaults.cache, given, path, context),
  };
}

/**
 * A target without its options: `provider/model`, where the model may hold slashes.
 *
 * @param preset the provider's, which may know the model
 */
export function makeTarget(provider: string, model: string, preset: PresetName | undefined): Target {
  return {
    id: `${provider}/${model}`,
    provider,
    model,
    contextWindow: undefined,
    ...factsOf(preset, model),
    price: undefined,
  };
}

/** Looks at the targets of a model that the schema refused for something else. */
export function checkTargets(name: string, model: unknown, context: ModelContext): void {
  const targets: unknown = typeof model === 'object' && model !== null ? Reflect.get(model, 'targets') : undefined;
  for (const [index, given] of Array.isArray(targets) ? targets.entries() : []) {
    const target: unknown = typeof given === 'object' && given !== null ? Reflect.get(given, 'target') : given;
    if (typeof target === 'string' && target.trim() !== '')
      reportTarget(target, ['models', name, 'targets', index], context);
  }
}

function buildTarget(given: NonNullable<ModelShape['targets']>[number], path: Path, context: ModelContext): Target {
  const { document } = context;
  reportTarget(given.target, path, context);
  const { provider, model } = splitTarget(given.target);
  const target = makeTarget(provider, model, context.providers.get(provider)?.preset);
  return {
    ...target,
    contextWindow: given.contextWindow,
    maxOutputTokens: given.maxOutputTokens ?? target.maxOutputTokens,
    capabilities: merge(target.capabilities, given.capabilities),
    price: buildPrice(given.price, given.free, ['price'], (at, problem) => document.report([...path, ...at], problem)),
  };
}

function splitTarget(target: string): { provider: string; model: string } {
  const slash = target.indexOf('/');
  return { provider: target.slice(0, Math.max(slash, 0)), model: target.slice(slash + 1) };
}

function reportTarget(target: string, path: Path, context: ModelContext): void {
  const problem = targetProblem(target, context);
  if (problem === undefined) return;
  const { document } = context;
  const place = document.has([...path, 'target']) ? [...path, 'target'] : path;
  document.report(place, `${document.shown(place, target)}: ${problem}`);
}

function targetProblem(target: string, context: ModelContext): string | undefined {
  const { provider, model } = splitTarget(target);
  if (!target.includes('/')) {
    if (context.modelNames.has(target))
      return 'is a configured model; chains do not nest, name its targets as provider/model';
    return 'expected provider/model';
  }
  if (provider === '' || model === '' || !NAME.test(target)) return 'expected provider/model';
  if (context.providerNames.has(provider)) return undefined;
  const hint = didYouMean(provider, context.providerNames);
  if (hint !== '') return `no such provider is configured.${hint}`;
  if (isPresetName(provider)) {
    const [variable] = PRESETS[provider].keyVariables;
    // Without a list of providers they come from the environment.
    const set = variable === undefined || context.document.has(['providers']) ? '' : `set ${variable}, or `;
    return `the provider is not configured; ${set}write "${provider}: {apiKey: ...}" under providers`;
  }
  const names = [...context.providers.keys()].join(', ');
  return `no such provider is configured. Configured: ${names === '' ? 'none' : names}`;
}

function reportRepeated(targets: readonly Target[], path: Path, document: ConfigDocument): void {
  const first = new Map<string, number>();
  for (const [index, { id }] of targets.entries()) {
    const earlier = first.get(id);
    if (earlier === undefined) first.set(id, index);
    else
      document.report(
        [...path, 'targets', index],
        `is the same target as number ${earlier + 1}; retries.max repeats a target`,
      );
  }
}

/** A client has one key: at the second provider it would be refused, and shown to somebody it was not meant for. */
function reportSharedClientKey(targets: readonly Target[], path: Path, context: ModelContext): void {
  const passing = new Set<string>();
  for (const [index, { provider }] of targets.entries()) {
    if (context.providers.get(provider)?.passthrough !== true) continue;
    passing.add(provider);
    if (passing.size > 1) {
      const names = [...passing].join(' and ');
      context.document.report(
        [...path, 'targets', index],
        `${names} would both be sent the client’s own key; give all but one an apiKey`,
      );
      return;
    }
  }
}

function merge<T extends object>(base: T, given: { [K in keyof T]?: T[K] | undefined } | undefined): T {
  const merged = { ...base };
  for (const [name, value] of Object.entries(given ?? {})) {
    if (value !== undefined) Object.assign(merged, { [name]: value });
  }
  return merged;
}
